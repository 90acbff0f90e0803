"""``mf.conf``: which hub, and who one is there."""

from __future__ import annotations

import configparser
import os
from typing import Dict, NamedTuple, Optional

__all__ = ["Connection", "load"]

#: Where a hub is when nothing says otherwise.
DEFAULT_URL = "http://127.0.0.1:8765"
#: Configuration for everybody on this host.
SITE = "/etc/monkeyfarm/mf.conf"


class Connection(NamedTuple):
    """A section ``[connection:NAME]``."""

    url: str
    user: str = ""
    api_key: str = ""
    #: PEM file of certificate authorities, instead of those of this host.
    ca_file: Optional[str] = None
    #: Whether the key may be sent over plain http to another host.
    plain_http: bool = False

    def __repr__(self) -> str:
        return f"Connection(url={self.url!r}, user={self.user!r}, api_key=***)"


def load(name: Optional[str] = None) -> Connection:
    """Reads the connection called ``name``, or ``MF_CONNECTION``, or ``default``.

    ``/etc/monkeyfarm/mf.conf`` is read first, then ``~/.mf.conf``, whose values
    win; with ``MF_CONFIG`` set, only the file that it names. ``MF_URL``,
    ``MF_API_KEY`` and ``MF_CA_FILE`` win over files.

    :raises ValueError: a file cannot be understood, or has no such connection.
    """
    chosen = name or os.environ.get("MF_CONNECTION") or None
    section = f"connection:{chosen or 'default'}"
    only = os.environ.get("MF_CONFIG")
    files = [only] if only else [SITE, os.path.expanduser("~/.mf.conf")]
    values: Dict[str, str] = {}
    found = False
    for file in files:
        read = _read(file, section, must_exist=bool(only))
        found = found or read is not None
        values.update(read or {})
    if chosen is not None and not found:
        raise ValueError(f"{', '.join(files)}: there is no section [{section}]")
    url, other = values.get("url") or DEFAULT_URL, os.environ.get("MF_URL")
    if other and other.rstrip("/") != url.rstrip("/"):
        # A key and a trust are for the hub that they were written down with.
        values = {"user": values.get("user", "")}
    key = os.environ.get("MF_API_KEY")
    return Connection(
        url=other or url,
        # A key of the environment may be somebody else's than the file's.
        user="" if key else values.get("user", ""),
        api_key=key or values.get("api_key", ""),
        ca_file=os.environ.get("MF_CA_FILE") or values.get("ca_file") or None,
        plain_http=_truth(values.get("plain_http", "false")),
    )


def _read(file: str, section: str, must_exist: bool) -> Optional[Dict[str, str]]:
    """What a file says of a connection; ``None`` for nothing."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
    try:
        with open(file, encoding="utf-8") as text:
            parser.read_file(text)
    except FileNotFoundError:
        if must_exist:
            raise ValueError(f"{file}: there is no such file") from None
        return None
    except (configparser.Error, UnicodeDecodeError):
        # Its own message would show the line, which may be the key.
        raise ValueError(f"{file}: this is no mf.conf that can be read") from None
    if not parser.has_section(section):
        return None
    values = dict(parser[section])
    if values.get("ca_file"):
        # Beside the file that names it, unless it is a whole path.
        values["ca_file"] = os.path.join(os.path.dirname(os.path.abspath(file)), values["ca_file"])
    return values


def _truth(text: str) -> bool:
    if text in ("true", "True", "1"):
        return True
    if text in ("false", "False", "0"):
        return False
    raise ValueError(f"plain_http is true or false, not {text!r}")
