//! Leases: how long each attempt survives without a sign of life from its
//! worker.
//!
//! Deadlines are in memory and on the monotonic clock: a heartbeat writes
//! nothing, and setting the clock does no harm. After a restart of the hub every
//! attempt has one full lease. A lease only counts as over when the hub itself
//! has been running for a while since: a worker does not lose its attempt
//! because a hub that was suspended, by its host or by a signal, has not yet
//! read what the worker sent.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_core::task::COME_BACK;
use mf_core::wire::Held;
use tokio::sync::Notify;

/// How long the hub must have been running before the end of a lease counts:
/// long enough to read what all workers have sent.
const WATCH: Duration = Duration::from_secs(1);
/// A look that comes this much later than planned means that the hub was suspended.
const LATE: Duration = Duration::from_millis(500);

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
    /// Since when the hub, running without a break, has seen the end approach.
    seen: Option<Instant>,
}

impl Deadline {
    fn new(at: Instant, why: Silence) -> Self {
        Self { at, why, seen: None }
    }

    fn is_over(&self, now: Instant) -> bool {
        self.at <= now && self.seen.is_some_and(|seen| seen + WATCH <= now)
    }

    /// When it must be looked at next.
    fn next(&self) -> Instant {
        match self.seen {
            Some(seen) => self.at.max(seen + WATCH),
            None => self.at.checked_sub(WATCH).unwrap_or(self.at),
        }
    }
}

/// What a look at the leases gives.
#[derive(Debug, PartialEq, Eq)]
pub struct Look {
    /// Attempts whose lease is over, in order.
    pub over: Vec<(Held, Silence)>,
    /// When to look next, unless the bell rings before.
    pub next: Option<Instant>,
}

/// The deadlines of all attempts that are held.
#[derive(Debug)]
pub struct Leases {
    length: Duration,
    deadlines: HashMap<Held, Deadline>,
    /// When the next look is planned.
    planned: Option<Instant>,
    bell: Arc<Notify>,
}

impl Leases {
    /// Leases of that length; none yet.
    pub fn new(length: Duration) -> Self {
        Self { length, deadlines: HashMap::new(), planned: None, bell: Arc::default() }
    }

    /// How long an attempt lives without a heartbeat.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// Rings when a look is needed earlier than the last one planned.
    pub fn bell(&self) -> Arc<Notify> {
        self.bell.clone()
    }

    /// Starts an attempt's lease, or leaves the one that it has.
    pub fn start(&mut self, held: Held, now: Instant) {
        let new = Deadline::new(now + self.length, Silence::Lease);
        let next = self.deadlines.entry(held).or_insert(new).next();
        self.plan(next);
    }

    /// Gives an attempt a full lease, if it has one at all.
    pub fn renew(&mut self, held: Held, now: Instant) {
        if let Some(deadline) = self.deadlines.get_mut(&held) {
            *deadline = Deadline::new(now + self.length, Silence::Lease);
        }
    }

    /// Leaves an attempt the short time that a worker has to come back. A
    /// connection that broke is made anew well within it; a worker that died
    /// is not.
    pub fn hang_up(&mut self, held: Held, now: Instant) {
        if let Some(deadline) = self.deadlines.get_mut(&held)
            && deadline.at > now + COME_BACK
        {
            *deadline = Deadline::new(now + COME_BACK, Silence::HungUp);
            let next = deadline.next();
            self.plan(next);
        }
    }

    /// Ends an attempt's lease.
    pub fn end(&mut self, held: Held) {
        self.deadlines.remove(&held);
    }

    /// Looks which leases are over.
    pub fn look(&mut self, now: Instant) -> Look {
        let late = self.planned.is_some_and(|planned| planned + LATE < now);
        for deadline in self.deadlines.values_mut() {
            let near = deadline.at.checked_sub(WATCH).is_none_or(|near| near <= now);
            match deadline.seen {
                None if near => deadline.seen = Some(now),
                // Nobody was heard meanwhile.
                Some(_) if late => deadline.seen = Some(now),
                _ => {}
            }
        }
        let over = self.deadlines.iter().filter(|(_, deadline)| deadline.is_over(now));
        let mut over: Vec<_> = over.map(|(held, deadline)| (*held, deadline.why)).collect();
        over.sort_unstable_by_key(|(held, _)| *held);
        let waiting = self.deadlines.values().filter(|deadline| !deadline.is_over(now));
        self.planned = waiting.map(Deadline::next).min();
        Look { over, next: self.planned }
    }

    /// Whether an attempt's lease is over; it may have been renewed since the
    /// look that said so.
    pub fn is_over(&self, held: Held, now: Instant) -> bool {
        self.deadlines.get(&held).is_some_and(|deadline| deadline.is_over(now))
    }

    fn plan(&mut self, next: Instant) {
        if self.planned.is_none_or(|planned| next < planned) {
            self.planned = Some(next);
            self.bell.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Held = Held { task: 1, attempt: 1 };
    const TWO: Held = Held { task: 2, attempt: 1 };

    fn over(leases: &mut Leases, now: Instant) -> Vec<(Held, Silence)> {
        leases.look(now).over
    }

    #[test]
    fn a_lease_ends_when_it_is_not_renewed() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut leases = Leases::new(Duration::from_secs(60));
        leases.start(ONE, start);
        leases.start(TWO, start);
        leases.renew(TWO, at(30));
        leases.renew(Held { task: 3, attempt: 1 }, at(30));
        assert_eq!(leases.look(at(30)), Look { over: vec![], next: Some(at(59)) });
        assert_eq!(leases.look(at(59)), Look { over: vec![], next: Some(at(60)) });
        let look = Look { over: vec![(ONE, Silence::Lease)], next: Some(at(89)) };
        assert_eq!(leases.look(at(60)), look);
        assert!(leases.is_over(ONE, at(60)) && !leases.is_over(TWO, at(60)));
        leases.end(ONE);
        leases.start(TWO, at(80));
        assert_eq!(over(&mut leases, at(89)), []);
        assert_eq!(over(&mut leases, at(90)), [(TWO, Silence::Lease)], "nothing renewed it");
        leases.end(TWO);
        assert_eq!(leases.look(at(91)), Look { over: vec![], next: None });
    }

    #[test]
    fn a_worker_that_hung_up_has_a_second_to_come_back() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut leases = Leases::new(Duration::from_secs(60));
        leases.hang_up(ONE, start);
        leases.start(ONE, start);
        assert_eq!(over(&mut leases, start), []);
        leases.hang_up(ONE, at(10));
        assert_eq!(leases.look(at(10)), Look { over: vec![], next: Some(at(11)) });
        leases.hang_up(ONE, at(11));
        assert_eq!(over(&mut leases, at(11)), [(ONE, Silence::HungUp)]);
        leases.renew(ONE, at(11));
        assert_eq!(over(&mut leases, at(69)), []);
        assert_eq!(over(&mut leases, at(70)), []);
        leases.hang_up(ONE, at(70));
        assert_eq!(over(&mut leases, at(71)), [(ONE, Silence::Lease)], "it was over anyway");
    }

    #[test]
    fn a_hub_that_was_stopped_first_hears_those_who_waited_for_it() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut leases = Leases::new(Duration::from_secs(60));
        leases.start(ONE, start);
        assert_eq!(leases.look(start).next, Some(at(59)));
        // Stopped for hours: whatever its workers said is heard only now.
        assert_eq!(leases.look(at(9000)), Look { over: vec![], next: Some(at(9001)) });
        // Stopped again, in the very second that it gave them.
        assert_eq!(leases.look(at(9100)), Look { over: vec![], next: Some(at(9101)) });
        leases.hang_up(ONE, at(9100));
        leases.renew(ONE, at(9100));
        assert_eq!(over(&mut leases, at(9101)), []);
        leases.hang_up(ONE, at(9101));
        assert_eq!(over(&mut leases, at(9101)), []);
        assert_eq!(over(&mut leases, at(9200)), [], "it may have come back long ago");
        assert_eq!(over(&mut leases, at(9201)), [(ONE, Silence::HungUp)]);
    }

    #[tokio::test]
    async fn the_bell_rings_for_what_comes_earlier() {
        let now = Instant::now();
        let mut leases = Leases::new(Duration::from_secs(60));
        let bell = leases.bell();
        leases.start(ONE, now);
        bell.notified().await;
        leases.start(TWO, now + Duration::from_secs(1));
        leases.hang_up(TWO, now);
        bell.notified().await;
        assert_eq!(leases.planned, Some(now));
    }
}
