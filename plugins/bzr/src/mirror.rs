//! The mirror of one branch: a branch without a tree that stays on this host.
//!
//! All that is here happens under the mirror's lock. Names are made revisions
//! by the server; of the mirror only revisions are wanted.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use monkeyfarm_plugin_api::Context;
use monkeyfarm_plugin_api::command::{Command, Ended, Stream};
use monkeyfarm_vcs_kit::cache::remove_dir;
use monkeyfarm_vcs_kit::terms::NoOptions;
use monkeyfarm_vcs_kit::{Place, Suspicion, Terms, Trouble, Url};

use crate::program::Brz;

/// A server that says nothing for so long will not say anything more. The
/// program tells its progress all the while.
const SILENCE: Duration = Duration::from_secs(600);

/// Progress is told many times a second, each a message to the hub.
const TELL_AGAIN: Duration = Duration::from_secs(1);

/// The mirror of one branch.
pub(crate) struct Mirror<'a> {
    pub(crate) url: &'a Url,
    pub(crate) place: Place,
    terms: &'a Terms<NoOptions>,
    dir: PathBuf,
}

impl<'a> Mirror<'a> {
    /// The mirror of `url`, whether there is one yet or not.
    pub(crate) fn new(url: &'a Url, terms: &'a Terms<NoOptions>) -> Self {
        let place = terms.cache.place(&url.for_program());
        Self { url, terms, dir: place.dir(), place }
    }

    /// Sees to it that the mirror is sound or gone.
    pub(crate) fn prepare(&self, cx: &Context) -> Result<(), Trouble> {
        if let Some(suspicion) = self.place.suspicion()? {
            let sound = suspicion == Suspicion::Check && self.mend(cx)?;
            if !sound && self.dir.exists() {
                cx.log(format!("the mirror of {} is damaged: making it again", self.url));
                self.place.remove()?;
            }
            self.place.unmark()?;
        }
        Ok(())
    }

    /// Takes away what a killed brz left, and says whether the rest is sound.
    fn mend(&self, cx: &Context) -> Result<bool, Trouble> {
        if !self.dir.exists() {
            return Ok(true);
        }
        cx.progress("checking the mirror");
        let brz = Brz::new(self.url, self.terms, cx)?;
        // Whoever held its locks is gone: the mirror's own lock is ours.
        let unlock = brz.call(&self.dir)?.args(["break-lock", "--force", "--"]).arg(&self.dir);
        let check = brz.call(&self.dir)?.args(["check", "--branch", "--repo", "--"]).arg(&self.dir);
        Ok(unlock.output(cx, 1 << 20)?.ended.success()
            && check.output(cx, 1 << 20)?.ended.success())
    }

    /// Fetches `revision`, unless the mirror has it.
    pub(crate) fn update(&self, revision: &str, cx: &Context) -> Result<(), Trouble> {
        let brz = Brz::new(self.url, self.terms, cx)?;
        let path = self.dir.to_string_lossy().into_owned();
        if self.dir.exists() {
            let words = ["monkeyfarm-resolve", "--", &path, "revid", revision];
            // It is on this host: what fails is the mirror.
            let answer = brz
                .ask(&self.dir, &words, cx)
                .map_err(|trouble| Trouble { suspicion: Some(Suspicion::Remake), ..trouble })?;
            if answer.first().is_some_and(|word| word == "here") {
                return Ok(());
            }
        }
        cx.progress(format!("fetching {}", self.url));
        let spec = format!("revid:{revision}");
        if self.dir.exists() {
            self.place.mark(Suspicion::Check)?;
            let pull = brz.call(&self.dir)?.args(["pull", "--overwrite", "-r", &spec, "-d"]);
            self.fetch(pull.arg(&self.dir).arg("--").arg(self.url.for_program()), &brz, cx)?;
            self.place.unmark()?;
        } else {
            let new = self.place.new_dir();
            remove_dir(&new)?;
            let words = ["branch", "--no-tree", "--standalone", "-r", &spec, "--"];
            let branch = brz.call(&new)?.args(words);
            self.fetch(branch.arg(self.url.for_program()).arg(&new), &brz, cx)?;
            // Under its own name only when it is whole.
            self.place.adopt()?;
        }
        Ok(self.place.note_size()?)
    }

    fn fetch(&self, fetch: Command, brz: &Brz<'_, NoOptions>, cx: &Context) -> Result<(), Trouble> {
        let (mut complaints, mut told) = (String::new(), Instant::now());
        let ended = fetch.silence(SILENCE).lines(cx, |stream, line| {
            let line = line.trim();
            // What is on its way; "Branched 3 revisions." and the like stay.
            if stream == Stream::Stderr && line.contains("kB") {
                if told.elapsed() >= TELL_AGAIN {
                    told = Instant::now();
                    cx.progress(format!("fetching {}: {line}", self.url));
                }
            } else if !line.is_empty() && complaints.len() < 64 * 1024 {
                complaints.push_str(line);
                complaints.push('\n');
            }
        })?;
        if let Ended::Exit(code) = ended
            && code != 0
        {
            complaints.lines().filter(|line| line.contains("ERROR")).for_each(|line| cx.log(line));
        }
        brz.unless_ended_well(ended, &complaints, &self.dir, "fetch")
    }

    /// Writes the tree of `revision` into the empty directory `dir`.
    pub(crate) fn export(
        &self,
        dir: &std::path::Path,
        revision: &str,
        cx: &Context,
    ) -> Result<(), Trouble> {
        cx.progress(format!("checking out {revision}"));
        let brz = Brz::new(self.url, self.terms, cx)?;
        let spec = format!("revid:{revision}");
        let export = brz.call(&self.dir)?.args(["export", "--format=dir", "-r", &spec, "--"]);
        let export = export.arg(dir).arg(&self.dir);
        let said = export.output(cx, 1 << 20)?;
        brz.unless_ended_well(said.ended, &said.error_text(), &self.dir, "check out")
            // All of it is here: what fails is the mirror, unless it is the disk.
            .map_err(|trouble| trouble.harden(Suspicion::Remake))
    }

    /// Asks the mirror what has changed.
    pub(crate) fn changes(&self, words: &[&str], cx: &Context) -> Result<Vec<String>, Trouble> {
        let path = self.dir.to_string_lossy().into_owned();
        let brz = Brz::new(self.url, self.terms, cx)?;
        let all: Vec<_> =
            ["monkeyfarm-changes", "--", &path].into_iter().chain(words.iter().copied()).collect();
        brz.ask(&self.dir, &all, cx)
    }
}
