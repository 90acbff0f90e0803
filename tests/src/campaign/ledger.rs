//! What was asked of a farm, and what it acknowledged.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use mf_core::task::State;
use mf_core::wire::Event;
use tokio::sync::watch;

use super::listen::ended;
use super::load::task_of;

/// What became of something that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// No answer: it may have been done, once, or not.
    Unanswered,
    /// It was done, and has this label.
    Acknowledged(String),
}

/// The ledger of one case.
#[derive(Default)]
pub struct Ledger {
    book: Mutex<Book>,
    steps: watch::Sender<u64>,
}

/// What is in a ledger.
#[derive(Default)]
pub struct Book {
    /// Builds, by what their notes say.
    pub builds: BTreeMap<String, Asked>,
    /// Tags, by label.
    pub tags: BTreeMap<String, Asked>,
    /// Builds that were to be cancelled, and whether the hub said that they are.
    pub cancelled: BTreeMap<String, bool>,
    /// What was read of logs, by task and attempt.
    pub logs: BTreeMap<(String, i64), Vec<u8>>,
    /// Everything that was heard of, in order.
    pub events: Vec<Event>,
    /// When it was heard that a task has a worker.
    pub claims: Vec<Instant>,
    /// How many go on asking and following, beside the builds at the gate.
    pub busy: usize,
    /// Requests on their way.
    pub unanswered: usize,
    /// What went wrong with asking itself.
    pub broken: Vec<String>,
}

impl Ledger {
    /// Writes into it. Every entry is a step.
    pub fn write<T>(&self, entry: impl FnOnce(&mut Book) -> T) -> T {
        let done = entry(&mut self.read());
        self.steps.send_modify(|steps| *steps += 1);
        done
    }

    /// What is in it.
    pub fn read(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    /// How many entries there are.
    pub fn steps(&self) -> u64 {
        *self.steps.borrow()
    }

    /// Waits until there are so many entries.
    pub async fn reach(&self, steps: u64) {
        self.steps.subscribe().wait_for(|now| *now >= steps).await.unwrap();
    }

    /// Waits until it is as wanted.
    pub async fn until(&self, mut wanted: impl FnMut(&Book) -> bool) {
        let mut steps = self.steps.subscribe();
        while !wanted(&self.read()) {
            steps.changed().await.unwrap();
        }
    }
}

impl Book {
    /// Enters what was heard of just now.
    pub fn hear(&mut self, event: Event) {
        let status = event.changes.get("status_label").and_then(|status| status.as_str());
        if event.resource == "task" && status == Some(State::Building.status()) {
            self.claims.push(Instant::now());
        }
        self.events.push(event);
    }

    /// How long it took after each of these moments until somebody had a task,
    /// where somebody had before the next.
    pub fn first_claims(&self, moments: &[Instant]) -> Vec<Duration> {
        let next = |n: usize| moments.get(n + 1);
        let first = |(n, moment): (usize, &Instant)| {
            let claim = self.claims.iter().find(|claim| *claim > moment)?;
            next(n).is_none_or(|next| claim < next).then(|| *claim - *moment)
        };
        moments.iter().enumerate().filter_map(first).collect()
    }

    /// Whether a task's build was seen to write in that attempt.
    pub fn began(&self, task: &str, attempt: i64) -> bool {
        let seen = self.logs.get(&(task.to_owned(), attempt)).map_or(&[][..], Vec::as_slice);
        String::from_utf8_lossy(seen).contains("\ncampaign: ")
    }

    /// Whether a build's end was told.
    pub fn told_end(&self, build: &str) -> bool {
        self.events.iter().any(|event| {
            let status = event.changes.get("status_label").and_then(|status| status.as_str());
            event.resource == "build" && event.label == build && status.is_some_and(ended)
        })
    }

    /// Whether a build's cancelling was told; its end is told later.
    pub fn is_cancelling(&self, build: &str) -> bool {
        self.cancelled.get(build) == Some(&true)
            || self.messages(&task_of(build)).iter().any(|said| said.starts_with("cancelled by"))
    }

    /// What was said of a task, in order.
    pub fn messages(&self, task: &str) -> Vec<String> {
        let its = |event: &&Event| event.resource == "task" && event.label == task;
        let message = |event: &Event| Some(event.changes.get("message")?.as_str()?.to_owned());
        self.events.iter().filter(its).filter_map(message).filter(|m| !m.is_empty()).collect()
    }

    /// Labels of the builds that were acknowledged.
    pub fn acknowledged(&self) -> impl Iterator<Item = &str> {
        self.builds.values().filter_map(|asked| match asked {
            Asked::Acknowledged(label) => Some(label.as_str()),
            Asked::Unanswered => None,
        })
    }
}
