"""The interface to a MonkeyFarm hub.

>>> from monkeyfarm.interface import MFAPIKeyRequestHandler, MFInterface
>>> rh = MFAPIKeyRequestHandler("http://127.0.0.1:8765")
>>> rh.auth("derks", "mf_...")
>>> hub = MFInterface(request_handler=rh)
>>> reply = hub.package.get_one("git17", "ius")          # doctest: +SKIP
>>> reply["data"]["package"]["summary"]                  # doctest: +SKIP
'Fast Version Control System'

Every call returns the reply as a ``dict`` with ``data`` and ``errors``, also
when the hub refuses: then ``errors`` has a code and a sentence. Only when
there is no answer of a hub's is :class:`MFConnectionError` raised.

Nothing but the standard library is needed.
"""

from __future__ import annotations

from typing import Optional

from ._resource import Hub, Parameters, Reply
from ._table import Resources
from .config import load
from .request import (
    MFAPIKeyRequestHandler,
    MFConnectionError,
    MFRequestHandler,
    Request,
    Response,
)

__all__ = [
    "MFAPIKeyRequestHandler",
    "MFConnectionError",
    "MFInterface",
    "MFRequestHandler",
    "Request",
    "Response",
    "connect",
]


class MFInterface(Resources):
    """A hub, with an attribute for each of its resources.

    ``hub.package``, ``hub.package_branch``, ``hub.build`` and so on have
    ``get_one``, ``get_all``, ``create``, ``update`` and ``delete``, and the
    functions of that resource; ``hub.util`` and ``hub.root`` have functions
    only.
    """

    def __init__(self, request_handler: MFRequestHandler, retries: int = 0) -> None:
        """The hub that ``request_handler`` reaches; nothing is sent yet.

        :param retries: how often a call is made again when the hub cannot be
            reached or is busy, ever more slowly. Nothing is done twice: a
            ``POST`` says which one it is, and what might have been changed or
            deleted already is not tried again.
        """
        self.request_handler = request_handler
        self._hub = Hub(request_handler, retries)
        super().__init__(self._hub)

    def __repr__(self) -> str:
        return f"MFInterface({self.request_handler!r})"

    def request(
        self, path: str, method: str = "GET", parameters: Optional[Parameters] = None
    ) -> Reply:
        """Calls anything else: ``hub.request("/util/status")``.

        ``path`` may have a query. ``parameters`` are added to it, or are the
        JSON body of another method than ``GET``.
        """
        return self._hub.call(method, path, parameters)

    def open(self, path: str) -> Response:
        """The answer of a ``GET`` as it comes, for what is large or endless."""
        return self._hub.send(Request("GET", path))


def connect(connection: Optional[str] = None, retries: int = 0) -> MFInterface:
    """The hub that ``mf.conf`` names, as ``mf`` would talk to it.

    :param connection: ``NAME`` of the section ``[connection:NAME]``.
    :param retries: as for :class:`MFInterface`.
    """
    found = load(connection)
    handler = MFAPIKeyRequestHandler(
        found.url, ca_file=found.ca_file, plain_http=found.plain_http
    )
    if found.api_key:
        handler.auth(found.user, found.api_key)
    return MFInterface(request_handler=handler, retries=retries)
