//! The mirror of one repository: a bare repository that stays on this host.
//!
//! All that is here happens under the mirror's lock. While a mirror is
//! written there is a mark beside it; a mark that is found means that its
//! writer was killed, so that the mirror is checked and, if it is damaged,
//! made again.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::command::Command;
use monkeyfarm_plugin_api::{Context, Failure};
use sha2::{Digest, Sha256};

use crate::program::git;
use crate::trouble::Trouble;
use crate::url::{Scheme, Url};

/// What is thought of a mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suspicion {
    /// It may be damaged.
    Check,
    /// It is damaged.
    Remake,
}

/// The mirror of one repository.
#[derive(Debug)]
pub(crate) struct Mirror {
    pub(crate) url: Url,
    allowed: Vec<Scheme>,
    dir: PathBuf,
    lock: PathBuf,
    mark: PathBuf,
    home: PathBuf,
}

impl Mirror {
    /// The mirror of `url` below `cache`, whether there is one yet or not. It
    /// is named by a hash: no foreign name becomes a path.
    pub(crate) fn new(cache: &Path, url: &Url, allowed: Vec<Scheme>) -> Result<Self, Failure> {
        let cannot = || Failure::io(format!("cannot use the cache {}", cache.display()));
        fs::create_dir_all(cache).map_err(cannot())?;
        let cache = std::path::absolute(cache).map_err(cannot())?;
        let hash = Sha256::digest(url.for_git());
        let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let beside = |ending: &str| cache.join(format!("{name}.{ending}"));
        Ok(Self {
            url: url.clone(),
            allowed,
            dir: beside("git"),
            lock: beside("lock"),
            mark: beside("mark"),
            home: beside("home"),
        })
    }

    /// What stands for the mirror when it is locked.
    pub(crate) fn lock_file(&self) -> &Path {
        &self.lock
    }

    /// Where the mirror keeps its objects.
    pub(crate) fn objects(&self) -> PathBuf {
        self.dir.join("objects")
    }

    /// A call of git that is not yet in any repository.
    pub(crate) fn plain_git(&self) -> Command {
        git(&self.home, &self.allowed)
    }

    /// A call of git in the mirror.
    pub(crate) fn git(&self) -> Command {
        self.plain_git().arg("--git-dir").arg(&self.dir)
    }

    /// Whether the mirror has the whole commit of that hash at hand.
    pub(crate) fn has(&self, hash: &str, cx: &Context) -> Result<bool, Failure> {
        let commit = format!("{hash}^{{commit}}");
        Ok(self.git().args(["cat-file", "-e", &commit]).output(cx, 4096)?.ended.success())
    }

    /// Sees to it that there is a sound mirror, an empty one if need be.
    pub(crate) fn prepare(&self, cx: &Context) -> Result<(), Trouble> {
        if let Some(suspicion) = self.suspicion()? {
            let sound = suspicion == Suspicion::Check && self.mend(cx)?;
            if !sound && self.dir.exists() {
                cx.log(format!("the mirror of {} is damaged: making it again", self.url));
                remove_dir(&self.dir)?;
            }
            self.unmark()?;
        }
        if !self.dir.exists() {
            self.create(cx)?;
        }
        Ok(())
    }

    /// Keeps in mind, for whoever comes next, what is thought of the mirror.
    pub(crate) fn suspect(&self, trouble: Trouble) -> Trouble {
        if let Some(suspicion) = trouble.suspicion
            && let Err(failure) = self.mark(suspicion)
        {
            return failure.into();
        }
        trouble
    }

    pub(crate) fn mark(&self, suspicion: Suspicion) -> Result<(), Failure> {
        let word = match suspicion {
            Suspicion::Check => "check\n",
            Suspicion::Remake => "remake\n",
        };
        fs::write(&self.mark, word)
            .map_err(Failure::io(format!("cannot write {}", self.mark.display())))
    }

    pub(crate) fn unmark(&self) -> Result<(), Failure> {
        gone(fs::remove_file(&self.mark))
            .map_err(Failure::io(format!("cannot remove {}", self.mark.display())))
    }

    fn suspicion(&self) -> Result<Option<Suspicion>, Failure> {
        match fs::read(&self.mark) {
            Ok(word) if word == b"remake\n" => Ok(Some(Suspicion::Remake)),
            Ok(_) => Ok(Some(Suspicion::Check)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::io(format!("cannot read {}", self.mark.display()))(error)),
        }
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
        let new = self.dir.with_extension("new");
        remove_dir(&new)?;
        let init = self.plain_git().args(["init", "--quiet", "--bare", "--template="]);
        let said = init.arg("--").arg(&new).output(cx, 1 << 20)?;
        Trouble::unless_ended_well(said.ended, &said.error_text(), self, "make the mirror of")?;
        // Under its own name only when it is whole.
        fs::rename(&new, &self.dir)
            .map_err(Failure::io(format!("cannot make {}", self.dir.display())))?;
        Ok(())
    }

    /// Lends git the credentials while `work` is done: by a file that only
    /// this user reads, so that they are in no argument and no environment.
    pub(crate) fn with_credentials<T>(
        &self,
        cx: &Context,
        work: impl FnOnce() -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let lines: Vec<_> =
            self.url.credentials().into_iter().chain(cx.secret("credentials")).collect();
        remove_dir(&self.home)?;
        if lines.is_empty() {
            return work();
        }
        let cannot = || Failure::io(format!("cannot write to {}", self.home.display()));
        fs::DirBuilder::new().mode(0o700).create(&self.home).map_err(cannot())?;
        let file = self.home.join(".git-credentials");
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
        file.and_then(|mut file| file.write_all((lines.join("\n") + "\n").as_bytes()))
            .map_err(cannot())?;
        let outcome = work();
        remove_dir(&self.home)?;
        outcome
    }
}

fn remove_dir(dir: &Path) -> Result<(), Failure> {
    gone(fs::remove_dir_all(dir)).map_err(Failure::io(format!("cannot remove {}", dir.display())))
}

/// What is not there need not be removed.
fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
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
