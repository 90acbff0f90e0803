//! The mirror of one repository: a bare repository that stays on this host.
//!
//! All that is here happens under the mirror's lock.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::command::Command;
use monkeyfarm_plugin_api::{Context, Failure};
use monkeyfarm_vcs_kit::cache::remove_dir;
use monkeyfarm_vcs_kit::{Home, Place, Suspicion, Terms, Trouble, Url};

use crate::checkout::Options;
use crate::program::{git, git_out};
use crate::trouble;

/// The mirror of one repository.
#[derive(Debug)]
pub(crate) struct Mirror<'a> {
    pub(crate) url: Url,
    pub(crate) terms: &'a Terms<Options>,
    pub(crate) place: Place,
    dir: PathBuf,
}

impl<'a> Mirror<'a> {
    /// The mirror of `url`, whether there is one yet or not.
    pub(crate) fn new(url: &Url, terms: &'a Terms<Options>) -> Self {
        let place = terms.cache.place(&url.for_program());
        Self { url: url.clone(), terms, dir: place.dir(), place }
    }

    /// Where the mirror keeps its objects.
    pub(crate) fn objects(&self) -> PathBuf {
        self.dir.join("objects")
    }

    /// A call of git that is not in any repository and stays on this host.
    pub(crate) fn plain_git(&self) -> Command {
        // There is none: nothing of a user plays a part.
        git(Path::new("/nonexistent"))
    }

    /// A call of git in the mirror that stays on this host.
    pub(crate) fn git(&self) -> Command {
        self.plain_git().arg("--git-dir").arg(&self.dir)
    }

    /// A call of git in the mirror that may go out.
    pub(crate) fn git_out(&self, home: &Home) -> Result<Command, Failure> {
        Ok(git_out(home.path(), &self.url, self.terms)?.arg("--git-dir").arg(&self.dir))
    }

    /// Whether the mirror has the whole commit of that hash at hand.
    pub(crate) fn has(&self, hash: &str, cx: &Context) -> Result<bool, Failure> {
        let commit = format!("{hash}^{{commit}}");
        Ok(self.git().args(["cat-file", "-e", &commit]).output(cx, 4096)?.ended.success())
    }

    /// Sees to it that there is a sound mirror, an empty one if need be.
    pub(crate) fn prepare(&self, cx: &Context) -> Result<(), Trouble> {
        if let Some(suspicion) = self.place.suspicion()? {
            let sound = suspicion == Suspicion::Check && self.mend(cx)?;
            if !sound && self.dir.exists() {
                cx.log(format!("the mirror of {} is damaged: making it again", self.url));
                self.place.remove()?;
            }
            self.place.unmark()?;
        }
        if !self.dir.exists() {
            self.create(cx)?;
        }
        Ok(self.place.tidy()?)
    }

    /// Removes locks and temporary files: whoever held them is gone, because
    /// the mirror's own lock is ours.
    pub(crate) fn sweep(&self) -> Result<(), Failure> {
        remove_leftovers(&self.dir)
            .map_err(Failure::io(format!("cannot tidy {}", self.dir.display())))
    }

    /// Takes away what a killed git left, and says whether the rest is sound:
    /// whether all that its branches and tags need is there.
    fn mend(&self, cx: &Context) -> Result<bool, Failure> {
        cx.progress("checking the mirror");
        self.sweep()?;
        let check = self.git().args(["fsck", "--connectivity-only", "--no-dangling"]);
        Ok(check.output(cx, 1 << 20)?.ended.success())
    }

    fn create(&self, cx: &Context) -> Result<(), Trouble> {
        let new = self.place.new_dir();
        remove_dir(&new)?;
        let init = self.plain_git().args(["init", "--quiet", "--bare", "--template="]);
        let said = init.arg("--").arg(&new).output(cx, 1 << 20)?;
        trouble::unless_ended_well(
            said.ended,
            &said.error_text(),
            &self.url,
            "make the mirror of",
        )?;
        // Under its own name only when it is whole.
        Ok(self.place.adopt()?)
    }

    /// A home for calls that go out: with the credentials, in a file that
    /// only this user reads, so that they are in no argument and no
    /// environment.
    pub(crate) fn home(&self, cx: &Context) -> Result<Home, Failure> {
        home(self.terms, &self.url, cx)
    }
}

/// See [`Mirror::home`].
pub(crate) fn home(terms: &Terms<Options>, url: &Url, cx: &Context) -> Result<Home, Failure> {
    let home = terms.home(url)?;
    let mut lines: Vec<_> =
        terms.credentials(url, cx)?.iter().map(|given| given.as_url()).collect();
    lines.extend(cx.secret("credentials"));
    if !lines.is_empty() {
        home.write(".git-credentials", &(lines.join("\n") + "\n"))?;
    }
    Ok(home)
}

fn remove_leftovers(dir: &Path) -> std::io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            remove_leftovers(&entry.path())?;
        } else if name.ends_with(".lock") || name.starts_with("tmp_") || name == "gc.pid" {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
