"""How requests reach a hub: the seam between the interface and the network.

A program that has another transport, another authentication or a test double
gives :class:`~monkeyfarm.interface.MFInterface` a request handler of its own:
a subclass of :class:`MFRequestHandler` with its own ``send`` or ``headers``.
"""

from __future__ import annotations

import base64
import http.client
import io
import ipaddress
import socket
import ssl
from types import TracebackType
from typing import BinaryIO, Callable, Dict, Mapping, NamedTuple, Optional, Type
from urllib.parse import SplitResult, urlsplit

__all__ = [
    "MFAPIKeyRequestHandler",
    "MFConnectionError",
    "MFRequestHandler",
    "Request",
    "Response",
]


class MFConnectionError(Exception):
    """No answer came, or none that a hub gives. Nobody knows what was done."""


class Request(NamedTuple):
    """One request, without what only the network needs to know."""

    #: ``GET``, ``POST``, ``PUT`` or ``DELETE``.
    method: str
    #: Path below the hub's URL, with the query: ``/build/get_all.json?limit=5``.
    path: str
    #: The body, and its headers; empty for none.
    body: bytes = b""
    #: Headers of this request.
    headers: Mapping[str, str] = {}


class Response:
    """An answer whose body is still to be read, once; a context manager."""

    def __init__(
        self,
        status: int,
        body: BinaryIO,
        headers: Optional[Mapping[str, str]] = None,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        """An answer with this status, a body that ``body`` reads, and what is
        to be called when all is over."""
        self.status = status
        self.body = body
        self._end = end
        #: With names in lower case.
        self.headers: Dict[str, str] = {k.lower(): v for k, v in (headers or {}).items()}

    @classmethod
    def of(cls, status: int, body: bytes) -> Response:
        """An answer with all of its body, for test doubles."""
        return cls(status, io.BytesIO(body))

    def read(self) -> bytes:
        """All of the body that has not been read yet."""
        try:
            return self.body.read()
        except (OSError, http.client.HTTPException) as error:
            raise MFConnectionError(f"the hub's answer broke off: {reason(error)}") from None

    def readline(self) -> bytes:
        """The next line, with its end; empty at the end of the body."""
        try:
            return self.body.readline()
        except (OSError, http.client.HTTPException) as error:
            raise MFConnectionError(f"the hub's answer broke off: {reason(error)}") from None

    def close(self) -> None:
        """Ends the connection, whether all was read or not."""
        self.body.close()
        self._end()

    def __enter__(self) -> Response:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()


class MFRequestHandler:
    """Sends requests to the hub at ``url``, as nobody: what is open can be read.

    :param timeout: seconds without a sign of the hub after which it is gone;
        ``None`` waits for ever.
    :param ca_file: a file of certificates (PEM) that the hub's is checked
        against, for a certificate authority of one's own; else the system's.

    Nothing is sent to anybody but ``url``: redirects are not followed, and no
    proxy is used.
    """

    def __init__(
        self, url: str, timeout: Optional[float] = 120.0, ca_file: Optional[str] = None
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the hub's url must begin with http:// or https:// and name a host")
        if parts.username is not None or parts.query or parts.fragment:
            # Not shown: what stands in it may be a password.
            raise ValueError("the hub's url has a name, a query or a fragment; it takes none")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._parts: SplitResult = parts
        self._tls: Optional[ssl.SSLContext] = None
        if parts.scheme == "https":
            self._tls = ssl.create_default_context(cafile=ca_file)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    def headers(self) -> Mapping[str, str]:
        """Headers of every request, such as who is asking."""
        return {}

    def send(self, request: Request) -> Response:
        """Sends a request; the answer, whatever its status.

        :raises MFConnectionError: the hub cannot be reached.
        """
        headers = {"Connection": "close", "User-Agent": "monkeyfarm-python"}
        headers.update(self.headers())
        headers.update(request.headers)
        connection = self._connection()
        try:
            path = self._parts.path.rstrip("/") + request.path
            body = request.body or (None if request.method == "GET" else b"")
            connection.request(request.method, path, body, headers)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            # Without the error's own: nothing of the request is shown.
            raise MFConnectionError(
                f"the hub at {self.url} cannot be reached: {reason(error)}"
            ) from None
        return Response(answer.status, answer, dict(answer.getheaders()), connection.close)

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._tls is not None:
            return http.client.HTTPSConnection(
                host, port, timeout=self.timeout, context=self._tls
            )
        return http.client.HTTPConnection(host, port, timeout=self.timeout)


class MFAPIKeyRequestHandler(MFRequestHandler):
    """Sends requests as a user with an API key, which :meth:`auth` sets.

    :param plain_http: whether the key may be sent over plain http to another
        host, for a network that is yours alone.
    """

    def __init__(
        self,
        url: str,
        timeout: Optional[float] = 120.0,
        ca_file: Optional[str] = None,
        plain_http: bool = False,
    ) -> None:
        super().__init__(url, timeout, ca_file)
        self._plain_http = plain_http
        self._authorization: Optional[str] = None

    def auth(self, user: str, api_key: str) -> None:
        """From now on the requests are ``user``'s, who has this key.

        Without a user (``""``) the key alone says who it is.
        """
        if not (self._tls or self._plain_http or _is_this_host(self._parts.hostname or "")):
            raise ValueError(
                f"the hub's url {self.url} is plain http, which would show the key to everybody "
                "on the way; use https, or say plain_http=True if that network is yours alone"
            )
        if not api_key or not all("!" <= c <= "~" for c in api_key):
            raise ValueError(
                "the api_key is not one line of printable ASCII characters without spaces"
            )
        if ":" in user or not user.isprintable():
            raise ValueError(f"no user is called {user!r}")
        if user:
            pair = base64.b64encode(f"{user}:{api_key}".encode()).decode("ascii")
            self._authorization = f"Basic {pair}"
        else:
            self._authorization = f"Bearer {api_key}"

    def headers(self) -> Mapping[str, str]:
        """Says who is asking."""
        if self._authorization is None:
            return {}
        return {"Authorization": self._authorization}


def _is_this_host(host: str) -> bool:
    """Whether what is sent there does not leave this host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def reason(error: BaseException) -> str:
    """Why, in a few words."""
    # The same since Python 3.10.
    if isinstance(error, (TimeoutError, socket.timeout)):
        return "no sign of it in time"
    text = getattr(error, "strerror", None) or str(error)
    return str(text) or type(error).__name__
