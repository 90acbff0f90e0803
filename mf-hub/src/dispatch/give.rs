//! How tasks are handed out: to a worker that asks, to the best of those that
//! wait, and to whoever has room after a change.

use std::time::Instant;

use tokio::sync::oneshot;

use super::Offer;
use super::farm::{Entry, Farm, Station, reserved};
use super::lane::Facts;
use super::pick::{Choice, Queue, fits, serves};
use super::place::{Chosen, Place, Ticket};
use super::waiting::Waiter;

impl Farm {
    /// A worker asks for a task: it has one at once, or waits. One that is
    /// heard of, and has not named a lost attempt for a whole lease, has
    /// nothing of it any more.
    pub fn ask(
        &mut self,
        system: i64,
        nonce: &str,
        now: Instant,
    ) -> Result<Ticket, oneshot::Receiver<Offer>> {
        let since = now.checked_sub(self.leases.length());
        if let (Some(since), Some(station)) = (since, self.stations.get_mut(&system)) {
            station.load.outlive(since);
        }
        match self.next_for(system) {
            Some(facts) => Ok(self.reserve(&facts, system)),
            None => Err(self.waiting.join(system, nonce)),
        }
    }

    fn reserve(&mut self, facts: &Facts, system: i64) -> Ticket {
        let station = self.stations.get(&system);
        let oldest = station.and_then(|station| self.queue().oldest(&station.system));
        if let Some(station) = self.stations.get_mut(&system) {
            station.load.give(oldest.is_some_and(|oldest| oldest.task == facts.task));
        }
        self.take_out(facts.task, &Place::Gone);
        self.offers += 1;
        let number = self.offers;
        self.take_on(system, reserved(facts.task), facts);
        self.tasks.insert(facts.task, (facts.clone(), Entry::Reserved { system, number }));
        Ticket { task: facts.task, number }
    }

    /// Gives one ready task to the best of those who wait for such a task.
    pub(super) fn offer(&mut self, facts: &Facts) -> Option<(Waiter, Ticket)> {
        if self.paused {
            return None;
        }
        let Self { lanes, running, waiting, stations, enabled, .. } = &mut *self;
        let queue = Queue { lanes, enabled, running };
        let waiter = waiting.best(|id| {
            let Station { system, load, .. } = stations.get(&id)?;
            serves(system, enabled, &facts.class).ok()?;
            fits(system, load, &facts.package).ok()?;
            // Who waits could take nothing before, but for those who keep
            // their room for the oldest.
            if load.owes() && queue.pick(system, load) != Choice::Take(facts.clone()) {
                return None;
            }
            Some(system.capacity - load.footprint())
        })?;
        let ticket = self.reserve(facts, waiter.system);
        Some((waiter, ticket))
    }

    /// Gives a system that waits all that it can take.
    pub(super) fn settle(&mut self, system: i64, chosen: &mut Chosen) {
        while self.waiting.has(system) {
            let Some(facts) = self.next_for(system) else { return };
            let Some(waiter) = self.waiting.best(|id| (id == system).then_some(0)) else { return };
            let ticket = self.reserve(&facts, system);
            chosen.push((waiter, ticket));
        }
    }

    pub(super) fn settle_all(&mut self) -> Chosen {
        let mut chosen = Vec::new();
        for system in self.waiting.systems() {
            self.settle(system, &mut chosen);
        }
        chosen
    }

    fn next_for(&mut self, system: i64) -> Option<Facts> {
        self.keepers.remove(&system);
        if self.paused {
            return None;
        }
        let station = self.stations.get(&system)?;
        match self.queue().pick(&station.system, &station.load) {
            Choice::Take(facts) => Some(facts),
            Choice::Keep(_) => {
                self.keepers.insert(system);
                None
            }
            Choice::Nothing => None,
        }
    }

    /// All that waits, and what counts in whose turn it is.
    pub(super) fn queue(&self) -> Queue<'_> {
        Queue { lanes: &self.lanes, enabled: &self.enabled, running: &self.running }
    }

    /// Gives those who kept their room for the oldest task what they can take,
    /// now that another may be the oldest.
    pub fn release(&mut self) -> Chosen {
        let mut chosen = Vec::new();
        for system in std::mem::take(&mut self.keepers) {
            self.settle(system, &mut chosen);
        }
        chosen
    }
}
