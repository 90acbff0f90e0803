//! Leases of errands: how long each survives without a word from the hook that
//! does it. They are in memory and on the monotonic clock, like those of tasks,
//! and are looked at when the next hook asks, so that nothing waits for them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The leases of all errands that are being done.
#[derive(Debug)]
pub struct Leases {
    length: Duration,
    /// A hub that was started again gives each errand one full lease from then.
    from: Instant,
    ends: Mutex<HashMap<i64, Instant>>,
}

impl Leases {
    /// Leases of that length; none yet.
    pub fn new(length: Duration) -> Self {
        Self { length, from: Instant::now(), ends: Mutex::default() }
    }

    /// How long a hook may be silent.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// Gives an errand a full lease.
    pub fn start(&self, errand: i64) {
        self.ends().insert(errand, Instant::now() + self.length);
    }

    /// Whether an errand that is being done has been for too long.
    pub fn is_over(&self, errand: i64) -> bool {
        let now = Instant::now();
        let mut ends = self.ends();
        let over = ends.get(&errand).map_or(self.from + self.length, |end| *end) <= now;
        // What ended in good time is not kept for ever.
        ends.retain(|id, end| *id == errand || *end > now);
        over
    }

    fn ends(&self) -> MutexGuard<'_, HashMap<i64, Instant>> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_by_silence_and_a_restart_gives_a_new_one() {
        let leases = Leases::new(Duration::from_secs(3_600));
        assert!(!leases.is_over(1), "the hub has only just started");
        leases.start(1);
        assert!(!leases.is_over(1));
        let short = Leases::new(Duration::ZERO);
        assert!(short.is_over(1), "nobody was heard of since the start");
        short.start(2);
        assert!(short.is_over(2));
    }
}
