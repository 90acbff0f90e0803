//! What happens, for those who watch: every history row, in the order of
//! commits. Recent ones are in memory, all others in the database.

use std::sync::Arc;

use mf_core::wire;
use tokio::sync::broadcast;

/// How many events a slow watcher may be behind before it is sent to the
/// database for the rest.
const RING: usize = 1024;

/// One event, and the project that says who may know of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Happened {
    /// What is told.
    pub event: wire::Event,
    /// The object's project, if it has one.
    pub project: Option<i64>,
}

/// The stream of events.
pub struct Events {
    sender: broadcast::Sender<Arc<Happened>>,
}

impl Events {
    /// A stream without watchers.
    pub fn new() -> Self {
        Self { sender: broadcast::Sender::new(RING) }
    }

    /// Tells everybody who watches; called by the writer alone.
    pub fn publish(&self, happened: Happened) {
        // Without watchers there is nobody to tell.
        let _ = self.sender.send(Arc::new(happened));
    }

    /// Watches from now on.
    pub fn watch(&self) -> broadcast::Receiver<Arc<Happened>> {
        self.sender.subscribe()
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}
