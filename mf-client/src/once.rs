//! Requests that change something, sent again until it is known whether they
//! were done.

use std::time::{Duration, Instant};

use reqwest::header::HeaderName;

use crate::{Backoff, Error};

/// The header that names a request: the hub does it once for each name.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How long an answer that was lost is asked for: a hub that is started again
/// is back by then.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest wait between two tries, for somebody sits there and waits.
const WAIT: Duration = Duration::from_secs(1);

/// A request that is done once, however often it is sent.
pub(crate) struct Once {
    key: String,
    began: Instant,
    backoff: Option<Backoff>,
}

impl Once {
    /// A request with a key of its own.
    pub fn new() -> Self {
        let key = format!("{:032x}", rand::random::<u128>());
        Self { key, began: Instant::now(), backoff: None }
    }

    /// What stands in its header.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The answer, if it is one; `None` after a while, when the request should
    /// be sent again. A hub that was never reached is told of at once.
    pub async fn settled<T>(&mut self, answer: Result<T, Error>) -> Option<Result<T, Error>> {
        match &answer {
            Err(Error::Unreachable { sent: false, .. }) if self.backoff.is_none() => Some(answer),
            Err(error) if error.retryable() && self.began.elapsed() < PATIENCE => {
                if self.backoff.is_none() {
                    tracing::warn!("{error}; asking again until it is known whether it was done");
                }
                self.backoff.get_or_insert_default().wait_at_most(WAIT).await;
                None
            }
            _ => Some(answer),
        }
    }
}
