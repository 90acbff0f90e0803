//! Leases: how long each attempt lives without a sign of its worker.
//!
//! Deadlines are in memory and on the monotonic clock: a heartbeat writes
//! nothing, and a clock that is set does no harm. After a restart of the hub
//! every attempt has one full lease.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use mf_core::wire::Held;

/// The deadlines of all attempts that are held.
#[derive(Debug)]
pub struct Leases {
    length: Duration,
    deadlines: HashMap<Held, Instant>,
}

impl Leases {
    /// Leases of that length; none yet.
    pub fn new(length: Duration) -> Self {
        Self { length, deadlines: HashMap::new() }
    }

    /// How long an attempt lives without a heartbeat.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// Starts an attempt's lease, or leaves the one that it has.
    pub fn start(&mut self, held: Held, now: Instant) {
        self.deadlines.entry(held).or_insert(now + self.length);
    }

    /// Gives an attempt a full lease, if it has one at all.
    pub fn renew(&mut self, held: Held, now: Instant) {
        if let Some(deadline) = self.deadlines.get_mut(&held) {
            *deadline = now + self.length;
        }
    }

    /// Ends an attempt's lease.
    pub fn end(&mut self, held: Held) {
        self.deadlines.remove(&held);
    }

    /// Attempts whose lease is over, in order.
    pub fn expired(&self, now: Instant) -> Vec<Held> {
        let mut over: Vec<Held> = self
            .deadlines
            .iter()
            .filter(|(_, deadline)| **deadline <= now)
            .map(|(held, _)| *held)
            .collect();
        over.sort_unstable();
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_when_it_is_not_renewed() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let (one, two) = (Held { task: 1, attempt: 1 }, Held { task: 2, attempt: 1 });
        let mut leases = Leases::new(Duration::from_secs(60));
        leases.start(one, start);
        leases.start(two, start);
        leases.renew(two, at(30));
        leases.renew(Held { task: 3, attempt: 1 }, at(30));
        assert_eq!(leases.expired(at(59)), []);
        assert_eq!(leases.expired(at(60)), [one]);
        leases.end(one);
        leases.start(two, at(80));
        assert_eq!(leases.expired(at(90)), [two], "starting again does not renew");
    }
}
