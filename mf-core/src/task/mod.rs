//! A task's life: a pure state machine, with neither clock nor I/O.

mod attempt;
mod state;

pub use attempt::{ATTEMPT_HEADER, ATTEMPT_LIMIT, COME_BACK, Lease};
pub use state::{Event, IllegalMove, STATUSES, State, of_build};
