"""What the resources of the table have in common: five verbs, and calls."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, Optional, Tuple
from urllib.parse import quote, urlencode

from .request import MFConnectionError, MFRequestHandler, Request, Response

#: A hub's reply: ``data``, and ``errors`` by their codes.
Reply = Dict[str, Any]
#: Fields, filters or parameters by name; ``None`` is not sent.
Parameters = Mapping[str, Any]


#: Statuses after which the same request may succeed: nothing was done.
_LATER = (429, 502, 503, 504)
#: Longest wait before a request is sent again, in seconds.
_LONGEST = 30.0


class Hub:
    """Calls a hub by a request handler."""

    def __init__(self, handler: MFRequestHandler, retries: int = 0) -> None:
        self._handler = handler
        self._retries = retries

    def send(self, request: Request) -> Response:
        """The answer to a request, still to be read."""
        if not request.path.startswith("/"):
            raise ValueError(f"a path begins with /, not {request.path!r}")
        return self._handler.send(request)

    def call(self, method: str, path: str, parameters: Optional[Parameters] = None) -> Reply:
        """The reply to a call; its parameters stand in the query or the body."""
        if method == "GET" or (method == "DELETE" and not parameters):
            request = Request(method, with_query(path, parameters))
        else:
            body = {k: v for k, v in (parameters or {}).items() if v is not None}
            headers = {"Content-Type": "application/json"}
            if method == "POST":
                # Sent again with the same key, it is still done once.
                headers["Idempotency-Key"] = uuid.uuid4().hex
            request = Request(method, path, json.dumps(body).encode(), headers)
        for retry in range(self._retries):
            wait = min(0.5 * 2.0**retry, _LONGEST)
            try:
                with self.send(request) as response:
                    if response.status not in _LATER:
                        return self._reply(response)
                    asked = response.headers.get("retry-after", "")
                    wait = min(float(asked), _LONGEST) if asked.isdecimal() else wait
            except MFConnectionError:
                # Nobody knows whether it was done, and not everything may be done twice.
                if method not in ("GET", "POST"):
                    raise
            time.sleep(wait)
        with self.send(request) as response:
            return self._reply(response)

    def bytes(self, path: str, parameters: Parameters) -> Reply:
        """The reply to a call that gives bytes: ``content``."""
        with self.send(Request("GET", with_query(path, parameters))) as response:
            if response.status in (200, 206):
                return {"data": {"content": response.read()}, "errors": {}}
            return self._reply(response)

    def events(self, path: str, parameters: Parameters) -> Iterator[Dict[str, Any]]:
        """The events of a stream, until it ends."""
        with self.send(Request("GET", with_query(path, parameters))) as response:
            if response.status != 200:
                errors = self._reply(response)["errors"]
                raise MFConnectionError(f"the hub sends no events: {errors}")
            data: List[str] = []
            while True:
                line = response.readline()
                if not line:
                    return
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                if text.startswith("data:"):
                    data.append(text[len("data:") :].lstrip(" "))
                elif not text and data:
                    yield json.loads("\n".join(data))
                    data = []

    def _reply(self, response: Response) -> Reply:
        body = response.read()
        try:
            reply = json.loads(body)
        except ValueError:
            reply = None
        if isinstance(reply, dict) and "data" in reply and "errors" in reply:
            return reply
        if 300 <= response.status < 400:
            why = "it redirects, which is not followed; give the final url"
        else:
            why = f"its answer with status {response.status} is not a hub's"
        raise MFConnectionError(f"what is at {self._handler!r} is no hub: {why}")


class Resource:
    """One resource of the hub; its subclasses are made from the hub's table."""

    #: The first segment of its paths.
    _name: str = ""
    #: Fields that the farm derives: they are read and never sent.
    _derived: FrozenSet[str] = frozenset()

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def __repr__(self) -> str:
        return f"<resource {self._name}>"

    def _place(self, path: Tuple[str, ...], project: Optional[str]) -> str:
        """The path of a call, with the project that it is about."""
        for segment in path:
            if segment in ("", ".", ".."):
                raise ValueError(f"{segment!r} is no name that a hub can have something under")
        place = "/".join(quote(segment, safe="") for segment in (self._name, *path))
        return with_query(f"/{place}", {"project_label": project})

    def _call(
        self, method: str, path: Tuple[str, ...], project: Optional[str], parameters: Parameters
    ) -> Reply:
        return self._hub.call(method, self._place(path, project), parameters)

    def _bytes(self, path: Tuple[str, ...], project: Optional[str], parameters: Parameters) -> Reply:
        return self._hub.bytes(self._place(path, project), parameters)

    def _events(
        self, path: Tuple[str, ...], project: Optional[str], parameters: Parameters
    ) -> Iterator[Dict[str, Any]]:
        return self._hub.events(self._place(path, project), parameters)


class Rows(Resource):
    """A resource that has objects, and so answers the five verbs."""

    def get_one(self, label: str, project: Optional[str] = None) -> Reply:
        """One object, under the resource's name in ``data``."""
        return self._call("GET", (label, "get_one.json"), project, {})

    def get_all(self, filters: Optional[Parameters] = None) -> Reply:
        """Every object that the filters leave, such as ``{"project_label": "ius"}``.

        Also ``mf_search_query``, ``order``, ``limit``, ``after`` and ``lists``.
        """
        return self._call("GET", ("get_all.json",), None, filters or {})

    def create(self, fields: Parameters) -> Reply:
        """Makes an object with these fields; the object."""
        return self._call("POST", ("post.json",), None, fields)

    def update(self, fields: Parameters, label: Optional[str] = None) -> Reply:
        """Changes the fields that are given; the object.

        ``label`` in the fields says which object (and ``project_label``, if it
        belongs to one). To rename it, give its old label as ``label``.

        An object as it was read may be changed and given back: what the farm
        derives is then left out (it has an ``id``).
        """
        known = label if label is not None else fields.get("label")
        if not isinstance(known, str):
            raise ValueError("the fields of an update have the label that says what is changed")
        changed = dict(fields)
        if label is None:
            del changed["label"]
        if changed.get("id") is not None:
            derived = self._derived
            changed = {
                name: value
                for name, value in changed.items()
                if name not in derived and name.removesuffix("_more") not in derived
            }
        project = changed.pop("project_label", None)
        return self._call("PUT", (known, "put.json"), project, changed)

    def delete(self, label: str, project: Optional[str] = None) -> Reply:
        """Deletes an object; refused while anything refers to it."""
        place = self._place((label, "delete.json"), project)
        return self._hub.call("DELETE", with_query(place, {"confirm_delete": True}))


def with_query(path: str, parameters: Optional[Parameters]) -> str:
    """A path with parameters in its query: lists repeated, no ``None``."""
    pairs = []
    for name, value in (parameters or {}).items():
        values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        pairs += [(name, spelled(one)) for one in values if one is not None]
    if not pairs:
        return path
    return path + ("&" if "?" in path else "?") + urlencode(pairs)


def spelled(value: Any) -> str:
    """A value as it stands in a query."""
    return str(value).lower() if isinstance(value, bool) else str(value)
