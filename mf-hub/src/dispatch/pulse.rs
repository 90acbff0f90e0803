//! Who watches a task: each has a bell that rings when the task moves or one
//! of its logs grows. What happened is then read where it is kept.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// How often something happened; only that it differs means something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// The task moved.
    pub moves: u64,
    /// A log grew, or a new one came.
    pub growths: u64,
}

/// A bell for every task that is watched.
#[derive(Debug, Default)]
pub struct Pulses(Mutex<HashMap<i64, watch::Sender<Pulse>>>);

impl Pulses {
    /// Watches a task from now on.
    pub fn watch(&self, task: i64) -> watch::Receiver<Pulse> {
        let mut bells = self.lock();
        // Bells whose watchers have gone; there are few bells at any time.
        bells.retain(|_, bell| bell.receiver_count() > 0);
        bells.entry(task).or_default().subscribe()
    }

    /// A task moved.
    pub fn moved(&self, task: i64) {
        if let Some(bell) = self.lock().get(&task) {
            bell.send_modify(|pulse| pulse.moves += 1);
        }
    }

    /// A log of a task grew.
    pub fn grew(&self, task: i64) {
        if let Some(bell) = self.lock().get(&task) {
            bell.send_modify(|pulse| pulse.growths += 1);
        }
    }

    /// Any task may have moved.
    pub fn all_moved(&self) {
        self.lock().values().for_each(|bell| bell.send_modify(|pulse| pulse.moves += 1));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, watch::Sender<Pulse>>> {
        // Nothing under the lock can stop half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
