//! Filling the source directory.
//!
//! The checkout is a repository of its own that borrows the mirror's objects
//! (git's `alternates`). `git worktree add` would make the mirror's own
//! configuration, branches and locks reachable from the build: one `git
//! branch -D` in a Makefile would damage it. `git archive` would leave out
//! what `export-ignore` names and rewrite what `export-subst` names, so that
//! what is built is not what was committed, and `git describe`, which many
//! projects ask for their version, would not work. Here it does, for the tags
//! are brought along, and git writes into a repository it borrows from never.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use monkeyfarm_plugin_api::{Context, Failure};

use monkeyfarm_vcs_kit::{Suspicion, Trouble};

use crate::mirror::Mirror;
use crate::trouble::unless_ended_well;

/// The tags of a repository: enough for a million.
const MOST_TAGS: usize = 128 << 20;

/// Checks `revision`, a full hash, out into the empty directory `dir`.
pub(crate) fn fill(
    dir: &Path,
    revision: &str,
    mirror: &Mirror<'_>,
    cx: &Context,
) -> Result<(), Trouble> {
    let init = mirror.plain_git().args(["init", "--quiet", "--template="]);
    let said = init.arg("--").arg(dir).output(cx, 1 << 20)?;
    unless_ended_well(said.ended, &said.error_text(), &mirror.url, "make a checkout of")?;
    let git = dir.join(".git");
    borrow(&git, &mirror.objects()).map_err(Failure::io("cannot set up the checkout"))?;

    let tags = ["for-each-ref", "--format=%(objectname) %(refname)", "refs/tags"];
    let tags = mirror.git().args(tags).output(cx, MOST_TAGS)?;
    fs::write(git.join("packed-refs"), tags.stdout)
        .map_err(Failure::io("cannot set up the checkout"))?;

    let checkout = mirror.plain_git().arg("-C").arg(dir).args(["checkout", "--quiet", "--force"]);
    let said = checkout.args(["--detach", revision, "--"]).output(cx, 1 << 20)?;
    unless_ended_well(said.ended, &said.error_text(), &mirror.url, "check out")
        // All of it is here: what fails is the mirror, unless it is the disk.
        .map_err(|trouble| trouble.harden(Suspicion::Remake))?;
    Ok(())
}

fn borrow(git: &Path, objects: &Path) -> std::io::Result<()> {
    let info = git.join("objects/info");
    fs::create_dir_all(&info)?;
    let mut line = objects.as_os_str().as_bytes().to_vec();
    line.push(b'\n');
    fs::write(info.join("alternates"), line)
}
