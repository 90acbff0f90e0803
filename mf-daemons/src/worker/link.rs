//! The worker's link to the hub: what must arrive is sent until it does, and an
//! unreachable hub is reported once.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use mf_client::{Backoff, Error, Hub};
use mf_core::error::Code;
use tokio::sync::watch;

use super::halt::{Halt, Reason};

/// Why something did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// The attempt is no longer this worker's, or the worker stops and the
    /// hub is away: nobody waits for it.
    Unwanted,
    /// The hub refuses it for good: its sentence.
    Refused(String),
}

/// The worker's way to the hub.
#[derive(Debug)]
pub struct Link {
    hub: Hub,
    reach: Mutex<Reach>,
    /// The refusal that was told last.
    refusal: Mutex<String>,
    given_up: watch::Sender<bool>,
}

/// When the hub was last known to be there, and not to be.
#[derive(Debug, Default)]
struct Reach {
    /// When it last answered.
    answered: Option<Instant>,
    /// Since when it has not.
    away: Option<Instant>,
}

impl Link {
    /// A way to `hub`.
    pub fn new(hub: Hub) -> Self {
        let given_up = watch::Sender::new(false);
        Self { hub, reach: Mutex::default(), refusal: Mutex::default(), given_up }
    }

    /// The hub itself.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Calls until the hub has taken it, or the attempt that `halt` belongs to
    /// is not the worker's any more.
    ///
    /// # Errors
    /// It never arrives; a stale attempt has been halted by then.
    pub async fn deliver<T, F>(
        &self,
        halt: &Halt,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Undelivered>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let delivered = async {
            let mut backoff = Backoff::default();
            loop {
                let begun = Instant::now();
                match self.heard(begun, call().await) {
                    Ok(value) => return Ok(value),
                    Err(error) if error.is(Code::StaleAttempt) || error.is(Code::NotFound) => {
                        halt.set(Reason::Stale);
                        return Err(Undelivered::Unwanted);
                    }
                    Err(error) if passes(&error) => backoff.wait().await,
                    Err(error) => return Err(Undelivered::Refused(error.to_string())),
                }
            }
        };
        tokio::select! {
            delivered = delivered => delivered,
            () = halt.wait_stale() => Err(Undelivered::Unwanted),
            () = self.wait_given_up() => Err(Undelivered::Unwanted),
        }
    }

    /// Takes note of whether the hub answers what was asked at `begun`, and
    /// tells when that changes.
    pub fn heard<T>(&self, begun: Instant, answer: Result<T, Error>) -> Result<T, Error> {
        let mut reach = self.reach.lock().unwrap_or_else(PoisonError::into_inner);
        match &answer {
            Err(error) if passes(error) => {
                // What was asked before it last answered, and was cut off,
                // says nothing of now.
                let late = reach.answered.is_some_and(|answered| begun < answered);
                if reach.away.is_none() && !late {
                    tracing::warn!("{error}; trying again until it answers");
                    reach.away = Some(Instant::now());
                }
            }
            // Nor does an answer that was on its way when it went.
            _ if reach.away.is_some_and(|since| begun < since) => {}
            _ => {
                reach.answered = Some(Instant::now());
                if reach.away.take().is_some() {
                    tracing::info!("the hub at {} answers again", self.hub.url());
                }
            }
        }
        drop(reach);
        answer
    }

    /// As [`heard`](Self::heard), for what concerns the whole worker: the hub
    /// has no reason to refuse it, so a refusal is told too, until it changes.
    pub fn asked<T>(&self, begun: Instant, answer: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &answer
            && !passes(error)
        {
            let told = error.to_string();
            let mut last = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
            if *last != told {
                tracing::warn!("the hub refuses this worker: {told}");
                *last = told;
            }
        }
        self.heard(begun, answer)
    }

    /// The worker ends: nothing that the hub does not take now is sent again.
    pub fn give_up(&self) {
        self.given_up.send_replace(true);
    }

    async fn wait_given_up(&self) {
        // The sender is `self`, so it is not gone.
        let _ = self.given_up.subscribe().wait_for(|given_up| *given_up).await.map(|_| ());
    }
}

/// Whether the same may succeed later: the hub is away, has a full disk, or
/// is being seen to. What it understood and refused will be refused again.
fn passes(error: &Error) -> bool {
    error.retryable()
        || (!matches!(error.status(), Some(400 | 404 | 405 | 409 | 413 | 415))
            && !matches!(error, Error::Invalid(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn refused(status: u16, code: Code) -> Error {
        Error::Refused { status, code: code.name(), sentence: "no".into() }
    }

    fn link() -> Arc<Link> {
        Arc::new(Link::new(Hub::new("http://127.0.0.1:1", None).unwrap()))
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_sent_until_it_arrives() {
        let mut answers = vec![
            Ok(7),
            Err(refused(507, Code::DiskFull)),
            Err(Error::Unreachable { url: "u".into(), why: "w".into(), sent: false }),
        ];
        let call = || std::future::ready(answers.pop().unwrap());
        assert_eq!(link().deliver(&Halt::new(), call).await, Ok(7));
    }

    #[tokio::test]
    async fn a_stale_attempt_is_halted_and_a_refusal_is_final() {
        let halt = Halt::new();
        let call = || std::future::ready(Err::<(), _>(refused(409, Code::StaleAttempt)));
        assert_eq!(link().deliver(&halt, call).await, Err(Undelivered::Unwanted));
        assert_eq!(halt.reason(), Some(Reason::Stale));
        let call = || std::future::ready(Err::<(), _>(refused(400, Code::InvalidValue)));
        let told = link().deliver(&Halt::new(), call).await;
        assert_eq!(told, Err(Undelivered::Refused("no".into())));
    }

    #[tokio::test]
    async fn a_worker_that_gives_up_waits_for_nobody() {
        let link = link();
        let other = link.clone();
        let sending = tokio::spawn(async move {
            other.deliver(&Halt::new(), std::future::pending::<Result<(), Error>>).await
        });
        link.give_up();
        assert_eq!(sending.await.unwrap(), Err(Undelivered::Unwanted));
    }
}
