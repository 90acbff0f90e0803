//! Tells the hub which stage an attempt has come to.

use std::sync::Arc;
use std::time::Duration;

use mf_core::task::Lease;
use mf_core::wire::Advance;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::halt::Halt;
use super::link::{Link, Undelivered};

/// Words of a handler about its progress are told this often at most.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest word about progress that is told, in characters.
const WORD_LIMIT: usize = 200;

/// The stage of one attempt. The hub is told beside the work, not in its way.
#[derive(Debug)]
pub struct Stage {
    now: watch::Sender<Now>,
    telling: JoinHandle<()>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Now {
    /// Counts stages; what a handler says of its progress is none.
    number: u64,
    advance: Advance,
}

impl Stage {
    /// No stage yet.
    pub fn new(link: Arc<Link>, lease: Lease, halt: Halt) -> Self {
        let (now, receiver) = watch::channel(Now::default());
        let telling = tokio::spawn(async move { tell(&link, &lease, &halt, receiver).await });
        Self { now, telling }
    }

    /// The attempt comes to a new stage.
    pub fn enter(&self, stage: &str) {
        self.now.send_modify(|now| {
            now.number += 1;
            stage.clone_into(&mut now.advance.stage);
        });
    }

    /// The revision of the source is known.
    pub fn revision(&self, revision: &str) {
        self.now.send_modify(|now| {
            now.number += 1;
            revision.clone_into(&mut now.advance.revision);
        });
    }

    /// What hears the words of a handler about its progress.
    pub fn words(&self) -> impl FnMut(&str) + Send + 'static {
        let now = self.now.clone();
        move |words| {
            let stage: String =
                words.chars().filter(|c| !c.is_control()).take(WORD_LIMIT).collect();
            now.send_if_modified(|now| {
                let news = now.advance.stage != stage && !stage.is_empty();
                if news {
                    now.advance.stage = stage;
                }
                news
            });
        }
    }

    /// No more stages: returns when the hub knows the last, and what has not
    /// been told of a handler's words is left out.
    pub async fn end(self) {
        drop(self.now);
        // It ends with the sender; a panic in it has told less, no more.
        let _ = self.telling.await;
    }
}

async fn tell(link: &Link, lease: &Lease, halt: &Halt, mut now: watch::Receiver<Now>) {
    let mut told = (Now::default(), Instant::now());
    while now.changed().await.is_ok() {
        let mut next = now.borrow_and_update().clone();
        if next.number == told.0.number {
            // Only words: they wait, unless a stage comes first.
            let stage = now.wait_for(|later| later.number > next.number);
            let stage = tokio::time::timeout_at(told.1 + PAUSE, stage).await;
            if matches!(stage, Ok(Err(_))) {
                return;
            }
            drop(stage);
            next = now.borrow_and_update().clone();
        }
        let call = || {
            link.hub().post::<serde_json::Value>(
                "/task/advance.json",
                &next.advance,
                Some(lease),
                "",
            )
        };
        // A hub that refuses a stage refuses what follows too, and says why.
        if link.deliver(halt, call).await == Err(Undelivered::Unwanted) {
            return;
        }
        told = (next, Instant::now());
    }
}
