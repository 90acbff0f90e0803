//! Leases: how long each attempt lives without a sign of its worker.
//!
//! Deadlines are in memory and on the monotonic clock: a heartbeat writes
//! nothing, and a clock that is set does no harm. After a restart of the hub
//! every attempt has one full lease.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use mf_core::wire::Held;

/// How long a worker that hung up may take to come back. A connection that
/// broke is made anew well within it; a worker that died is not.
const HUNG_UP: Duration = Duration::from_secs(1);

/// Why an attempt's lease is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Its worker was not heard of for a whole lease.
    Lease,
    /// Its worker hung up in the middle of a heartbeat, and did not come back.
    HungUp,
}

/// When an attempt's lease is over, and why it will be.
#[derive(Debug)]
struct Deadline {
    at: Instant,
    why: Silence,
}

/// The deadlines of all attempts that are held.
#[derive(Debug)]
pub struct Leases {
    length: Duration,
    deadlines: HashMap<Held, Deadline>,
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
        let at = now + self.length;
        self.deadlines.entry(held).or_insert(Deadline { at, why: Silence::Lease });
    }

    /// Gives an attempt a full lease, if it has one at all.
    pub fn renew(&mut self, held: Held, now: Instant) {
        if let Some(deadline) = self.deadlines.get_mut(&held) {
            *deadline = Deadline { at: now + self.length, why: Silence::Lease };
        }
    }

    /// Leaves an attempt the short time that a worker has to come back.
    pub fn hang_up(&mut self, held: Held, now: Instant) {
        if let Some(deadline) = self.deadlines.get_mut(&held)
            && deadline.at > now + HUNG_UP
        {
            *deadline = Deadline { at: now + HUNG_UP, why: Silence::HungUp };
        }
    }

    /// Ends an attempt's lease.
    pub fn end(&mut self, held: Held) {
        self.deadlines.remove(&held);
    }

    /// Attempts whose lease is over, in order.
    pub fn expired(&self, now: Instant) -> Vec<(Held, Silence)> {
        let over = self.deadlines.iter().filter(|(_, deadline)| deadline.at <= now);
        let mut over: Vec<_> = over.map(|(held, deadline)| (*held, deadline.why)).collect();
        over.sort_unstable_by_key(|(held, _)| *held);
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
        assert_eq!(leases.expired(at(60)), [(one, Silence::Lease)]);
        leases.end(one);
        leases.start(two, at(80));
        assert_eq!(
            leases.expired(at(90)),
            [(two, Silence::Lease)],
            "starting again does not renew"
        );
    }

    #[test]
    fn a_worker_that_hung_up_has_a_second_to_come_back() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let one = Held { task: 1, attempt: 1 };
        let mut leases = Leases::new(Duration::from_secs(60));
        leases.hang_up(one, start);
        leases.start(one, start);
        leases.hang_up(one, at(10));
        leases.hang_up(one, at(11));
        assert_eq!(leases.expired(at(11)), [(one, Silence::HungUp)]);
        leases.renew(one, at(11));
        assert_eq!(leases.expired(at(70)), []);
        leases.hang_up(one, at(70));
        assert_eq!(leases.expired(at(71)), [(one, Silence::Lease)], "it was over anyway");
    }
}
