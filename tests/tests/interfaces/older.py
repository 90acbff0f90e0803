"""What programs of 2010 to 2013 do: their own HTTP, parameters in the address,
whichever spelling came to hand.

    python3 older.py URL KEY_FILE
"""

from __future__ import annotations

import base64
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Dict, Tuple


class Older:
    """A client of old."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.basic = base64.b64encode(f"admin:{key}".encode()).decode()

    def ask(self, method: str, path: str, form: Dict[str, str] = {}) -> Tuple[int, Dict[str, Any]]:
        """The status and the reply."""
        body = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(self.url + path, body, method=method)
        request.add_header("Authorization", f"Basic {self.basic}")
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def data(self, method: str, path: str, form: Dict[str, str] = {}) -> Dict[str, Any]:
        """What is given; nothing is refused."""
        status, reply = self.ask(method, path, form)
        assert status == 200 and reply["errors"] == {}, (path, status, reply)
        found: Dict[str, Any] = reply["data"]
        return found


def main() -> None:
    """What they did."""
    url = sys.argv[1]
    with open(sys.argv[2], encoding="utf-8") as key:
        hub = Older(url, key.read().strip())
    made = hub.data("POST", "/user/post.json?label=john.doe&display_name=John+Doe")["user"]
    changed = hub.data("PUT", f"/user/john.doe/put.json?id={made['id']}&label=john.doe&about=x")
    assert changed["user"]["about"] == "x", changed
    status, reply = hub.ask("PUT", f"/user/john.doe/put.json?id={made['id'] + 1}&about=y")
    assert status in (400, 409) and reply["data"] == {}, reply
    assert hub.data("GET", "/user/john.doe/get_one.json")["user"]["display_name"] == "John Doe"
    assert len(hub.data("GET", "/user/get_all.json")["users"]) >= 2

    hub.data("POST", "/distro/post.json", {"label": "el"})
    hub.data("POST", "/release/post.json", {"label": "el6", "distro_label": "el"})
    target = {"label": "el6-x86_64", "release_label": "el6", "arch_label": "x86_64"}
    hub.data("POST", "/target/post.json", target)
    hub.data("POST", "/project/post.json?label=ius&restricted=False")
    hub.data("POST", "/package/post.json?project_label=ius&label=php&one_per_system=True")
    branch = "label=php.rpm&package_label=php&build_handler_label=generic&releases=el6"
    made = hub.data("POST", f"/package-branch/post.json?project_label=ius&{branch}")
    assert list(made) == ["package_branch"], made
    hub.data("POST", "/build/post.json?project_label=ius&label=php-1&package_branch_label=php.rpm")

    # They ask for one build as if for all, and expect the one.
    one = hub.data("GET", "/build/php-1/get_one.json?project_label=ius")["build"]
    asked = hub.data("GET", "/build/php-1/get_all.json?project_label=ius")
    assert list(asked) == ["build"] and asked["build"]["label"] == "php-1", asked
    assert asked["build"]["tasks"] == one["tasks"] == ["php-1.el6-x86_64"]
    for spelling in ("package-branch", "package_branch"):
        found = hub.data("GET", f"/{spelling}/get_all.json?project_label=ius")
        assert [row["label"] for row in found["package_branches"]] == ["php.rpm"], found
    # What has no meaning where it is said does not matter.
    assert len(hub.data("GET", "/release/get_all.json?project_label=ius")["releases"]) == 1
    task = hub.data("GET", "/util/get_all_task_data?task_label=php-1.el6-x86_64&project_label=ius")
    assert task["build"]["label"] == "php-1" and task["package_branch"]["label"] == "php.rpm"

    status, reply = hub.ask("DELETE", "/user/john.doe/delete.json")
    assert status == 400 and list(reply["errors"]) == ["NotConfirmed"], reply
    hub.data("DELETE", "/user/john.doe/delete.json?confirm_delete=True")
    status, reply = hub.ask("GET", "/user/john.doe/get_one.json")
    assert status == 404 and list(reply["errors"]) == ["NotFound"], reply


if __name__ == "__main__":
    main()
