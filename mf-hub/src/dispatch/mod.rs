//! Dispatch: which worker gets which task, and when. In memory, rebuilt at
//! every start; the rows of the database decide.
//!
//! [`pick`] has the rules, as pure functions over the `farm`. This module has
//! the lock around the farm, and hands tasks over to the workers that wait.

mod farm;
mod give;
mod lane;
mod lease;
pub mod pick;
mod place;
mod pulse;
mod sign;
mod system;
mod waiting;
mod why;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use mf_core::wire::Held;
use tokio::sync::{Notify, oneshot, watch};

pub use lane::{Class, Facts, Package};
pub use lease::{Look, Silence};
pub use pick::{Ahead, Enabled, Reason};
pub use place::{Busy, Place, Snapshot, Told};
pub use pulse::Pulse;
pub use system::System;
pub use why::{Answer, Says, Waits, Why};

use farm::Farm;
use place::{Chosen, Ticket};
use pulse::Pulses;

/// The farm in memory, shared by all who serve and write.
#[derive(Debug)]
pub struct Dispatch {
    farm: Mutex<Farm>,
    pulses: Pulses,
    /// Itself, for the offers that it gives.
    this: Weak<Dispatch>,
}

/// A task set aside for a worker, until its claim is committed. Dropped
/// before that, the task goes back to the queue and to the next who waits.
#[derive(Debug)]
pub struct Offer {
    dispatch: Weak<Dispatch>,
    ticket: Ticket,
}

/// What a worker that asks for a task gets.
#[derive(Debug)]
pub enum Asked {
    /// A task, at once.
    Now(Offer),
    /// A letter box for one.
    Wait(oneshot::Receiver<Offer>),
}

impl Offer {
    /// The task.
    pub fn task(&self) -> i64 {
        self.ticket.task
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if let Some(dispatch) = self.dispatch.upgrade() {
            let chosen = dispatch.lock().put_back(self.ticket, Instant::now());
            dispatch.deliver(chosen);
        }
    }
}

impl Dispatch {
    /// An empty farm, whose attempts live so long without a heartbeat.
    pub fn new(lease: Duration) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            farm: Mutex::new(Farm::new(lease)),
            pulses: Pulses::default(),
            this: this.clone(),
        })
    }

    /// A task's place has changed, and that is committed.
    pub fn place(&self, facts: Facts, place: Place) {
        let task = facts.task;
        self.change(|farm| farm.place(facts, place, Instant::now()));
        self.pulses.moved(task);
    }

    /// A task is no more, and that is committed.
    pub fn forget(&self, task: i64) {
        self.change(|farm| farm.forget(task, Instant::now()));
        self.pulses.moved(task);
    }

    /// Facts about tasks have changed, and that is committed.
    pub fn refresh(&self, tasks: Vec<(Facts, Place)>) {
        let ids: Vec<i64> = tasks.iter().map(|(facts, _)| facts.task).collect();
        self.change(|farm| farm.refresh(tasks, Instant::now()));
        ids.into_iter().for_each(|task| self.pulses.moved(task));
    }

    /// A system is no more, and that is committed.
    pub fn without(&self, system: i64) {
        self.lock().without(system);
    }

    /// Brings everything to what the database says.
    pub fn reload(&self, snapshot: Snapshot) {
        self.change(|farm| farm.reload(snapshot, Instant::now()));
        self.pulses.all_moved();
    }

    /// A system is new or has changed, and that is committed.
    pub fn system(&self, system: System) {
        self.change(|farm| farm.system(system));
    }

    /// These handlers are enabled now, and that is committed.
    pub fn enable(&self, enabled: Enabled) {
        self.change(|farm| farm.enable(enabled));
    }

    /// The queue is paused or not, and that is committed.
    pub fn pause(&self, paused: bool) {
        self.change(|farm| farm.pause(paused));
    }

    /// An attempt ends because its worker is silent: to be said before its
    /// task is placed anew.
    pub fn lose(&self, held: Held) {
        self.lock().lose(held, Instant::now());
    }

    /// A worker asks for a task.
    pub fn ask(&self, system: i64, nonce: &str) -> Asked {
        let mut farm = self.lock();
        let asked = farm.ask(system, nonce, Instant::now());
        let chosen = farm.release();
        drop(farm);
        self.deliver(chosen);
        match asked {
            Ok(ticket) => Asked::Now(self.offer(ticket)),
            Err(receiver) => Asked::Wait(receiver),
        }
    }

    /// A worker names the attempts that it holds: they live on, and those
    /// that it must stop come back.
    pub fn heartbeat(&self, system: i64, named: &[Held]) -> Told {
        let (told, chosen) = self.lock().heartbeat(system, named, Instant::now());
        self.deliver(chosen);
        told
    }

    /// An attempt's worker was heard of.
    pub fn renew(&self, held: Held) {
        self.lock().leases().renew(held, Instant::now());
    }

    /// A worker begins a heartbeat: gives its number, and what is notified
    /// when there is something to stop.
    pub fn beat(&self, system: i64) -> (u64, Arc<Notify>) {
        self.lock().beat(system)
    }

    /// A worker hung up in the middle of the heartbeat of that number.
    pub fn hang_up(&self, system: i64, beat: u64) {
        self.lock().hang_up(system, beat, Instant::now());
    }

    /// How long an attempt lives without a heartbeat.
    pub fn lease(&self) -> Duration {
        self.lock().leases().length()
    }

    /// Looks which attempts' leases are over.
    pub fn look(&self) -> Look {
        self.lock().leases().look(Instant::now())
    }

    /// Whether an attempt's lease is over now.
    pub fn is_over(&self, held: Held) -> bool {
        self.lock().leases().is_over(held, Instant::now())
    }

    /// Rings when leases are to be looked at earlier than was planned.
    pub fn lease_bell(&self) -> Arc<Notify> {
        self.lock().leases().bell()
    }

    /// Why a task is where it is.
    pub fn why(&self, task: i64) -> Why {
        self.lock().why(task)
    }

    /// What would become of tasks that are not there, behind all that wait.
    pub fn plan(&self, tasks: Vec<Facts>) -> Vec<Why> {
        self.lock().plan(tasks)
    }

    /// What each system is doing.
    pub fn loads(&self) -> BTreeMap<i64, Busy> {
        self.lock().loads()
    }

    /// Whether it is time to write down when a system was last seen.
    pub fn is_due(&self, system: i64, every: Duration) -> bool {
        self.lock().is_due(system, every, Instant::now())
    }

    /// Watches one task: whether it moved, and whether its logs grew.
    pub fn watch(&self, task: i64) -> watch::Receiver<Pulse> {
        self.pulses.watch(task)
    }

    /// A log of a task has grown.
    pub fn grew(&self, task: i64) {
        self.pulses.grew(task);
    }

    fn change(&self, change: impl FnOnce(&mut Farm) -> Chosen) {
        let mut farm = self.lock();
        let mut chosen = change(&mut farm);
        chosen.extend(farm.release());
        drop(farm);
        self.deliver(chosen);
    }

    /// Hands offers over. Never under the lock: an offer that nobody takes
    /// is dropped here, and goes back to the queue.
    fn deliver(&self, chosen: Chosen) {
        for (waiter, ticket) in chosen {
            waiter.give(self.offer(ticket));
        }
    }

    fn offer(&self, ticket: Ticket) -> Offer {
        Offer { dispatch: self.this.clone(), ticket }
    }

    fn lock(&self) -> MutexGuard<'_, Farm> {
        // Only a bug can poison the lock, and what it guards is a hint: better
        // a wrong hint than no farm.
        self.farm.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
