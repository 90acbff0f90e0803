"""A release manager's day, by the Python interface alone.

    MF_CONFIG=mf.conf python3 day.py SOURCE_URL

`SOURCE_URL` is a git repository that the farm may build from.
"""

from __future__ import annotations

import sys
import urllib.request
from typing import Any, Dict, List

from monkeyfarm.config import load
from monkeyfarm.interface import MFAPIKeyRequestHandler, MFInterface, MFRequestHandler

PROJECT = "ius"
ENDED = ("BuildSuccess", "BuildFail", "Cancelled", "Lost")


def data(reply: Dict[str, Any]) -> Dict[str, Any]:
    """What a reply gives, which must be no refusal."""
    assert reply["errors"] == {}, reply["errors"]
    found: Dict[str, Any] = reply["data"]
    return found


def labels(rows: List[Dict[str, Any]]) -> List[str]:
    """The labels of objects, sorted."""
    return sorted(row["label"] for row in rows)


class Day:
    """The day, hour by hour."""

    def __init__(self, hub: MFInterface, source: str) -> None:
        self.hub = hub
        self.source = source

    def describe_the_world(self) -> None:
        """Before the first build: what there is to build, and for what."""
        hub = self.hub
        data(hub.distro.create({"label": "el", "display_name": "Enterprise Linux"}))
        for release in ("el5", "el6"):
            data(hub.release.create({"label": release, "distro_label": "el"}))
            target = f"{release}-x86_64"
            fields = {"label": target, "release_label": release, "arch_label": "x86_64"}
            data(hub.target.create({**fields, "tag_path": f"redhat/{release[2:]}/x86_64"}))
        data(hub.project.create({"label": PROJECT, "vcs_handler_label": "git"}))
        for tag in ("testing-candidate", "testing"):
            data(hub.tag.create({"label": tag, "project_label": PROJECT}))
        stable = {"label": "stable", "requires_admin": True, "only_latest": True}
        data(hub.tag.create({**stable, "project_label": PROJECT}))

    def create_packages_and_branches(self) -> None:
        """Two packages; one of them is for el6 only."""
        hub = self.hub
        for package, releases in (("php53", []), ("git17", ["el6"])):
            fields = {"label": package, "project_label": PROJECT, "summary": f"The {package}"}
            made = data(hub.package.create(fields))["package"]
            assert made["source_name"] == package and made["footprint"] == 1, made
            branch = {
                "label": f"{package}.rpm",
                "project_label": PROJECT,
                "package_label": package,
                "build_handler_label": "generic",
                "url": self.source,
                "releases": releases,
            }
            data(hub.package_branch.create(branch))
        # What was read may be changed and given back.
        read = data(hub.package.get_one("git17", PROJECT))["package"]
        assert read["branches"] == ["git17.rpm"], read
        changed = data(hub.package.update({**read, "summary": "Fast Version Control System"}))
        assert changed["package"]["summary"] == "Fast Version Control System"
        assert changed["package"]["branches"] == ["git17.rpm"]

    def build(self, label: str, branch: str) -> Dict[str, Any]:
        """Submits a build, and waits for its end by the hub's events."""
        hub = self.hub
        fields = {
            "label": label,
            "project_label": PROJECT,
            "package_branch_label": branch,
            "build_type_label": "enhancement",
            "pre_tag_label": "testing-candidate",
        }
        data(hub.build.create(fields))
        for event in hub.util.events(after=0, project_label=PROJECT, build_label=label):
            if event["resource"] == "build" and event["changes"].get("status_label") in ENDED:
                break
        found: Dict[str, Any] = data(hub.build.get_one(label, PROJECT))["build"]
        assert found["status_label"] == "BuildSuccess", found
        return found

    def release(self, builds: List[str]) -> List[str]:
        """testing-candidate -> testing -> stable; the builds that had to go."""
        hub = self.hub
        moved = data(hub.tag.move_builds("testing-candidate", PROJECT, "testing"))
        assert sorted(moved["moved_builds"]) == builds, moved
        for build in builds:
            data(hub.build.comment(build, PROJECT, "works for me", karma=1))
        assert self.tagged("testing-candidate") == []
        assert set(builds) <= set(self.tagged("testing"))
        moved = data(hub.tag.move_builds("testing", PROJECT, "stable"))
        assert sorted(moved["moved_builds"]) == builds, moved
        gone: List[str] = sorted(moved["untagged_builds"])
        return gone

    def tagged(self, tag: str) -> List[str]:
        """The builds that have a tag."""
        found: List[str] = data(self.hub.tag.get_one(tag, PROJECT))["tag"]["builds"]
        return sorted(found)

    def look_around(self) -> None:
        """What the weekly report is made of."""
        hub = self.hub
        assert labels(data(hub.release.get_all())["releases"]) == ["el5", "el6"]
        targets = data(hub.target.get_all({"release_label": "el6"}))["targets"]
        assert labels(targets) == ["el6-x86_64"] and targets[0]["tag_path"] == "redhat/6/x86_64"
        tags = data(hub.tag.get_all({"project_label": PROJECT}))["tags"]
        assert labels(tags) == ["stable", "testing", "testing-candidate"]
        done = {"project_label": PROJECT, "status_label": "BuildSuccess"}
        builds = data(hub.build.get_all({**done, "lists": "all", "order": "label"}))["builds"]
        assert [build["label"] for build in builds] == ["git17-1", "php53-1", "php53-2"]
        assert builds[0]["tasks"] == ["git17-1.el6-x86_64"], builds[0]
        assert builds[0]["karma"] == 1 and builds[0]["tags"] == ["stable"]
        pages, after = [], None
        while True:
            page = data(hub.task.get_all({"project_label": PROJECT, "limit": 2, "after": after}))
            pages += page["tasks"]
            after = page.get("after")
            if after is None:
                break
        assert len(pages) == 5, labels(pages)
        found = data(hub.util.search("git17"))["found"]
        assert "git17-1" in str(found), found

    def download(self) -> None:
        """Every file and source of every task, by plain GETs without a key."""
        hub = self.hub
        for task in data(hub.task.get_all({"project_label": PROJECT}))["tasks"]:
            path = f"/util/get_all_task_data?task_label={task['label']}&project_label={PROJECT}"
            whole = data(hub.request(path))
            assert whole["task"]["fs_path"] == task["fs_path"], whole
            assert whole["target"]["label"] == task["target_label"]
            assert whole["package"]["label"] == whole["build"]["package_label"]
            assert "out.txt" in task["files"] and "main.c" in task["sources"], task
            for kind in ("files", "sources"):
                for name in task[kind]:
                    where = f"{task['fs_path']}/{kind}/{name}"
                    url = data(hub.root.get_file_download_url(where))["download_url"]
                    with urllib.request.urlopen(url) as answer:
                        content = answer.read()
                    same = hub.task.file if kind == "files" else hub.task.source
                    assert data(same(task["label"], PROJECT, name))["content"] == content
            with urllib.request.urlopen(url_of(hub, task, "out.txt")) as answer:
                assert answer.read().decode() == f"built for {task['target_label']}\n"

    def make_mistakes(self) -> None:
        """A refusal is a reply, and changes nothing."""
        hub = self.hub
        taken = hub.tag.create({"label": "stable", "project_label": PROJECT})
        assert list(taken["errors"]) == ["LabelTaken"] and taken["data"] == {}, taken
        assert list(hub.build.get_one("nonsense", PROJECT)["errors"]) == ["NotFound"]
        assert list(hub.package.delete("git17", PROJECT)["errors"]) == ["StillReferred"]
        assert list(hub.distro.create({"label": "x", "color": "red"})["errors"]) == ["UnknownField"]
        nobody = MFInterface(request_handler=MFRequestHandler(hub.request_handler.url))
        assert list(nobody.tag.lock("stable", PROJECT)["errors"]) == ["Unauthorized"]
        assert data(nobody.tag.get_one("stable", PROJECT))["tag"]["locked"] is False

    def go_home(self) -> None:
        """Nothing moves over night."""
        hub = self.hub
        assert data(hub.tag.lock("stable", PROJECT))["tag"]["locked"] is True
        refused = hub.build.untag("git17-1", PROJECT, "stable")
        assert refused["errors"] and refused["data"] == {}, refused
        data(hub.tag.unlock("stable", PROJECT))
        build = data(hub.build.untag("git17-1", PROJECT, "stable"))["build"]
        assert build["tags"] == [], build
        build = data(hub.build.tag("git17-1", PROJECT, "stable"))["build"]
        assert build["tags"] == ["stable"], build


def url_of(hub: MFInterface, task: Dict[str, Any], name: str) -> str:
    """Where a file of a task can be had."""
    reply = hub.root.get_file_download_url(f"{task['fs_path']}/files/{name}")
    found: str = data(reply)["download_url"]
    return found


def main() -> None:
    """The day."""
    site = load()
    rh = MFAPIKeyRequestHandler(site.url)
    rh.auth(site.user, site.api_key)
    day = Day(MFInterface(request_handler=rh), sys.argv[1])
    day.describe_the_world()
    day.create_packages_and_branches()
    first = [day.build(f"{package}-1", f"{package}.rpm") for package in ("git17", "php53")]
    assert [build["tags"] for build in first] == [["testing-candidate"]] * 2, first
    assert day.release(["git17-1", "php53-1"]) == []
    day.build("php53-2", "php53.rpm")
    assert day.release(["php53-2"]) == ["php53-1"], "only_latest put the older one out"
    assert day.tagged("stable") == ["git17-1", "php53-2"]
    day.look_around()
    day.download()
    day.make_mistakes()
    day.go_home()


if __name__ == "__main__":
    main()
