//! Signs of life: what workers say they hold, and what happens to those that
//! are silent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_core::wire::Held;
use tokio::sync::Notify;

use super::farm::{Entry, Farm};
use super::place::{Chosen, Told};
use super::system::Load;

impl Farm {
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
}
