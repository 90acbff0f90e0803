//! Leases of errands: how long an errand stays with a hook that says nothing.
//!
//! They are in memory and on the monotonic clock, like those of tasks. A hook
//! that dies is noticed by its connection, and [`Leases::ends`] then tells
//! whether it was only the connection. A lease that runs out is noticed when
//! the next hook asks for an errand: no timer runs for it.

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

    /// Gives an errand a full lease, and tells when that ends.
    pub fn start(&self, errand: i64) -> Instant {
        let now = Instant::now();
        let end = now + self.length;
        let mut ends = self.lock();
        // One that has run out is over without its entry as well.
        ends.retain(|_, end| *end > now);
        ends.insert(errand, end);
        end
    }

    /// When an errand's lease ends, if it has one: another time than the one
    /// that [`Leases::start`] gave when it was renewed since.
    pub fn ends(&self, errand: i64) -> Option<Instant> {
        self.lock().get(&errand).copied()
    }

    /// Whether the lease of an errand that is being done has run out.
    pub fn is_over(&self, errand: i64) -> bool {
        self.ends(errand).unwrap_or(self.from + self.length) <= Instant::now()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Instant>> {
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

    #[test]
    fn a_renewed_lease_ends_at_another_time_and_old_ones_are_forgotten() {
        let leases = Leases::new(Duration::from_secs(3_600));
        let end = leases.start(1);
        assert_eq!(leases.ends(1), Some(end));
        assert_eq!(leases.ends(2), None);
        assert!(leases.start(1) > end);
        assert_ne!(leases.ends(1), Some(end));
        let short = Leases::new(Duration::ZERO);
        for errand in 0..100 {
            short.start(errand);
        }
        assert!(short.lock().len() <= 1);
    }
}
