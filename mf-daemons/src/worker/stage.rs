//! Tells the hub which stage an attempt has come to.

use std::sync::Arc;
use std::time::Duration;

use mf_core::task::Lease;
use mf_core::time::since_boot;
use mf_core::wire::{Advance, Advanced};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::halt::Halt;
use super::link::{Link, Undelivered};
use crate::plugin::mask::Secrets;

/// The shortest time between two reports of a handler's progress.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest report of a handler's progress, in characters.
const WORD_LIMIT: usize = 200;

/// The stage of one attempt. Reporting it does not hold up the work.
#[derive(Debug)]
pub struct Stage {
    now: watch::Sender<Now>,
    told: watch::Receiver<Told>,
    telling: JoinHandle<()>,
}

/// What the hub has been told.
#[derive(Clone, Debug, Default)]
struct Told {
    /// Up to which stage.
    number: u64,
    /// When it was asked to take that, since this host was started; `None`
    /// when it did not.
    taken: Option<Taken>,
}

/// A stage that the hub took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Taken {
    /// When it was asked to, since this host was started.
    asked: Duration,
    /// The revision that the build is of, as the hub knows it by then.
    revision: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Now {
    /// Counts stages; what a handler says of its progress is none.
    number: u64,
    advance: Advance,
}

impl Stage {
    /// The stage `first`, which the hub knows; empty for none yet.
    pub fn new(link: Arc<Link>, lease: Lease, halt: Halt, first: &str) -> Self {
        let first = Advance { stage: first.to_owned(), ..Advance::default() };
        let (now, receiver) = watch::channel(Now { number: 0, advance: first });
        let (sender, told) = watch::channel(Told::default());
        let telling = tokio::spawn(async move {
            tell(receiver, sender, |advance| post(&link, &lease, &halt, advance)).await;
        });
        Self { now, told, telling }
    }

    /// The attempt comes to a new stage.
    pub fn enter(&self, stage: &str) {
        self.now.send_if_modified(|now| {
            // The one that it has begun with is known.
            let news = now.number > 0 || now.advance.stage != stage;
            if news {
                now.number += 1;
                stage.clone_into(&mut now.advance.stage);
            }
            news
        });
    }

    /// Tells the hub of the present stage once more.
    pub fn again(&self) {
        self.now.send_modify(|now| now.number += 1);
    }

    /// Waits until the hub has taken the present stage; gives when it was
    /// asked to, since this host was started. `None`: it never takes it.
    pub async fn confirmed(&self) -> Option<Duration> {
        self.taken().await.map(|taken| taken.asked)
    }

    async fn taken(&self) -> Option<Taken> {
        self.now.send_if_modified(|now| {
            // The one that it has begun with was not told by this worker.
            let untold = now.number == 0;
            now.number += u64::from(untold);
            untold
        });
        let number = self.now.borrow().number;
        let mut told = self.told.clone();
        let told = told.wait_for(|told| told.number >= number).await;
        told.ok().and_then(|told| told.taken.clone())
    }

    /// The revision of the source is known.
    pub fn revision(&self, revision: &str) {
        self.now.send_modify(|now| {
            now.number += 1;
            revision.clone_into(&mut now.advance.revision);
        });
    }

    /// The revision that the whole build is of, once the hub has heard of this
    /// attempt's and said so. `None`: it never will.
    pub async fn agreed(&self) -> Option<String> {
        self.taken().await.map(|taken| taken.revision)
    }

    /// What hears how the call of a handler is kept from the rest of the host;
    /// told with the next news, as the handler's words are, and at the end.
    pub fn isolation(&self, handler: &str) -> impl FnMut(&str) + Send + 'static {
        let (now, handler) = (self.now.clone(), handler.to_owned());
        move |how| {
            now.send_if_modified(|now| {
                let told = &mut now.advance.isolation;
                let line = format!("{handler}: {how}");
                let news = !told.lines().any(|known| known == line);
                if news {
                    let gap = if told.is_empty() { "" } else { "\n" };
                    *told = format!("{told}{gap}{line}");
                }
                news
            });
        }
    }

    /// How all calls so far were kept from the rest of the host.
    pub fn isolated(&self) -> String {
        self.now.borrow().advance.isolation.clone()
    }

    /// What hears the words of a handler about its progress, and tells them
    /// without secrets.
    pub fn words(&self, secrets: Arc<Secrets>) -> impl FnMut(&str) + Send + 'static {
        let now = self.now.clone();
        move |words| {
            let stage: String = secrets
                .masked(words)
                .chars()
                .filter(|c| !c.is_control())
                .take(WORD_LIMIT)
                .collect();
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

/// Posts what is new, until `post` says that nobody wants to hear more; that
/// gives when the hub was asked, if it took it.
async fn tell<F>(
    mut now: watch::Receiver<Now>,
    so_far: watch::Sender<Told>,
    mut post: impl FnMut(Advance) -> F,
) where
    F: Future<Output = Result<Option<Taken>, ()>>,
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
        let Ok(taken) = post(next.advance).await else { return };
        (told, at) = (next.number, Instant::now());
        so_far.send_replace(Told { number: told, taken });
    }
}

async fn post(
    link: &Link,
    lease: &Lease,
    halt: &Halt,
    advance: Advance,
) -> Result<Option<Taken>, ()> {
    let path = "/task/advance.json";
    let call = || async {
        let asked = since_boot();
        let taken = link.hub().post::<Advanced>(path, &advance, Some(lease), "").await;
        taken.map(|Advanced { revision }| Taken { asked, revision })
    };
    match link.deliver(halt, call).await {
        Ok(taken) => Ok(Some(taken)),
        // A hub that refuses one stage may well take the next.
        Err(Undelivered::Refused(_)) => Ok(None),
        Err(Undelivered::Unwanted) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    fn taken() -> Taken {
        Taken { asked: Duration::from_secs(7), revision: "r1".into() }
    }

    #[tokio::test]
    async fn the_first_stage_is_told_only_to_know_that_the_hub_takes_it() {
        let first = Advance { stage: "build".into(), ..Advance::default() };
        let (now, receiver) = watch::channel(Now { number: 0, advance: first });
        let (so_far, confirmed) = watch::channel(Told::default());
        let (sender, mut told) = mpsc::unbounded_channel();
        let telling = tokio::spawn(tell(receiver, so_far, move |advance| {
            let sent = sender.send(advance.stage);
            std::future::ready(sent.map(|()| Some(taken())).map_err(drop))
        }));
        let stage = Stage { now, told: confirmed, telling };
        stage.enter("build");
        assert_eq!(stage.now.borrow().number, 0, "nothing is to be told");
        assert_eq!(stage.confirmed().await, Some(Duration::from_secs(7)));
        assert_eq!(told.recv().await.unwrap(), "build");
        stage.enter("upload");
        assert_eq!(told.recv().await.unwrap(), "upload");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stage_is_told_at_once_and_words_once_a_second() {
        let (now, receiver) = watch::channel(Now::default());
        let (sender, mut told) = mpsc::unbounded_channel();
        let (so_far, confirmed) = watch::channel(Told::default());
        let telling = tokio::spawn(tell(receiver, so_far, move |advance| {
            let sent = sender.send((advance.stage, Instant::now()));
            std::future::ready(sent.map(|()| Some(taken())).map_err(drop))
        }));
        let stage = Stage { now, told: confirmed, telling };
        let start = Instant::now();
        stage.enter("build");
        assert_eq!(stage.confirmed().await, Some(Duration::from_secs(7)));
        assert_eq!(told.recv().await.unwrap(), ("build".into(), start));

        let mut words = stage.words(Arc::new(Secrets::new([])));
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
