//! Compares what a farm shows with the ledger and with what its builds wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mf_core::resource::{Build, Tag, Task};
use mf_core::task::State;
use sha2::{Digest, Sha256};

use super::attempts;
use super::ledger::{Asked, Book, Ledger};
use super::lines::{Flaw, compare};
use super::listen::Reader;
use super::load::task_of;
use super::run::Tally;
use super::scratch::{Runs, Scratch, file_of};
use super::world::PROJECT;

/// What a fault may do to a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It goes on, and has one run.
    OneRun,
    /// As above, though an attempt may have been given up before it was heard
    /// of by its worker.
    OneBuild,
    /// It may be run again, as a new attempt, until it has succeeded.
    Reruns,
}

/// A comparison.
pub struct Check<'a> {
    reader: &'a Reader,
    scratch: &'a Scratch,
    ledger: &'a Ledger,
    /// The hub's data directory.
    data: &'a Path,
    expect: Expect,
    tally: Tally,
}

impl<'a> Check<'a> {
    /// A comparison with this ledger.
    pub fn new(
        reader: &'a Reader,
        scratch: &'a Scratch,
        ledger: &'a Ledger,
        data: &'a Path,
        expect: Expect,
    ) -> Self {
        Self { reader, scratch, ledger, data, expect, tally: Tally::default() }
    }

    /// Compares everything; `builds` and `tags` are the rows since the case
    /// began.
    pub async fn all(mut self, builds: &[Build], tags: &[Tag]) -> Tally {
        let broken = self.ledger.read().broken.clone();
        assert!(broken.is_empty(), "{broken:#?}");
        let asked = self.ledger.read().builds.clone();
        self.rows(&asked, builds.iter().map(|row| (row.notes.as_str(), row.label.as_str())));
        let asked = self.ledger.read().tags.clone();
        self.rows(&asked, tags.iter().map(|row| (row.label.as_str(), row.label.as_str())));
        for build in builds {
            self.build(build).await;
        }
        self.events(builds).await;
        self.tally
    }

    /// Rows that there are, each as what was asked for and its label.
    fn rows<'r>(
        &mut self,
        asked: &BTreeMap<String, Asked>,
        rows: impl Iterator<Item = (&'r str, &'r str)>,
    ) {
        let mut there = BTreeMap::new();
        for (name, label) in rows {
            if !asked.contains_key(name) {
                self.invented(format!("{label}, which nobody asked for"));
            }
            if there.insert(name, label).is_some() {
                self.doubled(format!("{label}, which was asked for once: {name}"));
            }
        }
        for (name, asked) in asked {
            if let Asked::Acknowledged(label) = asked {
                self.tally.acknowledged += 1;
                if there.get(name.as_str()) != Some(&label.as_str()) {
                    self.lost(format!("{label}, which was acknowledged"));
                }
            }
        }
    }

    async fn build(&mut self, build: &Build) {
        let label = task_of(&build.label);
        let hub = &self.reader.hub;
        let task = self.reader.sure(|| hub.task(&label, PROJECT)).await;
        self.attempts(&task);
        let cancelled = self.ledger.read().cancelled.get(&build.label).copied();
        if cancelled.is_some() && task.status_label == State::Cancelled.status() {
            self.tally.acknowledged += 1;
            return self.stopped(&task);
        }
        if cancelled == Some(true) {
            let status = &task.status_label;
            self.lost(format!("the end of {label}, which was cancelled: it is {status}"));
            return;
        }
        let success = State::BuildSuccess.status();
        if (build.status_label.as_str(), task.status_label.as_str()) != (success, success) {
            let (status, why) = (&task.status_label, &task.message);
            self.lost(format!("the success of {label}: it is {status}: {why}"));
            return;
        }
        let runs = self.scratch.runs(&label);
        let run = self.logs(&task, &runs).await;
        self.runs(&task, &runs, run.as_deref());
        self.files(&task, &runs, run.as_deref()).await;
    }

    /// What the database has of a task's attempts: all have ended, and none
    /// but the last by its own word.
    fn attempts(&mut self, task: &Task) {
        let rows = attempts::of(self.data, task.id);
        for (number, outcome) in rows {
            let told = format!("{}, attempt {number} of {}", task.label, task.attempt);
            match outcome.as_str() {
                "" => self.lost(format!("{told}: its end")),
                "success" | "failure" if number < task.attempt => {
                    self.invented(format!("{told}: its {outcome}, after it was given up"));
                }
                _ => {}
            }
        }
    }

    /// A cancelled build, which stood at the gate: no run of it came further.
    fn stopped(&mut self, task: &Task) {
        let runs = self.scratch.runs(&task.label);
        if !runs.ended.is_empty() {
            self.invented(format!("{}: a run that went on when it was cancelled", task.label));
        }
    }

    /// Logs of all attempts; the run that wrote the last.
    async fn logs(&mut self, task: &Task, runs: &Runs) -> Option<String> {
        let mut last = None;
        for attempt in 1..=task.attempt {
            let log = self.reader.whole_log(&task.label, attempt).await;
            let whole = attempt == task.attempt;
            let (run, lines, flaws) = compare(&log, &task.label, &runs.began, whole);
            self.tally.flaws.extend(flaws);
            if whole {
                self.tally.acknowledged += lines;
                last = run;
            }
            let key = (task.label.clone(), attempt);
            let seen = self.ledger.read().logs.get(&key).cloned().unwrap_or_default();
            if !log.starts_with(&seen) {
                let common = log.iter().zip(&seen).take_while(|(a, b)| a == b).count();
                self.lost(format!(
                    "{}, attempt {attempt}: of {} bytes that were read of its log, those from {common} on",
                    task.label,
                    seen.len()
                ));
            }
        }
        last
    }

    fn runs(&mut self, task: &Task, runs: &Runs, by: Option<&str>) {
        let (label, began) = (&task.label, runs.began.len());
        // An attempt may end before it has begun to run, but has no two runs.
        if began as i64 > task.attempt {
            self.doubled(format!("{label}: {began} runs in {} attempts", task.attempt));
        }
        let last = runs.began.last().map(String::as_str);
        if last != by {
            self.doubled(format!("{label}: a run after the one that succeeded: {runs:?}"));
        }
        if !runs.ended.iter().any(|run| Some(run.as_str()) == by) {
            self.invented(format!("{label}: the success of a run that has not ended: {runs:?}"));
        }
        let once = match self.expect {
            Expect::OneRun => (task.attempt, began) == (1, 1),
            Expect::OneBuild => began == 1,
            Expect::Reruns => true,
        };
        if !once {
            let told = format!("{label}: {began} runs in {} attempts", task.attempt);
            let why = self.ledger.read().messages(label);
            self.doubled(format!("{told}, where one would do: {why:?}"));
        }
    }

    /// The files of all attempts: each is what a run has made.
    async fn files(&mut self, task: &Task, runs: &Runs, by: Option<&str>) {
        let (label, hub) = (&task.label, &self.reader.hub);
        let files = self.reader.sure(|| hub.task_files(label, PROJECT)).await;
        let digests: BTreeMap<String, &str> =
            runs.began.iter().map(|run| (digest(&file_of(run)), run.as_str())).collect();
        let mut attempts = BTreeSet::new();
        for file in files.iter().filter(|file| file.kind == "file") {
            self.tally.acknowledged += 1;
            if !attempts.insert(file.attempt) {
                self.doubled(format!("{label}: the file of attempt {}", file.attempt));
            }
            let Some(run) = digests.get(&file.sha256) else {
                self.invented(format!("{label}: a file that no run has made: {file:?}"));
                continue;
            };
            if file.attempt == task.attempt && Some(*run) != by {
                self.invented(format!("{label}: the file of run {run}, and the log of {by:?}"));
            }
        }
        let kept = self.reader.file(label, "result").await;
        if !attempts.contains(&task.attempt) || kept != file_of(by.unwrap_or("")) {
            let told = format!("of {} bytes, {:?}", kept.len(), digests.get(&digest(&kept)));
            self.lost(format!("{label}: its file; what is there is {told}, not of run {by:?}"));
        }
    }

    /// What was heard of is what is kept, each once and in order; and each
    /// build came to its end once.
    async fn events(&mut self, builds: &[Build]) {
        for build in builds {
            if !self.ledger.read().told_end(&build.label) {
                self.lost(format!("the event that {} has ended", build.label));
            }
        }
        let heard = std::mem::take(&mut self.ledger.read().events);
        let (Some(first), Some(last)) = (heard.first(), heard.last()) else {
            return self.lost("all events".into());
        };
        self.tally.acknowledged += heard.len() as u64;
        let kept = self.reader.kept_events(first.id, last.id).await;
        let ids = |events: &[mf_core::wire::Event]| -> BTreeSet<i64> {
            events.iter().map(|event| event.id).collect()
        };
        let (heard_ids, kept_ids) = (ids(&heard), ids(&kept));
        for id in heard_ids.difference(&kept_ids) {
            self.lost(format!("event {id}, which was heard of"));
        }
        for id in kept_ids.difference(&heard_ids) {
            self.lost(format!("event {id}: it was kept, and not told"));
        }
        if heard_ids.len() < heard.len() {
            self.doubled("an event was told twice".into());
        } else if heard_ids == kept_ids && heard != kept {
            self.invented("an event was told otherwise than it is kept".into());
        }
        for build in builds {
            let ends = kept.iter().filter(|event| {
                event.resource == "task"
                    && event.label == task_of(&build.label)
                    && event.changes.get("status_label").and_then(|v| v.as_str())
                        == Some(State::BuildSuccess.status())
            });
            match ends.count() {
                0 | 1 => {}
                many => self.doubled(format!("{}: it succeeded {many} times", build.label)),
            }
        }
    }

    fn lost(&mut self, what: String) {
        self.tally.flaws.push(Flaw::Lost(what));
    }

    fn doubled(&mut self, what: String) {
        self.tally.flaws.push(Flaw::Doubled(what));
    }

    fn invented(&mut self, what: String) {
        self.tally.flaws.push(Flaw::Invented(what));
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What of all cases is still there at the end, when it had been compared
/// before: every build with its success, every tag, and no further run.
pub async fn still_there(reader: &Reader, scratch: &Scratch, kept: &Kept) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    let filter = [("project_label", PROJECT)];
    let builds: Vec<Build> = reader.sure(|| reader.hub.get_all("build", &filter)).await;
    let tags: Vec<Tag> = reader.sure(|| reader.hub.get_all("tag", &filter)).await;
    let succeeded: BTreeSet<_> = builds
        .iter()
        .filter(|build| build.status_label == State::BuildSuccess.status())
        .map(|build| build.label.as_str())
        .collect();
    let tags: BTreeSet<_> = tags.iter().map(|tag| tag.label.as_str()).collect();
    for build in kept.builds.iter().filter(|label| !succeeded.contains(label.as_str())) {
        flaws.push(Flaw::Lost(format!("{build}, which had succeeded")));
    }
    for tag in kept.tags.iter().filter(|label| !tags.contains(label.as_str())) {
        flaws.push(Flaw::Lost(format!("{tag}, which was there")));
    }
    for (task, runs) in &kept.runs {
        if scratch.runs(task) != *runs {
            flaws.push(Flaw::Doubled(format!("{task}: it was run again after its success")));
        }
    }
    flaws
}

/// What is to be there at the end of a campaign.
#[derive(Debug, Default)]
pub struct Kept {
    /// Labels of builds.
    pub builds: BTreeSet<String>,
    /// Labels of tags.
    pub tags: BTreeSet<String>,
    /// Runs, by task.
    pub runs: BTreeMap<String, Runs>,
}

impl Kept {
    /// Takes in what a case has made.
    pub fn add(&mut self, book: &Book, scratch: &Scratch) {
        for label in book.acknowledged() {
            if !book.cancelled.contains_key(label) {
                self.builds.insert(label.to_owned());
            }
            let task = task_of(label);
            self.runs.insert(task.clone(), scratch.runs(&task));
        }
        let tags = book.tags.iter().filter(|(_, asked)| **asked != Asked::Unanswered);
        self.tags.extend(tags.map(|(label, _)| label.clone()));
    }
}
