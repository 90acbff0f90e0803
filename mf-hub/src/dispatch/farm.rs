//! What dispatch holds in memory, and how it changes. A hint to the rows of
//! the database, which decide; nothing here waits or reads.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_core::wire::Held;
use tokio::sync::{Notify, oneshot};

use super::Offer;
use super::lane::{Facts, Lanes};
use super::lease::Leases;
use super::pick::{Enabled, fits, pick, serves};
use super::place::{Busy, Chosen, Place, Snapshot, Ticket, Told};
use super::system::{Load, System, step};
use super::waiting::{Waiter, Waiting};

/// Where a task is, as dispatch sees it.
#[derive(Debug)]
pub(super) enum Entry {
    Ready,
    Reserved { system: i64, number: u64 },
    Held { system: i64, attempt: i64, cancelling: bool },
}

#[derive(Debug, Default)]
pub(super) struct Station {
    pub(super) system: System,
    pub(super) load: Load,
    stop: Arc<Notify>,
    /// Number of its worker's last heartbeat.
    beats: u64,
    /// What its worker was last told to stop.
    told: Vec<Held>,
    written: Option<Instant>,
}

/// The farm's queue, systems, waiting workers and leases.
#[derive(Debug)]
pub struct Farm {
    pub(super) lanes: Lanes,
    pub(super) tasks: HashMap<i64, (Facts, Entry)>,
    pub(super) stations: BTreeMap<i64, Station>,
    pub(super) enabled: Enabled,
    /// Tasks that are being built, by project.
    pub(super) running: HashMap<i64, usize>,
    pub(super) waiting: Waiting,
    leases: Leases,
    offers: u64,
}

/// An attempt that is only reserved has no number yet.
fn reserved(task: i64) -> Held {
    Held { task, attempt: 0 }
}

impl Farm {
    /// An empty farm with leases of that length.
    pub fn new(lease: Duration) -> Self {
        Self {
            lanes: Lanes::default(),
            tasks: HashMap::new(),
            stations: BTreeMap::new(),
            enabled: Enabled::new(),
            running: HashMap::new(),
            waiting: Waiting::default(),
            leases: Leases::new(lease),
            offers: 0,
        }
    }

    /// The leases.
    pub fn leases(&mut self) -> &mut Leases {
        &mut self.leases
    }

    /// A task's place has changed: who gets work because of it.
    pub fn place(&mut self, facts: Facts, place: Place, now: Instant) -> Chosen {
        let ready = place == Place::Ready;
        let left = self.put(&facts, place, now);
        let mut chosen = Vec::new();
        if ready {
            chosen.extend(self.offer(&facts));
        }
        if let Some(system) = left {
            self.settle(system, &mut chosen);
        }
        chosen
    }

    /// A task is no more.
    pub fn forget(&mut self, task: i64, now: Instant) -> Chosen {
        let facts = self.tasks.get(&task).map(|(facts, _)| facts.clone());
        facts.map_or_else(Vec::new, |facts| self.place(facts, Place::Gone, now))
    }

    /// Brings everything to what the database says. What is reserved stays
    /// so, because its claim is under way and will say how it went.
    pub fn reload(&mut self, snapshot: Snapshot, now: Instant) -> Chosen {
        let known: HashSet<i64> = snapshot.systems.iter().map(|system| system.id).collect();
        self.stations.retain(|id, _| known.contains(id));
        for system in snapshot.systems {
            let id = system.id;
            self.stations.entry(id).or_default().system = system;
        }
        self.enabled = snapshot.enabled;
        let listed: HashSet<i64> = snapshot.tasks.iter().map(|(facts, _)| facts.task).collect();
        let gone: Vec<Facts> = self
            .tasks
            .values()
            .filter(|(facts, _)| !listed.contains(&facts.task))
            .map(|(facts, _)| facts.clone())
            .collect();
        for facts in gone {
            self.put(&facts, Place::Gone, now);
        }
        for (facts, place) in snapshot.tasks {
            let under_way =
                matches!(self.tasks.get(&facts.task), Some((_, Entry::Reserved { .. })));
            if !(under_way && place == Place::Ready) {
                self.put(&facts, place, now);
            }
        }
        self.settle_all()
    }

    /// A system is new or has changed.
    pub fn system(&mut self, system: System) -> Chosen {
        let id = system.id;
        self.stations.entry(id).or_default().system = system;
        let mut chosen = Vec::new();
        self.settle(id, &mut chosen);
        chosen
    }

    /// These handlers are enabled now, and no others.
    pub fn enable(&mut self, enabled: Enabled) -> Chosen {
        self.enabled = enabled;
        self.settle_all()
    }

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

    /// Gives a reserved task back to the queue, unless its claim has already
    /// said where it is.
    pub fn put_back(&mut self, ticket: Ticket, now: Instant) -> Chosen {
        match self.tasks.get(&ticket.task) {
            Some((facts, Entry::Reserved { number, .. })) if *number == ticket.number => {
                let facts = facts.clone();
                self.place(facts, Place::Ready, now)
            }
            _ => Vec::new(),
        }
    }

    /// A worker says what it holds: renews that, and gives what it must stop.
    /// What it has claimed since it said so is not named, and may have been
    /// cancelled all the same.
    pub fn heartbeat(&mut self, system: i64, named: &[Held], now: Instant) -> (Told, Chosen) {
        let mut stop = Vec::new();
        for held in named {
            match self.holder(*held) {
                Some((holder, cancelling)) if holder == system => {
                    self.leases.renew(*held, now);
                    if cancelling {
                        stop.push(*held);
                    }
                }
                _ => stop.push(*held),
            }
        }
        let told = stop.len();
        let load = self.stations.get(&system).map(|station| &station.load);
        let unnamed = load.into_iter().flat_map(Load::held).filter(|held| !named.contains(held));
        stop.extend(unnamed.filter(|held| self.holder(*held) == Some((system, true))));
        let mut chosen = Vec::new();
        let station = self.stations.entry(system).or_default();
        // What is not named stays news until it is: its claim may still be on
        // its way to the worker, who could not stop it yet.
        let news = stop.iter().any(|held| !station.told.contains(held));
        station.told = stop[..told].to_vec();
        if station.load.exorcise(named, now) {
            self.settle(system, &mut chosen);
        }
        (Told { stop, news }, chosen)
    }

    /// A worker begins a heartbeat: gives its number, and what is notified
    /// when there is something to stop.
    pub fn beat(&mut self, system: i64) -> (u64, Arc<Notify>) {
        let station = self.stations.entry(system).or_default();
        station.beats += 1;
        (station.beats, station.stop.clone())
    }

    /// A worker's connection broke in the middle of a heartbeat. It is back in
    /// a moment, or gone with all that it holds. One that is back already,
    /// with a later heartbeat, has only hung up an older connection.
    pub fn hang_up(&mut self, system: i64, beat: u64, now: Instant) {
        let Some(station) = self.stations.get(&system).filter(|s| s.beats == beat) else { return };
        for held in station.load.held() {
            self.leases.hang_up(held, now);
        }
    }

    /// An attempt's worker is silent: what its host may still be building
    /// keeps its place there until the worker says what it holds.
    pub fn lose(&mut self, held: Held, now: Instant) {
        if let Some((system, _)) = self.holder(held)
            && let Some(station) = self.stations.get_mut(&system)
        {
            station.load.haunt(held, now);
        }
    }

    /// What each system is doing.
    pub fn loads(&self) -> BTreeMap<i64, Busy> {
        let mut loads: BTreeMap<i64, Busy> = self
            .stations
            .iter()
            .map(|(id, station)| (*id, Busy { load: station.load.footprint(), waiting: 0 }))
            .collect();
        for system in self.waiting.systems() {
            loads.entry(system).or_default().waiting += 1;
        }
        loads
    }

    /// Whether it is time to write down when a system was last seen.
    pub fn is_due(&mut self, system: i64, every: Duration, now: Instant) -> bool {
        let written = &mut self.stations.entry(system).or_default().written;
        let due = written.is_none_or(|at| now.duration_since(at) >= every);
        if due {
            *written = Some(now);
        }
        due
    }

    /// Who holds an attempt, and whether it is to be stopped.
    fn holder(&self, held: Held) -> Option<(i64, bool)> {
        match self.tasks.get(&held.task)?.1 {
            Entry::Held { system, attempt, cancelling } if attempt == held.attempt => {
                Some((system, cancelling))
            }
            _ => None,
        }
    }

    /// Moves a task in memory; gives the system that has more room by it.
    fn put(&mut self, facts: &Facts, place: Place, now: Instant) -> Option<i64> {
        let left = self.take_out(facts.task, &place);
        let entry = match place {
            Place::Gone => return left,
            Place::Ready => {
                self.lanes.insert(facts);
                Entry::Ready
            }
            Place::Held { system, attempt, cancelling } => {
                let held = Held { task: facts.task, attempt };
                self.take_on(system, held, facts);
                self.leases.start(held, now);
                if cancelling && let Some(station) = self.stations.get(&system) {
                    station.stop.notify_waiters();
                }
                Entry::Held { system, attempt, cancelling }
            }
        };
        self.tasks.insert(facts.task, (facts.clone(), entry));
        left
    }

    fn take_out(&mut self, task: i64, next: &Place) -> Option<i64> {
        let (facts, entry) = self.tasks.remove(&task)?;
        let (system, held) = match entry {
            Entry::Ready => {
                self.lanes.remove(&facts);
                return None;
            }
            Entry::Reserved { system, .. } => (system, reserved(task)),
            Entry::Held { system, attempt, .. } => {
                let held = Held { task, attempt };
                if !matches!(next, Place::Held { attempt: next, .. } if *next == attempt) {
                    self.leases.end(held);
                }
                (system, held)
            }
        };
        step(&mut self.running, facts.package.project, false);
        let station = self.stations.get_mut(&system)?;
        if !station.load.remove(held) {
            // It was lost: its worker, if it is there after all, must stop it.
            station.stop.notify_waiters();
        }
        Some(system)
    }

    fn take_on(&mut self, system: i64, held: Held, facts: &Facts) {
        step(&mut self.running, facts.package.project, true);
        self.stations.entry(system).or_default().load.add(held, facts.package.clone());
    }

    fn reserve(&mut self, facts: &Facts, system: i64) -> Ticket {
        self.take_out(facts.task, &Place::Gone);
        self.offers += 1;
        let number = self.offers;
        self.take_on(system, reserved(facts.task), facts);
        self.tasks.insert(facts.task, (facts.clone(), Entry::Reserved { system, number }));
        Ticket { task: facts.task, number }
    }

    /// Gives one ready task to the best of those who wait for such a task.
    fn offer(&mut self, facts: &Facts) -> Option<(Waiter, Ticket)> {
        let (stations, enabled) = (&self.stations, &self.enabled);
        let waiter = self.waiting.best(|id| {
            let Station { system, load, .. } = stations.get(&id)?;
            serves(system, enabled, &facts.class).ok()?;
            fits(system, load, &facts.package).ok()?;
            Some(system.capacity - load.footprint())
        })?;
        let ticket = self.reserve(facts, waiter.system);
        Some((waiter, ticket))
    }

    /// Gives a system that waits all that it can take.
    fn settle(&mut self, system: i64, chosen: &mut Chosen) {
        while self.waiting.systems().contains(&system) {
            let Some(facts) = self.next_for(system) else { return };
            let Some(waiter) = self.waiting.best(|id| (id == system).then_some(0)) else { return };
            let ticket = self.reserve(&facts, system);
            chosen.push((waiter, ticket));
        }
    }

    fn settle_all(&mut self) -> Chosen {
        let mut chosen = Vec::new();
        for system in self.waiting.systems() {
            self.settle(system, &mut chosen);
        }
        chosen
    }

    fn next_for(&self, system: i64) -> Option<Facts> {
        let station = self.stations.get(&system)?;
        pick(&self.lanes, &station.system, &station.load, &self.enabled, &self.running)
    }
}
