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
        let telling = tokio::spawn(async move {
            tell(receiver, |advance| post(&link, &lease, &halt, advance)).await;
        });
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

/// Posts what is new, until `post` says that nobody wants to hear more.
async fn tell<F>(mut now: watch::Receiver<Now>, mut post: impl FnMut(Advance) -> F)
where
    F: Future<Output = bool>,
{
    let (mut told, mut at) = (0, Instant::now());
    while now.changed().await.is_ok() {
        let mut next = now.borrow_and_update().clone();
        if next.number == told {
            // Only words: they wait, unless a stage comes first.
            let stage = now.wait_for(|later| later.number > told);
            if matches!(tokio::time::timeout_at(at + PAUSE, stage).await, Ok(Err(_))) {
                return;
            }
            next = now.borrow_and_update().clone();
        }
        if !post(next.advance).await {
            return;
        }
        (told, at) = (next.number, Instant::now());
    }
}

async fn post(link: &Link, lease: &Lease, halt: &Halt, advance: Advance) -> bool {
    let path = "/task/advance.json";
    let call = || link.hub().post::<serde_json::Value>(path, &advance, Some(lease), "");
    // A hub that refuses one stage may well take the next.
    link.deliver(halt, call).await != Err(Undelivered::Unwanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    #[tokio::test(start_paused = true)]
    async fn a_stage_is_told_at_once_and_words_once_a_second() {
        let (now, receiver) = watch::channel(Now::default());
        let (sender, mut told) = mpsc::unbounded_channel();
        let telling = tokio::spawn(tell(receiver, move |advance| {
            std::future::ready(sender.send((advance.stage, Instant::now())).is_ok())
        }));
        let stage = Stage { now, telling };
        let start = Instant::now();
        stage.enter("build");
        assert_eq!(told.recv().await.unwrap(), ("build".into(), start));

        let mut words = stage.words();
        words("1 of 3\u{1b}");
        words("2 of 3");
        assert_eq!(told.recv().await.unwrap(), ("2 of 3".into(), start + PAUSE));
        words("3 of 3");
        stage.enter("upload");
        assert_eq!(told.recv().await.unwrap(), ("upload".into(), start + PAUSE));

        words("these are never told");
        drop(words);
        stage.end().await;
        assert_eq!(told.recv().await, None);
    }
}
