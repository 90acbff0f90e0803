//! Where a task is in its life, and the messages about that.

use super::lane::Facts;
use super::pick::Enabled;
use super::system::System;
use super::waiting::Waiter;
use mf_core::wire::Held;

/// Where a task is, as its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the queue.
    Ready,
    /// With a worker.
    Held {
        /// The worker's system.
        system: i64,
        /// Number of the attempt.
        attempt: i64,
        /// Whether the worker is to stop it.
        cancelling: bool,
    },
    /// Neither: new, or ended.
    Gone,
}

/// All that dispatch knows, as the database has it at one moment.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Every system.
    pub systems: Vec<System>,
    /// Handlers that are enabled.
    pub enabled: Enabled,
    /// Every task that is ready or held.
    pub tasks: Vec<(Facts, Place)>,
    /// Whether the queue is paused: nobody gets a task.
    pub paused: bool,
}

/// A task that is set aside for a system until its claim is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The task.
    pub task: i64,
    /// Tells this offer of the task from others.
    pub number: u64,
}

/// What a system is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Busy {
    /// Sum of the footprints that it is building.
    pub load: i64,
    /// Requests of its worker that wait for a task.
    pub waiting: usize,
}

/// Waiters that have been chosen, with what each of them gets. They are told
/// when the farm is no longer locked.
pub type Chosen = Vec<(Waiter, Ticket)>;

/// What a worker is told when it names what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Attempts that it must stop.
    pub stop: Vec<Held>,
    /// Whether there is one that it was not told of the last time.
    pub news: bool,
}
