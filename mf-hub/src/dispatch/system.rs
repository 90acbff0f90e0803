//! A system as dispatch sees it: what it can build, and what it is building.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use mf_core::wire::{HandlerKind, Held};

use super::lane::Package;
use super::pick::TURN;

/// What a system can build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// Its id.
    pub id: i64,
    /// Whether it gets tasks.
    pub enabled: bool,
    /// Sum of footprints that it builds at the same time; 0 takes none.
    pub capacity: i64,
    /// Labels of the archs that it serves.
    pub archs: BTreeSet<String>,
    /// Handlers that its plugins provide.
    pub offers: BTreeSet<(HandlerKind, String)>,
    /// Those of them that are in another plugin file than the farm's: a task
    /// would only fail there.
    pub differs: BTreeSet<(HandlerKind, String)>,
}

/// An attempt that is no longer the system's, and may still go on there.
#[derive(Debug)]
struct Ghost {
    package: Arc<Package>,
    /// When its worker last named it, or lost it.
    named: Instant,
}

/// What a system is building, or may still be building.
#[derive(Debug, Default)]
pub struct Load {
    held: BTreeMap<Held, Arc<Package>>,
    /// Attempts that its worker lost by silence. Its host may still be busy
    /// with them until the worker says what it really holds.
    ghosts: BTreeMap<Held, Ghost>,
    footprint: i64,
    sources: HashMap<String, usize>,
    packages: HashMap<i64, usize>,
    /// Tasks that it took since it took the oldest.
    turns: u32,
}

impl Load {
    /// Counts a task that it is given, which is the oldest or not.
    pub fn give(&mut self, oldest: bool) {
        self.turns = if oldest { 0 } else { self.turns.saturating_add(1) };
    }

    /// Whether the oldest task has its turn.
    pub fn owes(&self) -> bool {
        self.turns >= TURN
    }

    /// Takes an attempt on.
    pub fn add(&mut self, held: Held, package: Arc<Package>) {
        self.remove(held);
        self.count(&package, true);
        self.held.insert(held, package);
    }

    /// Removes an attempt, of which nothing is left; gives whether it was held.
    pub fn remove(&mut self, held: Held) -> bool {
        let package = self.held.remove(&held);
        if let Some(package) = &package {
            self.count(package, false);
        }
        package.is_some()
    }

    /// Keeps an attempt's place although it is no longer the system's.
    pub fn haunt(&mut self, held: Held, now: Instant) {
        if let Some(package) = self.held.remove(&held) {
            self.ghosts.insert(held, Ghost { package, named: now });
        }
    }

    /// Removes the ghosts that the worker does not name any more; gives whether
    /// there were any.
    pub fn exorcise(&mut self, named: &[Held], now: Instant) -> bool {
        for held in named {
            if let Some(ghost) = self.ghosts.get_mut(held) {
                ghost.named = now;
            }
        }
        self.release(|held, _| !named.contains(held))
    }

    /// Removes the ghosts that were last named before `since`; gives whether
    /// there were any.
    pub fn outlive(&mut self, since: Instant) -> bool {
        self.release(|_, ghost| ghost.named < since)
    }

    fn release(&mut self, gone: impl Fn(&Held, &Ghost) -> bool) -> bool {
        let gone: Vec<Held> =
            self.ghosts.iter().filter(|(held, ghost)| gone(held, ghost)).map(|(h, _)| *h).collect();
        for held in &gone {
            if let Some(ghost) = self.ghosts.remove(held) {
                self.count(&ghost.package, false);
            }
        }
        !gone.is_empty()
    }

    /// Attempts that the system holds.
    pub fn held(&self) -> impl Iterator<Item = Held> + '_ {
        self.held.keys().copied()
    }

    /// What is being built, or may be.
    pub fn building(&self) -> impl Iterator<Item = (Held, &Package)> + '_ {
        let ghosts = self.ghosts.iter().map(|(held, ghost)| (held, &ghost.package));
        self.held.iter().chain(ghosts).map(|(held, package)| (*held, &**package))
    }

    /// Sum of the footprints.
    pub fn footprint(&self) -> i64 {
        self.footprint
    }

    /// Whether nothing is being built.
    pub fn idle(&self) -> bool {
        self.packages.is_empty()
    }

    /// Whether something of that source name is being built.
    pub fn has_source(&self, source_name: &str) -> bool {
        self.sources.contains_key(source_name)
    }

    /// Whether something of that package is being built.
    pub fn has_package(&self, package: i64) -> bool {
        self.packages.contains_key(&package)
    }

    fn count(&mut self, package: &Package, more: bool) {
        self.footprint += if more { package.footprint } else { -package.footprint };
        if !package.source_name.is_empty() {
            step(&mut self.sources, package.source_name.clone(), more);
        }
        step(&mut self.packages, package.id, more);
    }
}

/// Counts up or down; a count of zero is removed.
pub(super) fn step<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: K, more: bool) {
    match counts.entry(key) {
        Entry::Occupied(entry) if !more && *entry.get() <= 1 => drop(entry.remove()),
        Entry::Occupied(mut entry) if more => *entry.get_mut() += 1,
        Entry::Occupied(mut entry) => *entry.get_mut() -= 1,
        Entry::Vacant(entry) if more => drop(entry.insert(1)),
        Entry::Vacant(_) => {}
    }
}
