//! What dispatch holds in memory, and how it changes. All of it is a hint: the
//! rows of the database decide. Nothing here blocks, and nothing does I/O.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_core::wire::Held;
use tokio::sync::Notify;

use super::lane::{Facts, Lanes};
use super::lease::Leases;
use super::pick::Enabled;
use super::place::{Busy, Chosen, Place, Snapshot, Ticket};
use super::system::{Load, System, step};
use super::waiting::Waiting;

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
    pub(super) stop: Arc<Notify>,
    /// Number of its worker's last heartbeat.
    pub(super) beats: u64,
    /// What its worker was last told to stop.
    pub(super) told: Vec<Held>,
    pub(super) written: Option<Instant>,
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
    /// Whether nobody gets a task.
    pub(super) paused: bool,
    /// Systems that keep their room for the oldest task.
    pub(super) keepers: BTreeSet<i64>,
    pub(super) leases: Leases,
    pub(super) offers: u64,
}

/// An attempt that is only reserved has no number yet.
pub(super) fn reserved(task: i64) -> Held {
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
            paused: false,
            keepers: BTreeSet::new(),
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
        let left = self.put(&facts, place, now);
        let mut chosen = Vec::new();
        // Where it was there is room, and it may be another's turn.
        if let Some(system) = left {
            self.settle(system, &mut chosen);
        }
        if matches!(self.tasks.get(&facts.task), Some((_, Entry::Ready))) {
            chosen.extend(self.offer(&facts));
        }
        chosen
    }

    /// A task is no more.
    pub fn forget(&mut self, task: i64, now: Instant) -> Chosen {
        let facts = self.tasks.get(&task).map(|(facts, _)| facts.clone());
        facts.map_or_else(Vec::new, |facts| self.place(facts, Place::Gone, now))
    }

    /// Brings everything to what the database says.
    pub fn reload(&mut self, snapshot: Snapshot, now: Instant) -> Chosen {
        let known: HashSet<i64> = snapshot.systems.iter().map(|system| system.id).collect();
        self.stations.retain(|id, _| known.contains(id));
        for system in snapshot.systems {
            let id = system.id;
            self.stations.entry(id).or_default().system = system;
        }
        self.enabled = snapshot.enabled;
        self.paused = snapshot.paused;
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
        self.refresh(snapshot.tasks, now)
    }

    /// Brings these tasks to what the database says. What is reserved stays
    /// so, because its claim is under way and will say how it went.
    pub fn refresh(&mut self, tasks: Vec<(Facts, Place)>, now: Instant) -> Chosen {
        for (facts, place) in tasks {
            let under_way =
                matches!(self.tasks.get(&facts.task), Some((_, Entry::Reserved { .. })));
            if !(under_way && place == Place::Ready) {
                self.put(&facts, place, now);
            }
        }
        self.settle_all()
    }

    /// A system is no more, and builds nothing.
    pub fn without(&mut self, system: i64) {
        self.stations.remove(&system);
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

    /// Nobody gets a task any more, or everybody does again.
    pub fn pause(&mut self, paused: bool) -> Chosen {
        self.paused = paused;
        self.settle_all()
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

    pub(super) fn take_out(&mut self, task: i64, next: &Place) -> Option<i64> {
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

    pub(super) fn take_on(&mut self, system: i64, held: Held, facts: &Facts) {
        step(&mut self.running, facts.package.project, true);
        self.stations.entry(system).or_default().load.add(held, facts.package.clone());
    }
}
