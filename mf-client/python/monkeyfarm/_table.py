"""The hub's resources and their functions, made from its table.

This file is generated: `make snapshots` writes it anew.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Optional, Sequence, Union

from ._resource import Hub, Reply, Resource, Rows


class Site(Rows):
    """Objects of the site, and what all of them answer."""

    def history(
        self,
        label: str,
        limit: Optional[int] = None,
        after: Optional[int] = None,
    ) -> Reply:
        """Who changed it, when, with which key, from what to what; the newest first.

        :param limit: at most this many; default: 50
        :param after: the `after` of the page before: only what is older

        Gives: history, after.
        """
        parameters: Dict[str, Any] = {
            "limit": limit,
            "after": after,
        }
        return self._call("GET", (label, "history",), None, parameters)


class Scoped(Rows):
    """Objects in projects, and what all of them answer."""

    def history(
        self,
        label: str,
        project: str,
        limit: Optional[int] = None,
        after: Optional[int] = None,
    ) -> Reply:
        """Who changed it, when, with which key, from what to what; the newest first.

        :param limit: at most this many; default: 50
        :param after: the `after` of the page before: only what is older

        Gives: history, after.
        """
        parameters: Dict[str, Any] = {
            "limit": limit,
            "after": after,
        }
        return self._call("GET", (label, "history",), project, parameters)


class Arch(Site):
    """What a target is built for: x86_64, i386, aarch64, noarch.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `display_name`: the name shown to people
    """

    _name = "arch"
    _derived = frozenset((
        "create_date",
        "update_date",
    ))


class BugHandler(Site):
    """How to talk to a bug tracker; a plugin provides it.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (read-only)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `display_name`: the name shown to people
    * `config`: the handler's configuration, usually TOML
    * `plugin`: plugin that provides it (read-only)
    * `version`: version of that plugin (read-only)
    * `digest`: SHA-256 of the plugin's file (read-only)
    * `enabled`: whether it can be used (read-only)
    * `schemas`: JSON Schemas of its own `config` (handler), of a target's (target) and of a host's
      (local) (read-only)
    * `systems`: systems that have it (read-only)
    * `bug_url_template`: makes a bug's url from {bug}
    """

    _name = "bug_handler"
    _derived = frozenset((
        "label",
        "create_date",
        "update_date",
        "plugin",
        "version",
        "digest",
        "enabled",
        "schemas",
        "systems",
    ))


class Build(Scoped):
    """One submission of a package-branch; it has a task for every target.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: name that it is known by; default: <package>-buildN
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `project_label`: the project it belongs to (required)
    * `package_branch_label`: the package-branch to build (required)
    * `build_type_label`: why it is built
    * `user_label`: who submitted it: the caller, unless an admin names somebody else
    * `pre_tag_label`: the tag it gets when it succeeds
    * `scratch`: a trial build: never tagged, and removed after some time
    * `scratch_url`: source of a scratch build
    * `bugs`: bugs that it fixes, separated by commas
    * `notes`: a note for people
    * `package_label`: the package that its package-branch belongs to (read-only)
    * `status_label`: its state (read-only)
    * `releases`: releases that it is built for (read-only)
    * `tasks`: its tasks (read-only)
    * `tags`: its tags (read-only)
    * `bug_urls`: where its bugs are (read-only)
    * `bug_details`: what the tracker says about each bug: bug, state (unchecked, open, closed,
      unknown), title, status, message, check_date (read-only)
    * `comments`: what people said about it: user_label, create_date, karma, comment (read-only)
    * `karma`: sum of people's karma; for each person the last that is not 0 counts (read-only)
    * `revision`: revision of the source that was built (read-only)
    * `errands`: what the farm does for it in other systems: id, about, state (waiting, running,
      done, refused), attempts, next_try, message (read-only)
    * `priority`: what admins added to the priority of its build type; the higher sum goes first
      (read-only)
    """

    _name = "build"
    _derived = frozenset((
        "create_date",
        "update_date",
        "package_label",
        "status_label",
        "releases",
        "tasks",
        "tags",
        "bug_urls",
        "bug_details",
        "comments",
        "karma",
        "revision",
        "errands",
        "priority",
    ))

    def cancel(
        self,
        label: str,
        project: str,
    ) -> Reply:
        """Stop it: waiting tasks do not start, running ones are killed.

        Gives: build.
        """
        parameters: Dict[str, Any] = {}
        return self._call("POST", (label, "cancel",), project, parameters)

    def retry(
        self,
        label: str,
        project: str,
    ) -> Reply:
        """Build again what failed, was cancelled or was lost.

        Gives: build.
        """
        parameters: Dict[str, Any] = {}
        return self._call("POST", (label, "retry",), project, parameters)

    def tag(
        self,
        label: str,
        project: str,
        tag_label: str,
    ) -> Reply:
        """Give it a tag; in a tag with only_latest it replaces the older build of its
        package-branch.

        :param tag_label: the tag

        Gives: build.
        """
        parameters: Dict[str, Any] = {
            "tag_label": tag_label,
        }
        return self._call("POST", (label, "tag",), project, parameters)

    def untag(
        self,
        label: str,
        project: str,
        tag_label: str,
    ) -> Reply:
        """Take a tag away from it.

        :param tag_label: the tag

        Gives: build.
        """
        parameters: Dict[str, Any] = {
            "tag_label": tag_label,
        }
        return self._call("POST", (label, "untag",), project, parameters)

    def comment(
        self,
        label: str,
        project: str,
        comment: str,
        karma: Optional[int] = None,
    ) -> Reply:
        """Comment on it, and say whether it is good.

        :param comment: the comment
        :param karma: 1 for it, -1 against it, 0 neither; default: 0

        Gives: build.
        """
        parameters: Dict[str, Any] = {
            "comment": comment,
            "karma": karma,
        }
        return self._call("POST", (label, "comment",), project, parameters)

    def check_bugs(
        self,
        label: str,
        project: str,
        bug: Optional[str] = None,
    ) -> Reply:
        """Ask the tracker again about its bugs.

        :param bug: only this one of its bugs

        Gives: build.
        """
        parameters: Dict[str, Any] = {
            "bug": bug,
        }
        return self._call("POST", (label, "check_bugs",), project, parameters)

    def comment_bugs(
        self,
        label: str,
        project: str,
        comment: str,
        bug: Optional[str] = None,
    ) -> Reply:
        """Comment on its bugs.

        :param comment: the comment
        :param bug: only this one of its bugs

        Gives: build.
        """
        parameters: Dict[str, Any] = {
            "comment": comment,
            "bug": bug,
        }
        return self._call("POST", (label, "comment_bugs",), project, parameters)

    def close_bugs(
        self,
        label: str,
        project: str,
        comment: Optional[str] = None,
        bug: Optional[str] = None,
    ) -> Reply:
        """Close its bugs, with a comment that names the build.

        :param comment: a comment to add
        :param bug: only this one of its bugs

        Gives: build.
        """
        parameters: Dict[str, Any] = {
            "comment": comment,
            "bug": bug,
        }
        return self._call("POST", (label, "close_bugs",), project, parameters)

    def reopen_bugs(
        self,
        label: str,
        project: str,
        comment: Optional[str] = None,
        bug: Optional[str] = None,
    ) -> Reply:
        """Reopen its bugs, with a comment that names the build.

        :param comment: a comment to add
        :param bug: only this one of its bugs

        Gives: build.
        """
        parameters: Dict[str, Any] = {
            "comment": comment,
            "bug": bug,
        }
        return self._call("POST", (label, "reopen_bugs",), project, parameters)

    def link_bugs(
        self,
        label: str,
        project: str,
        bug: Optional[str] = None,
    ) -> Reply:
        """Link its bugs to the build.

        :param bug: only this one of its bugs

        Gives: build.
        """
        parameters: Dict[str, Any] = {
            "bug": bug,
        }
        return self._call("POST", (label, "link_bugs",), project, parameters)

    def plan(
        self,
        project_label: str,
        package_branch_label: str,
        label: Optional[str] = None,
        build_type_label: Optional[str] = None,
        user_label: Optional[str] = None,
        pre_tag_label: Optional[str] = None,
        scratch: Optional[bool] = None,
        scratch_url: Optional[str] = None,
        bugs: Optional[str] = None,
        notes: Optional[str] = None,
    ) -> Reply:
        """What submitting this build would lead to: its tasks, which systems could take each, when
        it would begin, and what would be refused.

        :param label: name that it is known by; default: <package>-buildN
        :param project_label: the project it belongs to
        :param package_branch_label: the package-branch to build
        :param build_type_label: why it is built
        :param user_label: who submitted it: the caller, unless an admin names somebody else
        :param pre_tag_label: the tag it gets when it succeeds
        :param scratch: a trial build: never tagged, and removed after some time
        :param scratch_url: source of a scratch build
        :param bugs: bugs that it fixes, separated by commas
        :param notes: a note for people

        Gives: plan.
        """
        parameters: Dict[str, Any] = {
            "label": label,
            "project_label": project_label,
            "package_branch_label": package_branch_label,
            "build_type_label": build_type_label,
            "user_label": user_label,
            "pre_tag_label": pre_tag_label,
            "scratch": scratch,
            "scratch_url": scratch_url,
            "bugs": bugs,
            "notes": notes,
        }
        return self._call("GET", ("plan",), None, parameters)

    def prioritize(
        self,
        label: str,
        project: str,
        priority: int,
    ) -> Reply:
        """Let its waiting tasks go before others, or after them.

        :param priority: what to add to the priority of its build type

        Gives: build.
        """
        parameters: Dict[str, Any] = {
            "priority": priority,
        }
        return self._call("POST", (label, "prioritize",), project, parameters)


class BuildHandler(Site):
    """How a task is built; a plugin provides it.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (read-only)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `display_name`: the name shown to people
    * `config`: the handler's configuration, usually TOML
    * `plugin`: plugin that provides it (read-only)
    * `version`: version of that plugin (read-only)
    * `digest`: SHA-256 of the plugin's file (read-only)
    * `enabled`: whether it can be used (read-only)
    * `schemas`: JSON Schemas of its own `config` (handler), of a target's (target) and of a host's
      (local) (read-only)
    * `systems`: systems that have it (read-only)
    """

    _name = "build_handler"
    _derived = frozenset((
        "label",
        "create_date",
        "update_date",
        "plugin",
        "version",
        "digest",
        "enabled",
        "schemas",
        "systems",
    ))


class BuildType(Site):
    """Why a build is submitted: bug, security, enhancement.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `display_name`: the name shown to people
    * `priority`: builds with a higher priority go first (default: 0)
    """

    _name = "build_type"
    _derived = frozenset((
        "create_date",
        "update_date",
    ))


class Distro(Site):
    """A family of releases, such as el or fedora.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `display_name`: the name shown to people
    * `url`: its home page
    """

    _name = "distro"
    _derived = frozenset((
        "create_date",
        "update_date",
    ))


class Group(Site):
    """Users who share rights; members of admin are the site's admins.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `display_name`: the name shown to people
    * `about`: a note for people
    * `users`: members
    * `pending_users`: users waiting for a member's approval (read-only)
    * `restricted`: whether joining needs a member's approval
    """

    _name = "group"
    _derived = frozenset((
        "create_date",
        "update_date",
        "pending_users",
    ))

    def join(
        self,
        label: str,
    ) -> Reply:
        """Become a member; if membership gives rights over others, wait for approval.

        Gives: group.
        """
        parameters: Dict[str, Any] = {}
        return self._call("POST", (label, "join",), None, parameters)

    def leave(
        self,
        label: str,
        user_label: Optional[str] = None,
    ) -> Reply:
        """Stop being a member, or waiting to be one.

        :param user_label: who leaves; default: the caller. Members may turn away users who wait,
            site admins may remove anybody

        Gives: group.
        """
        parameters: Dict[str, Any] = {
            "user_label": user_label,
        }
        return self._call("POST", (label, "leave",), None, parameters)

    def approve(
        self,
        label: str,
        user_label: str,
    ) -> Reply:
        """Make somebody who waits to join a member.

        :param user_label: the user who waits

        Gives: group.
        """
        parameters: Dict[str, Any] = {
            "user_label": user_label,
        }
        return self._call("POST", (label, "approve",), None, parameters)


class Package(Scoped):
    """A piece of software that is built.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `project_label`: the project it belongs to (required)
    * `source_name`: packages with the same one are never built on a system at the same time;
      default: the label
    * `summary`: what it is, in one line
    * `about`: a note for people
    * `url`: its home page
    * `user_label`: its owner; default: the caller
    * `group_label`: a group whose members have the owner's rights
    * `footprint`: its weight: the footprints of what a system builds at the same time stay within
      its capacity (default: 1)
    * `one_per_system`: whether a system never builds two tasks of it at the same time
    * `branches`: its package-branches (read-only)
    """

    _name = "package"
    _derived = frozenset((
        "create_date",
        "update_date",
        "branches",
    ))


class PackageBranch(Scoped):
    """One way of building a package: handler, source and releases.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `project_label`: the project it belongs to (required)
    * `package_label`: the package it builds (required)
    * `build_handler_label`: how it is built (required)
    * `url`: where its source is; default: made from the vcs handler's template; empty: there is no
      source to fetch
    * `vcs_branch`: branch, tag or revision of the source; empty: the default branch
    * `vcs_handler_label`: how its source is fetched; default: the project's
    * `build_prefix`: text for the build handler, such as a release's suffix
    * `releases`: releases it is built for; none: all that its build handler may be used for
    * `excluded_releases`: releases it is not built for
    * `build_on_commit`: whether to submit a build when its head moves
    * `pre_tag_label`: the tag a build on commit gets when it succeeds
    * `head`: for builds on commit: the revision last seen at its head (read-only)
    * `head_state`: since when its head is there, or why it cannot be looked at or is not built
      (read-only)
    """

    _name = "package-branch"
    _derived = frozenset((
        "create_date",
        "update_date",
        "head",
        "head_state",
    ))


class Project(Site):
    """What packages, builds and tags belong to.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `display_name`: the name shown to people
    * `about`: a note for people
    * `url`: its home page
    * `admin_group_label`: the group whose members are its admins
    * `vcs_handler_label`: the vcs handler of package-branches that do not name one
    * `bug_handler_label`: the bug tracker that its bugs are in
    * `restricted`: whether only its admins and the owners of its packages may know of it
    * `tags`: its tags (read-only)
    * `packages`: its packages (read-only)
    """

    _name = "project"
    _derived = frozenset((
        "create_date",
        "update_date",
        "tags",
        "packages",
    ))


class Release(Site):
    """One release of a distro, such as el6.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `distro_label`: the distro it is a release of (required)
    * `full_version`: such as 6.4
    * `major_version`: such as 6
    * `minor_version`: such as 4
    * `eol`: whether it is at its end of life: it gets no new tasks
    * `build_handlers`: build handlers that may be used for it; none: any
    * `targets`: its targets (read-only)
    """

    _name = "release"
    _derived = frozenset((
        "create_date",
        "update_date",
        "targets",
    ))


class System(Site):
    """A host that runs a worker.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `display_name`: the name shown to people
    * `capacity`: how much it builds at the same time, as a sum of footprints; unless given, its
      number of CPUs once its worker registers
    * `enabled`: whether it gets tasks (default: true)
    * `drained`: who drained it, since when and why; empty while it gets tasks (read-only)
    * `host_signature`: fingerprint of its key (read-only)
    * `build_handlers`: build handlers it has (read-only)
    * `archs`: archs it serves (read-only)
    * `build_count`: tasks it is building now (read-only)
    * `last_seen`: when it was last heard of, UTC (read-only)
    """

    _name = "system"
    _derived = frozenset((
        "create_date",
        "update_date",
        "drained",
        "host_signature",
        "build_handlers",
        "archs",
        "build_count",
        "last_seen",
    ))

    def create_key(
        self,
        label: str,
        name: Optional[str] = None,
        expires: Optional[str] = None,
    ) -> Reply:
        """Make a key for its worker; the answer shows it this once.

        :param name: its name, such as where it is used; default: key-N
        :param expires: when it expires: 12h, 90d, or a date or time in UTC

        Gives: key.
        """
        parameters: Dict[str, Any] = {
            "name": name,
            "expires": expires,
        }
        return self._call("POST", (label, "create_key",), None, parameters)

    def list_keys(
        self,
        label: str,
    ) -> Reply:
        """Its keys without their secrets: name, expiry, last use.

        Gives: keys.
        """
        parameters: Dict[str, Any] = {}
        return self._call("GET", (label, "list_keys",), None, parameters)

    def revoke_key(
        self,
        label: str,
        key: str,
    ) -> Reply:
        """Revoke one of its keys, at once.

        :param key: the key's name or id; never the key itself

        Gives: system.
        """
        parameters: Dict[str, Any] = {
            "key": key,
        }
        return self._call("POST", (label, "revoke_key",), None, parameters)

    def create_token(
        self,
        label: str,
        expires: Optional[str] = None,
    ) -> Reply:
        """Make a one-time token for its host to enrol with, replacing any earlier one; the answer
        shows it this once.

        :param expires: when it expires: 12h, 90d, or a date or time in UTC; default: 24h

        Gives: token.
        """
        parameters: Dict[str, Any] = {
            "expires": expires,
        }
        return self._call("POST", (label, "create_token",), None, parameters)

    def enrol(
        self,
    ) -> Reply:
        """A host presents its one-time token and the hash of its new key.

        Gives: system.
        """
        parameters: Dict[str, Any] = {}
        return self._call("POST", ("enrol",), None, parameters)

    def drain(
        self,
        label: str,
        reason: Optional[str] = None,
    ) -> Reply:
        """Give it no more tasks; what it is building is finished.

        :param reason: why; shown to everybody whose tasks wait

        Gives: system.
        """
        parameters: Dict[str, Any] = {
            "reason": reason,
        }
        return self._call("POST", (label, "drain",), None, parameters)

    def resume(
        self,
        label: str,
    ) -> Reply:
        """Give it tasks again.

        Gives: system.
        """
        parameters: Dict[str, Any] = {}
        return self._call("POST", (label, "resume",), None, parameters)


class Tag(Scoped):
    """A stage that builds are moved through, such as testing.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `project_label`: the project it belongs to (required)
    * `requires_admin`: whether only project admins may give or take it
    * `manage_repo`: whether the farm keeps a file repository of its builds
    * `include_in_builds`: whether builds of the project are given that repository
    * `close_on_tag`: whether tagging a build closes its bugs
    * `locked`: whether nothing moves in or out
    * `only_latest`: whether it keeps only the latest build of each package-branch
    * `about`: a note for people
    * `builds`: its builds (read-only)
    * `errands`: what the farm does for it in other systems: id, about, state (waiting, running,
      done, refused), attempts, next_try, message (read-only)
    * `repository`: path of its file repository on the hub; each target's files are in its tag_path
      (read-only)
    * `repository_state`: since when its repository is current, or since when and why it lags
      (read-only)
    """

    _name = "tag"
    _derived = frozenset((
        "create_date",
        "update_date",
        "builds",
        "errands",
        "repository",
        "repository_state",
    ))

    def move_builds(
        self,
        label: str,
        project: str,
        to_tag_label: str,
    ) -> Reply:
        """Move all its builds to another tag.

        :param to_tag_label: the tag to move them to

        Gives: moved_builds, untagged_builds.
        """
        parameters: Dict[str, Any] = {
            "to_tag_label": to_tag_label,
        }
        return self._call("POST", (label, "move_builds",), project, parameters)

    def lock(
        self,
        label: str,
        project: str,
    ) -> Reply:
        """Let nothing move in or out.

        Gives: tag.
        """
        parameters: Dict[str, Any] = {}
        return self._call("POST", (label, "lock",), project, parameters)

    def unlock(
        self,
        label: str,
        project: str,
    ) -> Reply:
        """Let builds move in and out again.

        Gives: tag.
        """
        parameters: Dict[str, Any] = {}
        return self._call("POST", (label, "unlock",), project, parameters)


class Target(Site):
    """A release on an arch, such as el6-x86_64.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `release_label`: its release (required)
    * `arch_label`: its arch (required)
    * `distro_label`: distro of its release (read-only)
    * `full_version`: such as 6.4
    * `major_version`: such as 6
    * `minor_version`: such as 4
    * `tag_path`: where its files go in a tag's repository, such as redhat/6/x86_64; empty: its
      label
    * `config`: configuration for the build handler, usually TOML; the handler's `schemas` say what
      it may hold
    * `build_handlers`: build handlers that may be used for it; none: any
    """

    _name = "target"
    _derived = frozenset((
        "create_date",
        "update_date",
        "distro_label",
    ))


class Task(Scoped):
    """A build's work for one target.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (read-only)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `project_label`: the project it belongs to (read-only)
    * `build_label`: the build it is part of (read-only)
    * `target_label`: the target it is built for (read-only)
    * `build_handler_label`: how it is built (read-only)
    * `system_label`: the system that builds it, or built it last (read-only)
    * `status_label`: its state (read-only)
    * `stage`: finer progress: checkout, build, upload; or why it ended (read-only)
    * `message`: why it ended as it did, in a sentence (read-only)
    * `revision`: revision of the source that was built (read-only)
    * `plugins`: the plugins of its last attempt, one line each: handler, plugin, version, SHA-256
      (read-only)
    * `isolation`: how its handlers were isolated from the rest of the host (read-only)
    * `attempt`: how often it was started (read-only)
    * `start_date`: when it was last started, UTC (read-only)
    * `end_date`: when it ended, UTC (read-only)
    * `fs_path`: where the last attempt's files are, for get_file_download_url (read-only)
    * `logs`: names of its logs (read-only)
    * `files`: names of its results (read-only)
    * `sources`: names of its sources (read-only)
    * `configs`: names of the configuration files it was built with (read-only)
    """

    _name = "task"
    _derived = frozenset((
        "label",
        "create_date",
        "update_date",
        "project_label",
        "build_label",
        "target_label",
        "build_handler_label",
        "system_label",
        "status_label",
        "stage",
        "message",
        "revision",
        "plugins",
        "isolation",
        "attempt",
        "start_date",
        "end_date",
        "fs_path",
        "logs",
        "files",
        "sources",
        "configs",
    ))

    def log(
        self,
        label: str,
        project: str,
        name: str,
        attempt: Optional[int] = None,
        follow: Optional[bool] = None,
        offset: Optional[int] = None,
    ) -> Reply:
        """A log's bytes; `Range`, or `offset=`, for a part.

        :param attempt: which attempt; default: the last one
        :param follow: continue until the task ends
        :param offset: offset of the first byte

        Gives: content, the bytes.
        """
        parameters: Dict[str, Any] = {
            "attempt": attempt,
            "follow": follow,
            "offset": offset,
        }
        return self._bytes((label, "log", name,), project, parameters)

    def log_cause(
        self,
        label: str,
        project: str,
        name: str,
        attempt: Optional[int] = None,
    ) -> Reply:
        """The lines of a log that tell why its task failed: those around the first that looks like
        an error, and the last ones.

        :param name: name of the log
        :param attempt: which attempt; default: the last one

        Gives: cause.
        """
        parameters: Dict[str, Any] = {
            "name": name,
            "attempt": attempt,
        }
        return self._call("GET", (label, "log_cause",), project, parameters)

    def log_lines(
        self,
        label: str,
        project: str,
        name: str,
        attempt: Optional[int] = None,
        first: Optional[int] = None,
        since: Optional[str] = None,
        count: Optional[int] = None,
    ) -> Reply:
        """Lines of a log by number, each with the time it came.

        :param name: name of the log
        :param attempt: which attempt; default: the last one
        :param first: number of the first line; default: the last lines
        :param since: only lines that came at this time (UTC) or later
        :param count: at most this many; default: 200

        Gives: lines.
        """
        parameters: Dict[str, Any] = {
            "name": name,
            "attempt": attempt,
            "first": first,
            "since": since,
            "count": count,
        }
        return self._call("GET", (label, "log_lines",), project, parameters)

    def search_log(
        self,
        label: str,
        project: str,
        name: str,
        attempt: Optional[int] = None,
        mf_search_query: Optional[str] = None,
        errors: Optional[bool] = None,
        after: Optional[int] = None,
        limit: Optional[int] = None,
    ) -> Reply:
        """Numbers of a log's lines that contain a text, or look like errors.

        :param name: name of the log
        :param attempt: which attempt; default: the last one
        :param mf_search_query: text to look for, in upper or lower case
        :param errors: look for lines that look like errors instead
        :param after: only lines after this number
        :param limit: at most this many; default: 500

        Gives: found, more.
        """
        parameters: Dict[str, Any] = {
            "name": name,
            "attempt": attempt,
            "mf_search_query": mf_search_query,
            "errors": errors,
            "after": after,
            "limit": limit,
        }
        return self._call("GET", (label, "search_log",), project, parameters)

    def file(
        self,
        label: str,
        project: str,
        name: str,
        attempt: Optional[int] = None,
    ) -> Reply:
        """A result's bytes.

        :param attempt: which attempt; default: the last one

        Gives: content, the bytes.
        """
        parameters: Dict[str, Any] = {
            "attempt": attempt,
        }
        return self._bytes((label, "file", name,), project, parameters)

    def source(
        self,
        label: str,
        project: str,
        name: str,
        attempt: Optional[int] = None,
    ) -> Reply:
        """A source's bytes.

        :param attempt: which attempt; default: the last one

        Gives: content, the bytes.
        """
        parameters: Dict[str, Any] = {
            "attempt": attempt,
        }
        return self._bytes((label, "source", name,), project, parameters)

    def config(
        self,
        label: str,
        project: str,
        name: str,
        attempt: Optional[int] = None,
    ) -> Reply:
        """A configuration's bytes.

        :param attempt: which attempt; default: the last one

        Gives: content, the bytes.
        """
        parameters: Dict[str, Any] = {
            "attempt": attempt,
        }
        return self._bytes((label, "config", name,), project, parameters)

    def list_files(
        self,
        label: str,
        project: str,
    ) -> Reply:
        """Everything it made: kind, name, size in bytes, sha256, attempt.

        Gives: files.
        """
        parameters: Dict[str, Any] = {}
        return self._call("GET", (label, "list_files",), project, parameters)

    def cancel(
        self,
        label: str,
        project: str,
    ) -> Reply:
        """Stop it.

        Gives: task.
        """
        parameters: Dict[str, Any] = {}
        return self._call("POST", (label, "cancel",), project, parameters)

    def retry(
        self,
        label: str,
        project: str,
    ) -> Reply:
        """Build it again, if it failed, was cancelled or was lost.

        Gives: task.
        """
        parameters: Dict[str, Any] = {}
        return self._call("POST", (label, "retry",), project, parameters)

    def why(
        self,
        label: str,
        project: str,
    ) -> Reply:
        """Why it runs, waits or ended: one word, a sentence, and what each system says.

        Gives: verdict, sentence, details.
        """
        parameters: Dict[str, Any] = {}
        return self._call("GET", (label, "why",), project, parameters)


class User(Site):
    """A person or program that uses the farm.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (required)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `display_name`: the name shown to people
    * `email`: address, shown to those signed in
    * `password`: never shown; its owner changes it with change_password
    * `about`: a note for people
    * `agreed_to_terms`: whether the site's terms were agreed to
    * `groups`: groups it is a member of (read-only)
    """

    _name = "user"
    _derived = frozenset((
        "create_date",
        "update_date",
        "groups",
    ))

    def create_key(
        self,
        label: str,
        name: Optional[str] = None,
        expires: Optional[str] = None,
    ) -> Reply:
        """Make an API key for it; the answer shows it this once.

        :param name: its name, such as where it is used; default: key-N
        :param expires: when it expires: 12h, 90d, or a date or time in UTC

        Gives: key.
        """
        parameters: Dict[str, Any] = {
            "name": name,
            "expires": expires,
        }
        return self._call("POST", (label, "create_key",), None, parameters)

    def list_keys(
        self,
        label: str,
    ) -> Reply:
        """Its API keys without their secrets: name, expiry, last use.

        Gives: keys.
        """
        parameters: Dict[str, Any] = {}
        return self._call("GET", (label, "list_keys",), None, parameters)

    def revoke_key(
        self,
        label: str,
        key: str,
    ) -> Reply:
        """Revoke one of its API keys, at once.

        :param key: the key's name or id; never the key itself

        Gives: user.
        """
        parameters: Dict[str, Any] = {
            "key": key,
        }
        return self._call("POST", (label, "revoke_key",), None, parameters)

    def change_password(
        self,
        label: str,
        new_password: str,
        old_password: Optional[str] = None,
    ) -> Reply:
        """Change your own password, by giving the old one.

        :param old_password: the old password; not needed if there is none
        :param new_password: the new password

        Gives: user.
        """
        parameters: Dict[str, Any] = {
            "old_password": old_password,
            "new_password": new_password,
        }
        return self._call("POST", (label, "change_password",), None, parameters)


class Util(Resource):
    """What belongs to no other resource."""

    _name = "util"

    def version(
        self,
    ) -> Reply:
        """The hub's version.

        Gives: version.
        """
        parameters: Dict[str, Any] = {}
        return self._call("GET", ("version",), None, parameters)

    def status(
        self,
        brief: Optional[bool] = None,
    ) -> Reply:
        """The farm at a glance: queue, builds, systems, errands.

        :param brief: leave out the counts over the farm's whole history: builds, tasks, errands

        Gives: status.
        """
        parameters: Dict[str, Any] = {
            "brief": brief,
        }
        return self._call("GET", ("status",), None, parameters)

    def pause(
        self,
        reason: str,
    ) -> Reply:
        """Give nobody a task until the queue is resumed; what is being built is finished.

        :param reason: why; shown to everybody who waits

        Gives: queue.
        """
        parameters: Dict[str, Any] = {
            "reason": reason,
        }
        return self._call("POST", ("pause",), None, parameters)

    def resume(
        self,
    ) -> Reply:
        """Give tasks again.

        Gives: queue.
        """
        parameters: Dict[str, Any] = {}
        return self._call("POST", ("resume",), None, parameters)

    def whoami(
        self,
    ) -> Reply:
        """Who the caller's key belongs to.

        Gives: whoami.
        """
        parameters: Dict[str, Any] = {}
        return self._call("GET", ("whoami",), None, parameters)

    def search(
        self,
        mf_search_query: str,
        limit: Optional[int] = None,
    ) -> Reply:
        """Everything that contains a word, the newest of each resource first.

        :param mf_search_query: what to look for
        :param limit: at most this many of each resource; default: 20

        Gives: found.
        """
        parameters: Dict[str, Any] = {
            "mf_search_query": mf_search_query,
            "limit": limit,
        }
        return self._call("GET", ("search",), None, parameters)

    def get_all_task_data(
        self,
        task_label: str,
        project_label: str,
    ) -> Reply:
        """A task and all that it refers to, each a whole object.

        :param task_label: the task
        :param project_label: its project

        Gives: task, target, build, package, package_branch, release.
        """
        parameters: Dict[str, Any] = {
            "task_label": task_label,
            "project_label": project_label,
        }
        return self._call("GET", ("get_all_task_data",), None, parameters)

    def get_file_download_url(
        self,
        path: str,
    ) -> Reply:
        """Where a file of a task can be fetched by a plain GET, for a limited time.

        :param path: <task fs_path>/files/<name>, or sources, logs, configs

        Gives: download_url.
        """
        parameters: Dict[str, Any] = {
            "path": path,
        }
        return self._call("GET", ("get_file_download_url",), None, parameters)

    def events(
        self,
        after: Optional[int] = None,
        project_label: Optional[str] = None,
        build_label: Optional[str] = None,
        task_label: Optional[str] = None,
        resource: Optional[str] = None,
        also: Optional[str] = None,
    ) -> Iterator[Dict[str, Any]]:
        """What happens, as server-sent events.

        :param after: number of the last event you know; default: only new ones
        :param project_label: only what belongs to this project
        :param build_label: only this build and its tasks
        :param task_label: only this task
        :param resource: only these resources, separated by commas
        :param also: these resources as well, separated by commas, whatever the other filters say

        Goes on until the hub ends the connection.
        """
        parameters: Dict[str, Any] = {
            "after": after,
            "project_label": project_label,
            "build_label": build_label,
            "task_label": task_label,
            "resource": resource,
            "also": also,
        }
        return self._events(("events",), None, parameters)

    def errands(
        self,
        project_label: Optional[str] = None,
        build_label: Optional[str] = None,
        state: Optional[str] = None,
    ) -> Reply:
        """What the farm has to do in other systems, such as closing a bug; newest first.

        :param project_label: only those of this project
        :param build_label: only those of this build
        :param state: only those in this state

        Gives: errands.
        """
        parameters: Dict[str, Any] = {
            "project_label": project_label,
            "build_label": build_label,
            "state": state,
        }
        return self._call("GET", ("errands",), None, parameters)

    def retry_errand(
        self,
        errand: int,
    ) -> Reply:
        """Try a refused or waiting errand at once.

        :param errand: its id
        """
        parameters: Dict[str, Any] = {
            "errand": errand,
        }
        return self._call("POST", ("retry_errand",), None, parameters)

    def notify(
        self,
        url: Optional[str] = None,
    ) -> Reply:
        """Say that a repository has something new: builds on commit look at it at once.

        :param url: where the source is; a webhook's body may name it instead

        Gives: looked_at.
        """
        parameters: Dict[str, Any] = {
            "url": url,
        }
        return self._call("POST", ("notify",), None, parameters)

    def show_plugin(
        self,
        plugin: str,
    ) -> Reply:
        """A plugin with its handlers and hooks, and the evidence of its crashes.

        :param plugin: its id, or the first 8 or more digits of its file's SHA-256

        Gives: plugin.
        """
        parameters: Dict[str, Any] = {
            "plugin": plugin,
        }
        return self._call("GET", ("show_plugin",), None, parameters)

    def clear_plugin(
        self,
        plugin: str,
    ) -> Reply:
        """Ends the quarantine of a plugin, and forgets its crashes.

        :param plugin: its id, or the first 8 or more digits of its file's SHA-256

        Gives: cleared.
        """
        parameters: Dict[str, Any] = {
            "plugin": plugin,
        }
        return self._call("POST", ("clear_plugin",), None, parameters)


class VcsHandler(Site):
    """How source is fetched; a plugin provides it.

    Its fields:

    * `id`: a number that never changes (read-only)
    * `label`: the name it is known by (read-only)
    * `create_date`: when it was made, UTC (read-only)
    * `update_date`: when it was last changed, UTC (read-only)
    * `display_name`: the name shown to people
    * `config`: the handler's configuration, usually TOML
    * `plugin`: plugin that provides it (read-only)
    * `version`: version of that plugin (read-only)
    * `digest`: SHA-256 of the plugin's file (read-only)
    * `enabled`: whether it can be used (read-only)
    * `schemas`: JSON Schemas of its own `config` (handler), of a target's (target) and of a host's
      (local) (read-only)
    * `systems`: systems that have it (read-only)
    * `url_template`: makes a package-branch's url from {project}, {package} and {branch}
    """

    _name = "vcs_handler"
    _derived = frozenset((
        "label",
        "create_date",
        "update_date",
        "plugin",
        "version",
        "digest",
        "enabled",
        "schemas",
        "systems",
    ))


class Root(Resource):
    """Where a file of a task can be had."""

    _name = "root"

    def get_file_download_url(
        self,
        path: str,
    ) -> Reply:
        """Where a file of a task can be fetched by a plain GET, for a limited time.

        :param path: <task fs_path>/files/<name>, or sources, logs, configs

        Gives: download_url.
        """
        parameters: Dict[str, Any] = {
            "path": path,
        }
        return self._call("GET", ("get_file_download_url",), None, parameters)


class Resources:
    """A hub's resources."""

    def __init__(self, hub: Hub) -> None:
        self.arch = Arch(hub)
        self.bug_handler = BugHandler(hub)
        self.build = Build(hub)
        self.build_handler = BuildHandler(hub)
        self.build_type = BuildType(hub)
        self.distro = Distro(hub)
        self.group = Group(hub)
        self.package = Package(hub)
        self.package_branch = PackageBranch(hub)
        self.project = Project(hub)
        self.release = Release(hub)
        self.system = System(hub)
        self.tag = Tag(hub)
        self.target = Target(hub)
        self.task = Task(hub)
        self.user = User(hub)
        self.util = Util(hub)
        self.vcs_handler = VcsHandler(hub)
        self.root = Root(hub)
