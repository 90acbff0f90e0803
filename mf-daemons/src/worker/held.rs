//! The attempts that this worker holds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mf_core::wire;
use tokio::sync::watch;

use super::halt::{Halt, Reason};

/// The attempts that this worker holds, from the claim until the hub knows
/// how they ended.
#[derive(Debug, Default)]
pub struct Table {
    held: Mutex<BTreeMap<(i64, i64), Halt>>,
    state: watch::Sender<State>,
}

/// What others wait for in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How many attempts there are.
    pub count: usize,
    /// An attempt has ended that the hub had given up: it does not start
    /// anything beside what may be left of it, until it is told what is held.
    pub owed: bool,
}

/// One attempt in the table; dropped, it is held no longer.
#[derive(Debug)]
pub struct Entry {
    table: Arc<Table>,
    key: (i64, i64),
}

impl Table {
    /// Takes an attempt in; `None` when it is there already, since the hub
    /// gave the same claim twice.
    pub fn insert(self: &Arc<Self>, held: wire::Held, halt: &Halt) -> Option<Entry> {
        let key = (held.task, held.attempt);
        let mut all = self.lock();
        if all.contains_key(&key) {
            return None;
        }
        all.insert(key, halt.clone());
        self.state.send_modify(|state| state.count = all.len());
        Some(Entry { table: self.clone(), key })
    }

    /// All of them, as a heartbeat names them.
    pub fn all(&self) -> Vec<wire::Held> {
        self.lock().keys().map(|(task, attempt)| held(*task, *attempt)).collect()
    }

    /// Ends these, those of them that are held.
    pub fn stop(&self, which: &[wire::Held]) {
        let all = self.lock();
        for one in which {
            if let Some(halt) = all.get(&(one.task, one.attempt)) {
                halt.set(Reason::Stopped);
            }
        }
    }

    /// Ends all of them, to be handed back.
    pub fn hand_back(&self) {
        self.lock().values().for_each(|halt| halt.set(Reason::HandBack));
    }

    /// Waits until the table is in a state that `enough` is content with.
    pub async fn wait(&self, enough: impl FnMut(&State) -> bool) {
        // The sender is `self`, so it is not gone.
        let _ = self.state.subscribe().wait_for(enough).await.map(|state| *state);
    }

    /// Waits until there are others than `known`.
    pub async fn differ(&self, known: &[wire::Held]) {
        let mut state = self.state.subscribe();
        while self.all() == known {
            if state.changed().await.is_err() {
                // The sender is `self`, so this is never reached.
                return;
            }
        }
    }

    /// Whether the hub is owed a word of what is held.
    pub fn owe(&self, owed: bool) {
        self.state.send_modify(|state| state.owed = owed);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(i64, i64), Halt>> {
        // Nothing that is done under the lock can leave it half done.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut all = self.table.lock();
        let halt = all.remove(&self.key);
        let owed = halt.is_some_and(|halt| halt.reason() == Some(Reason::Stale));
        self.table.state.send_modify(|state| {
            state.count = all.len();
            state.owed |= owed;
        });
    }
}

fn held(task: i64, attempt: i64) -> wire::Held {
    wire::Held { task, attempt }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn attempts_are_held_until_they_are_dropped() {
        let table = Arc::new(Table::default());
        let (one, two) = (Halt::new(), Halt::new());
        let first = table.insert(held(7, 1), &one).unwrap();
        let second = table.insert(held(8, 2), &two).unwrap();
        assert!(table.insert(held(7, 1), &Halt::new()).is_none());
        assert_eq!(table.all(), [held(7, 1), held(8, 2)]);
        table.stop(&[held(8, 2), held(9, 1)]);
        table.hand_back();
        assert_eq!((one.reason(), two.reason()), (Some(Reason::HandBack), Some(Reason::Stopped)));
        drop((first, second));
        table.wait(|state| state.count == 0 && !state.owed).await;
        assert!(table.all().is_empty());

        let stale = Halt::new();
        let third = table.insert(held(7, 2), &stale).unwrap();
        stale.set(Reason::Stale);
        drop(third);
        table.wait(|state| state.count == 0 && state.owed).await;
    }
}
