//! Large files (git-lfs), for repositories that were asked for with them.

use std::path::Path;
use std::time::Duration;

use monkeyfarm_plugin_api::{Context, Failure};
use monkeyfarm_vcs_kit::{Kind, Trouble, Url};

use crate::mirror::Mirror;
use crate::program::git_out;
use crate::trouble::unless_ended_well;

/// Settings with which git-lfs works for one call; nothing is installed.
const SETTINGS: &[&str] = &[
    "filter.lfs.clean=git-lfs clean -- %f",
    "filter.lfs.smudge=git-lfs smudge -- %f",
    "filter.lfs.process=git-lfs filter-process",
    "lfs.concurrenttransfers=4",
];

/// A server of large files that says nothing for so long says nothing more.
const SILENCE: Duration = Duration::from_secs(300);

/// Puts large files into the checkout at `dir` in place of what stands for
/// them, if they are wanted. The mirror keeps them.
pub(crate) fn fill(dir: &Path, mirror: &Mirror<'_>, cx: &Context) -> Result<(), Trouble> {
    let show = mirror.plain_git().arg("-C").arg(dir);
    let said = show.args(["cat-file", "blob", "HEAD:.gitattributes"]).output(cx, 1 << 20)?;
    if !said.text().contains("filter=lfs") {
        return Ok(());
    }
    let url = &mirror.url;
    if !mirror.terms.options.lfs.is_for(url)? {
        cx.log("this repository has large files (git-lfs), which are not fetched");
        return Ok(());
    }
    cx.progress(format!("fetching large files of {url}"));
    let home = mirror.home(cx)?;
    let mut pull = git_out(home.path(), url, mirror.terms)?
        .if_missing("install the Debian package git-lfs")
        .arg("-C")
        .arg(dir);
    for setting in SETTINGS {
        pull = pull.args(["-c", setting]);
    }
    // These win over what `.lfsconfig` in the repository says.
    let mut settings = vec![("lfs.url", server(url)?), ("remote.origin.url", url.for_program())];
    // What copies from a repository on this disk would take it for that one's.
    if url.scheme.kind != Kind::File {
        settings.push(("lfs.storage", storage(mirror)?));
    }
    for (name, value) in settings {
        pull = pull.arg("-c").arg(format!("{name}={value}"));
    }
    let mut complaints = Vec::new();
    let ended = pull.args(["lfs", "pull"]).silence(SILENCE).lines(cx, |_, line| {
        cx.log(line);
        if complaints.len() < 100 {
            complaints.push(line.to_owned());
        }
    })?;
    let complaints = complaints.join("\n");
    if complaints.contains("is not a git command") {
        let told = "this worker has no git-lfs; install the Debian package git-lfs";
        return Err(Failure::new(format!("cannot fetch large files of {url}: {told}")).into());
    }
    unless_ended_well(ended, &complaints, url, "fetch large files of")
        // They come from elsewhere: the mirror is not to blame.
        .map_err(|trouble| Trouble { suspicion: None, ..trouble })
}

/// Where large files come from: beside the repository, never where the
/// repository says.
fn server(url: &Url) -> Result<String, Failure> {
    let text = url.for_program();
    match url.scheme.kind {
        Kind::Web if text.ends_with(".git") => Ok(format!("{text}/info/lfs")),
        Kind::Web => Ok(format!("{text}.git/info/lfs")),
        Kind::Ssh | Kind::File => Ok(text),
        Kind::Open => Err(Failure::new(format!(
            "large files cannot come by `{}`: give {url} as https or ssh",
            url.scheme.name
        ))),
    }
}

fn storage(mirror: &Mirror<'_>) -> Result<String, Failure> {
    let dir = mirror.place.dir().join("lfs");
    dir.into_os_string().into_string().map_err(|_| Failure::new("the cache's path is not UTF-8"))
}
