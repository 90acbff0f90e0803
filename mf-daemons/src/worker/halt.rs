//! The signal that ends the work on an attempt early, with its reason.

use tokio::sync::watch;

/// Why the work on an attempt is to end early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The worker goes away.
    HandBack,
    /// The hub says so; it waits for the word that the build has ended.
    Stopped,
    /// It cannot succeed any more: a sentence.
    Failed(String),
    /// The attempt is no longer this worker's: nobody waits for anything.
    Stale,
}

impl Reason {
    /// A stronger reason takes the place of a weaker one.
    fn strength(&self) -> u8 {
        match self {
            Reason::HandBack => 0,
            Reason::Stopped => 1,
            Reason::Failed(_) => 2,
            Reason::Stale => 3,
        }
    }
}

/// The early end of one attempt, shared by everything that works on it.
#[derive(Clone, Debug)]
pub struct Halt(watch::Sender<Option<Reason>>);

impl Halt {
    /// Nothing is to end yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Ends it. The strongest reason given is the one that counts.
    pub fn set(&self, reason: Reason) {
        self.0.send_if_modified(|now| {
            let stronger = now.as_ref().is_none_or(|now| now.strength() < reason.strength());
            if stronger {
                *now = Some(reason);
            }
            stronger
        });
    }

    /// Why it is to end, if it is.
    pub fn reason(&self) -> Option<Reason> {
        self.0.borrow().clone()
    }

    /// Waits until it is to end.
    pub async fn wait(&self) -> Reason {
        self.wait_for(|_| true).await
    }

    /// Waits until nobody waits for anything any more.
    pub async fn wait_stale(&self) {
        self.wait_for(|reason| *reason == Reason::Stale).await;
    }

    /// Waits until what is built is worth nothing any more. A worker that only
    /// goes away still delivers what it has.
    pub async fn wait_worthless(&self) -> Reason {
        self.wait_for(|reason| *reason != Reason::HandBack).await
    }

    async fn wait_for(&self, mut which: impl FnMut(&Reason) -> bool) -> Reason {
        let mut receiver = self.0.subscribe();
        let found = receiver.wait_for(|now| now.as_ref().is_some_and(&mut which)).await;
        // The sender is `self`, so it is not gone; were it, nobody would wait.
        found.ok().and_then(|reason| reason.clone()).unwrap_or(Reason::Stale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_strongest_reason_counts() {
        let halt = Halt::new();
        assert_eq!(halt.reason(), None);
        halt.set(Reason::Stopped);
        halt.set(Reason::HandBack);
        assert_eq!(halt.wait().await, Reason::Stopped);
        let other = halt.clone();
        other.set(Reason::Stale);
        halt.set(Reason::Failed("late".into()));
        halt.wait_stale().await;
        assert_eq!(halt.reason(), Some(Reason::Stale));
    }
}
