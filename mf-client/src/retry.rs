//! Trying again, ever more slowly.

use std::time::Duration;

use crate::Error;

/// How long to wait before the next try: 0.1 s, doubling to 10 s, each a
/// little different so that a thousand clients of a restarted hub do not come
/// back in the same instant.
///
/// ```
/// let mut backoff = mf_client::Backoff::default();
/// assert!(backoff.next_wait().as_millis() <= 100);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(10);

    /// The next wait; every one is twice as long as the one before.
    pub fn next_wait(&mut self) -> Duration {
        let whole = Self::FIRST.saturating_mul(1 << self.failures.min(10)).min(Self::LONGEST);
        self.failures = self.failures.saturating_add(1);
        whole.mul_f64(rand::random_range(0.75..1.0))
    }

    /// Waits that long.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.next_wait()).await;
    }

    /// Waits that long, but no longer than `longest`: for what must be known
    /// soon after the other side is back.
    pub async fn wait_at_most(&mut self, longest: Duration) {
        tokio::time::sleep(self.next_wait().min(longest)).await;
    }

    /// Something succeeded: the next wait is the first again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

/// A hub that is away: waited for ever more slowly, and said once to
/// `tracing`, so that whoever waits knows what for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outage {
    backoff: Backoff,
    told: bool,
}

impl Outage {
    /// A call has failed and will be made again.
    pub fn failed(&mut self, error: &Error) {
        if !self.told {
            tracing::warn!("{error}; trying again until it answers");
            self.told = true;
        }
    }

    /// Waits before the next call.
    pub async fn wait(&mut self) {
        self.backoff.wait().await;
    }

    /// The hub has answered.
    pub fn over(&mut self) {
        if self.told {
            tracing::info!("the hub answers again");
        }
        *self = Self::default();
    }
}

/// Calls until an answer comes that another try would not change, telling
/// `tracing` of the first failure. Only for calls that may be made twice.
///
/// # Errors
/// What [`Error::retryable`] is not.
pub async fn retry<T>(mut call: impl AsyncFnMut() -> Result<T, Error>) -> Result<T, Error> {
    let mut outage = Outage::default();
    loop {
        match call().await {
            Err(error) if error.retryable() => {
                outage.failed(&error);
                outage.wait().await;
            }
            other => {
                outage.over();
                return other;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..40).map(|_| backoff.next_wait()).collect();
        assert!(waits[0] >= Duration::from_millis(75) && waits[0] <= Duration::from_millis(100));
        assert!(waits[4] >= Duration::from_millis(1_200), "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= Backoff::LONGEST));
        backoff.reset();
        assert!(backoff.next_wait() <= Backoff::FIRST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_has_the_limit_that_it_was_given() {
        let (mut backoff, second) = (Backoff::default(), Duration::from_secs(1));
        for _ in 0..10 {
            let begun = tokio::time::Instant::now();
            backoff.wait_at_most(second).await;
            assert!(begun.elapsed() <= second, "{backoff:?}");
        }
        assert!(backoff.next_wait() > second, "it grows all the same");
    }

    #[tokio::test]
    async fn what_another_try_would_not_change_is_told_at_once() {
        let mut calls = 0;
        let result = retry(async || {
            calls += 1;
            Err::<(), _>(Error::Invalid("no".into()))
        })
        .await;
        assert!(matches!(result, Err(Error::Invalid(_))));
        assert_eq!(calls, 1);
    }
}
