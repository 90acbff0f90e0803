"""What brz is given along by MonkeyFarm: a guard, and two questions.

A branch may say that it is another one, or that it continues another one,
at any address: a file of this host, a neighbour of the server. The guard
lets brz open nothing but what it was called for.
"""

import os
import sys
from datetime import datetime, timedelta, timezone

from breezy import errors, urlutils
from breezy.branch import Branch
from breezy.commands import Command, register_command
from breezy.controldir import ControlDir
from breezy.revision import NULL_REVISION

# URLs of servers and paths of this host, one to a line.
PLACES = [
    urlutils.local_path_to_url(place) if place.startswith("/") else place
    for place in os.environ.get("MONKEYFARM_PLACES", "").split("\n")
    if place
]
# A shared repository is above its branches.
BELOW = [place + "/" for place in os.environ.get("MONKEYFARM_URL", "").split("\n") if place]


def guard(transport):
    """Stops an opening elsewhere."""
    base = transport.base.rstrip("/")
    if any(base == place or base.startswith(place + "/") for place in PLACES):
        return
    if any(below.startswith(base + "/") for below in BELOW):
        return
    if any(place.startswith(base + "/") for place in PLACES):
        # Above a mirror there is none of ours.
        raise errors.NotBranchError(path=base)
    raise errors.CommandError("leads on to %s" % base)


ControlDir.hooks.install_named_hook("pre_open", guard, "MonkeyFarm")


def tell(*words):
    """Answers with words that have a zero byte behind each."""
    for word in words:
        data = word if isinstance(word, bytes) else word.encode("utf-8", "replace")
        sys.stdout.buffer.write(data.replace(b"\0", b"") + b"\0")
    sys.stdout.buffer.flush()


class cmd_monkeyfarm_resolve(Command):
    """Tells which revision a name means, and in which branch it is."""

    hidden = True
    takes_args = ["location", "kind", "name?"]

    def run(self, location, kind, name=""):
        if kind == "name":
            try:
                below = Branch.open(urlutils.join(location, urlutils.escape(name)))
            except errors.NotBranchError:
                kind = "tag"
            else:
                tell("below", below.last_revision())
                return
        branch = Branch.open(location)
        with branch.lock_read():
            revision = self.find(branch, kind, name)
            if revision is None:
                tell("none", *sorted(branch.tags.get_tag_dict()))
            else:
                tell("here", revision)

    def find(self, branch, kind, name):
        if kind == "tip":
            return branch.last_revision()
        if kind == "revno":
            try:
                return branch.dotted_revno_to_revision_id(
                    tuple(int(part) for part in name.split("."))
                )
            except (
                errors.GhostRevisionsHaveNoRevno,
                errors.NoSuchRevision,
                errors.RevnoOutOfBounds,
            ):
                return None
        if kind == "tag":
            return branch.tags.get_tag_dict().get(name)
        revision = name.encode("utf-8")
        return revision if branch.repository.has_revision(revision) else None


class cmd_monkeyfarm_changes(Command):
    """Tells what is in one revision and not in another."""

    hidden = True
    takes_args = ["location", "since", "until", "most"]

    def run(self, location, since, until, most):
        branch = Branch.open(location)
        since, until = since.encode("utf-8"), until.encode("utf-8")
        with branch.lock_read():
            repository = branch.repository
            if not repository.has_revision(since):
                tell("none")
                return
            graph = repository.get_graph()
            new = graph.find_difference(until, since)[0] - {NULL_REVISION}
            tell("found", "no" if graph.is_ancestor(since, until) else "rewritten")
            newest = list(graph.iter_topo_order(new))[::-1][: int(most)]
            for revision in newest:
                self.show(repository.get_revision(revision))

    def show(self, revision):
        zone = timezone(timedelta(seconds=revision.timezone or 0))
        date = datetime.fromtimestamp(int(revision.timestamp), zone)
        tell(
            revision.revision_id,
            ", ".join(revision.get_apparent_authors()),
            date.isoformat(),
            revision.message,
        )


register_command(cmd_monkeyfarm_resolve)
register_command(cmd_monkeyfarm_changes)
