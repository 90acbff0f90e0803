"""Tests of the interface: against a double, and against sockets that misbehave.

Run by `python3 -m unittest` in this directory, and by `make test`.
"""

from __future__ import annotations

import base64
import io
import json
import os
import pickle
import socket
import tempfile
import threading
import traceback
import unittest
from typing import Any, Callable, Dict, List, Tuple
from urllib.parse import parse_qs, urlsplit

from monkeyfarm.config import load
from monkeyfarm.interface import (
    MFAPIKeyRequestHandler,
    MFConnectionError,
    MFInterface,
    MFRequestHandler,
    Request,
    Response,
)

KEY = "mf_1_topsecret"


class Double(MFRequestHandler):
    """Keeps what is sent, and answers what it was told to."""

    def __init__(self, status: int = 200, body: bytes = b'{"data": {}, "errors": {}}') -> None:
        super().__init__("http://hub.test")
        self.status, self.body = status, body
        self.sent: List[Request] = []

    def send(self, request: Request) -> Response:
        self.sent.append(request)
        return Response.of(self.status, self.body)

    def last(self) -> Tuple[str, str, Dict[str, List[str]], Any]:
        """Method, path, query and body of what was sent last."""
        request = self.sent[-1]
        parts = urlsplit(request.path)
        body = json.loads(request.body) if request.body else None
        return request.method, parts.path, parse_qs(parts.query), body


class Calls(unittest.TestCase):
    """What each call sends."""

    def setUp(self) -> None:
        self.double = Double()
        self.hub = MFInterface(request_handler=self.double)

    def test_the_five_verbs(self) -> None:
        hub = self.hub
        hub.user.get_one("john.doe")
        self.assertEqual(self.double.last(), ("GET", "/user/john.doe/get_one.json", {}, None))
        hub.package_branch.get_one("php.rpm", "ius")
        expected = ("GET", "/package-branch/php.rpm/get_one.json", {"project_label": ["ius"]}, None)
        self.assertEqual(self.double.last(), expected)
        hub.task.get_all({"project_label": "ius", "status_label": ["New", "Lost"], "limit": 5})
        query = {"project_label": ["ius"], "status_label": ["New", "Lost"], "limit": ["5"]}
        self.assertEqual(self.double.last(), ("GET", "/task/get_all.json", query, None))
        hub.package.create({"label": "git17", "project_label": "ius", "footprint": 2})
        fields = {"label": "git17", "project_label": "ius", "footprint": 2}
        self.assertEqual(self.double.last(), ("POST", "/package/post.json", {}, fields))
        hub.package.delete("git17", "ius")
        query = {"project_label": ["ius"], "confirm_delete": ["true"]}
        self.assertEqual(self.double.last(), ("DELETE", "/package/git17/delete.json", query, None))

    def test_an_update_by_label_and_a_rename(self) -> None:
        self.hub.package.update({"label": "g++", "project_label": "ius", "footprint": 2})
        query = {"project_label": ["ius"]}
        expected = ("PUT", "/package/g%2B%2B/put.json", query, {"footprint": 2})
        self.assertEqual(self.double.last(), expected)
        self.hub.arch.update({"label": "arm64"}, label="aarch64")
        method, path, _, body = self.double.last()
        self.assertEqual((method, path, body), ("PUT", "/arch/aarch64/put.json", {"label": "arm64"}))
        with self.assertRaises(ValueError):
            self.hub.arch.update({"display_name": "whose?"})

    def test_what_was_read_can_be_given_back(self) -> None:
        read = {"id": 7, "label": "k", "project_label": "p", "branches": ["k.b"], "url": "x"}
        self.hub.package.update({**read, "branches_more": True, "create_date": "2026-01-01 00:00:00"})
        expected = ("PUT", "/package/k/put.json", {"project_label": ["p"]}, {"id": 7, "url": "x"})
        self.assertEqual(self.double.last(), expected)

    def test_functions(self) -> None:
        self.hub.build.cancel("php-1", "ius")
        method, path, query, body = self.double.last()
        self.assertEqual((method, path, body), ("POST", "/build/php-1/cancel", {}))
        self.assertEqual(query, {"project_label": ["ius"]})
        self.hub.root.get_file_download_url("tasks/1/1/files/a")
        expected = ("GET", "/root/get_file_download_url", {"path": ["tasks/1/1/files/a"]}, None)
        self.assertEqual(self.double.last(), expected)
        self.hub.request("/util/get_all_task_data?task_label=t&project_label=p")
        query = {"task_label": ["t"], "project_label": ["p"]}
        self.assertEqual(self.double.last(), ("GET", "/util/get_all_task_data", query, None))

    def test_names_stay_one_segment(self) -> None:
        self.hub.user.get_one("../group/admin?x=1")
        self.assertEqual(self.double.last()[1], "/user/..%2Fgroup%2Fadmin%3Fx%3D1/get_one.json")
        for label in ("", ".", ".."):
            with self.assertRaises(ValueError):
                self.hub.user.get_one(label)
        with self.assertRaises(ValueError):
            self.hub.request("util/status")


class Replies(unittest.TestCase):
    """What each answer becomes."""

    def test_a_refusal_is_a_reply(self) -> None:
        body = b'{"data": {}, "errors": {"NotFound": "there is no user \\"x\\""}}'
        reply = MFInterface(Double(404, body)).user.get_one("x")
        self.assertEqual(reply["errors"], {"NotFound": 'there is no user "x"'})
        self.assertEqual(MFInterface(Double(404, body)).task.file("t", "p", "f"), reply)

    def test_bytes_are_content(self) -> None:
        reply = MFInterface(Double(200, b"\x00\xff")).task.file("t", "p", "f")
        self.assertEqual(reply, {"data": {"content": b"\x00\xff"}, "errors": {}})

    def test_events_are_told_one_by_one(self) -> None:
        stream = b'id: 1\n\n:\n\nid: 2\ndata: {"id": 2}\n\nid: 3\ndata: {"id":\ndata: 3}\n\n'
        events = MFInterface(Double(200, stream)).util.events(after=1)
        self.assertEqual([event["id"] for event in events], [2, 3])
        with self.assertRaisesRegex(MFConnectionError, "too many"):
            refused = b'{"data": {}, "errors": {"TooMany": "too many"}}'
            next(MFInterface(Double(429, refused)).util.events())

    def test_what_is_no_hub_is_said_to_be_none(self) -> None:
        for status, body in ((502, b"<html>"), (302, b""), (200, b"[]"), (200, b"{}")):
            with self.assertRaisesRegex(MFConnectionError, "is no hub"):
                MFInterface(Double(status, body)).util.version()


class Retries(unittest.TestCase):
    """A call that is made again is still done once."""

    def failing(self, statuses: List[int]) -> Tuple[Double, MFInterface]:
        """A hub that answers so, one after the other; 0 breaks off."""

        class Failing(Double):
            def send(self, request: Request) -> Response:
                self.sent.append(request)
                status = statuses[len(self.sent) - 1]
                if not status:
                    raise MFConnectionError("gone")
                return Response(status, io.BytesIO(self.body), {"Retry-After": "0"})

        double = Failing()
        return double, MFInterface(double, retries=2)

    def test_a_post_is_the_same_every_time(self) -> None:
        double, hub = self.failing([503, 429, 200])
        self.assertEqual(hub.arch.create({"label": "x"}), {"data": {}, "errors": {}})
        keys = {request.headers["Idempotency-Key"] for request in double.sent}
        self.assertEqual((len(double.sent), len(keys)), (3, 1))
        double.sent.clear()
        hub.arch.create({"label": "x"})
        self.assertNotIn(double.sent[0].headers["Idempotency-Key"], keys)

    def test_it_ends_with_what_the_hub_says(self) -> None:
        double, hub = self.failing([503, 503, 503])
        double.body = b'{"data": {}, "errors": {"Busy": "later"}}'
        self.assertEqual(list(hub.util.version()["errors"]), ["Busy"])
        self.assertEqual(len(double.sent), 3)

    def test_what_may_have_been_done_is_not_done_again(self) -> None:
        calls: List[Callable[[MFInterface], Any]] = [
            lambda hub: hub.arch.delete("x"),
            lambda hub: hub.arch.update({"label": "y"}, label="x"),
        ]
        for call in calls:
            double, hub = self.failing([0, 200])
            with self.assertRaises(MFConnectionError):
                call(hub)
            self.assertEqual(len(double.sent), 1)
        double, hub = self.failing([503, 200])
        hub.arch.delete("x")
        self.assertEqual(len(double.sent), 2)


class Connections(unittest.TestCase):
    """What happens on the way."""

    def test_nobody_there_and_nobody_answering(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            with self.assertRaisesRegex(MFConnectionError, "refused"):
                MFInterface(MFRequestHandler(url)).util.version()
            listener.listen()
            with self.assertRaisesRegex(MFConnectionError, "no sign of it in time"):
                MFInterface(MFRequestHandler(url, timeout=0.05)).util.version()

    def test_an_answer_that_breaks_off(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def answer() -> None:
                peer, _ = listener.accept()
                with peer:
                    peer.recv(65536)
                    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

            server = threading.Thread(target=answer)
            server.start()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/farm/"
            with self.assertRaises(MFConnectionError):
                MFInterface(MFRequestHandler(url)).util.version()
            server.join()

    def test_urls_that_no_hub_has(self) -> None:
        for url in ("ftp://x", "hub.example.org", "http://", "http://x?y=1"):
            with self.assertRaises(ValueError):
                MFRequestHandler(url)
        with self.assertRaises(ValueError) as caught:
            MFRequestHandler(f"http://ada:{KEY}@hub.example.org")
        self.assertNotIn(KEY, str(caught.exception))


class Keys(unittest.TestCase):
    """A key is sent to its hub, and shown to nobody."""

    def test_who_is_asking(self) -> None:
        handler = MFAPIKeyRequestHandler("http://127.0.0.1:1")
        self.assertEqual(handler.headers(), {})
        handler.auth("", KEY)
        self.assertEqual(handler.headers(), {"Authorization": f"Bearer {KEY}"})
        handler.auth("ada", KEY)
        pair = handler.headers()["Authorization"].removeprefix("Basic ")
        self.assertEqual(base64.b64decode(pair).decode(), f"ada:{KEY}")

    def test_it_is_in_no_message(self) -> None:
        handler = MFAPIKeyRequestHandler("http://127.0.0.1:1")
        handler.auth("ada", KEY)
        hub = MFInterface(request_handler=handler)
        shown = [repr(handler), repr(hub), repr(hub.user), str(vars(hub))]
        try:
            hub.request("/util/\r\nversion")
        except MFConnectionError:
            shown.append(traceback.format_exc())
        try:
            hub.util.version()
        except MFConnectionError as error:
            shown += [traceback.format_exc(), repr(error), str(pickle.dumps(error))]
        for text in shown:
            self.assertNotIn(KEY, text)
            self.assertNotIn("Basic", text)
        self.assertEqual(len(shown), 8)

    def test_a_broken_one_is_not_shown(self) -> None:
        handler = MFAPIKeyRequestHandler("http://127.0.0.1:1")
        for key in ("", f"{KEY}\r\nX-Evil: 1", f"{KEY} {KEY}", f"{KEY}\u00e4"):
            with self.assertRaises(ValueError) as caught:
                handler.auth("ada", key)
            self.assertNotIn(KEY, str(caught.exception))

    def test_it_crosses_no_network_in_clear(self) -> None:
        away = MFAPIKeyRequestHandler("http://hub.example.org")
        with self.assertRaisesRegex(ValueError, "plain http"):
            away.auth("ada", KEY)
        MFAPIKeyRequestHandler("http://hub.example.org", plain_http=True).auth("ada", KEY)
        MFAPIKeyRequestHandler("https://hub.example.org").auth("ada", KEY)
        for here in ("http://localhost:8765", "http://127.0.0.1:8765", "http://[::1]:8765"):
            MFAPIKeyRequestHandler(here).auth("ada", KEY)


class Configuration(unittest.TestCase):
    """`mf.conf` says the same to a program as to `mf`."""

    def setUp(self) -> None:
        before = dict(os.environ)
        self.addCleanup(os.environ.update, before)
        self.addCleanup(os.environ.clear)
        for name in [name for name in os.environ if name.startswith("MF_")]:
            del os.environ[name]
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.file = os.path.join(place.name, "mf.conf")
        os.environ["MF_CONFIG"] = self.file

    def write(self, text: str) -> None:
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)

    def test_a_connection_is_read_by_its_name(self) -> None:
        self.write(
            f"[connection:default]\nuser = derks\napi_key = {KEY}\nurl = http://a:1\n"
            "ca_file = ca.pem\nplain_http = True\n[connection:work]\nurl=http://b:2/%x\n"
        )
        default = load()
        self.assertEqual((default.user, default.api_key, default.url), ("derks", KEY, "http://a:1"))
        beside = os.path.join(os.path.dirname(self.file), "ca.pem")
        self.assertEqual((default.ca_file, default.plain_http), (beside, True))
        self.assertNotIn(KEY, repr(default))
        self.assertEqual(load("work").url, "http://b:2/%x")
        os.environ["MF_CONNECTION"] = "work"
        self.assertEqual(load().url, "http://b:2/%x")
        with self.assertRaisesRegex(ValueError, "connection:home"):
            load("home")

    def test_a_key_stays_with_its_hub(self) -> None:
        self.write(f"[connection:default]\napi_key = {KEY}\nurl = http://a:1\nplain_http = 1\n")
        os.environ["MF_URL"] = "http://evil:1"
        self.assertEqual(load()[:3], ("http://evil:1", "", ""))
        self.assertFalse(load().plain_http)

    def test_a_key_of_the_environment_says_itself_whose_it_is(self) -> None:
        self.write("[connection:default]\nuser = derks\napi_key = mf_other\nurl = http://a:1\n")
        os.environ["MF_API_KEY"] = KEY
        self.assertEqual(load()[:3], ("http://a:1", "", KEY))

    def test_a_broken_file_is_named_and_its_key_is_not_shown(self) -> None:
        self.write(f"{KEY}\n")
        with self.assertRaisesRegex(ValueError, "mf.conf") as caught:
            load()
        self.assertNotIn(KEY, "".join(traceback.format_exception(*_parts(caught.exception))))
        os.environ["MF_CONFIG"] = "/nonexistent/mf.conf"
        with self.assertRaisesRegex(ValueError, "/nonexistent/mf.conf"):
            load()


def _parts(error: BaseException) -> Tuple[Any, BaseException, Any]:
    return type(error), error, error.__traceback__


if __name__ == "__main__":
    unittest.main()
