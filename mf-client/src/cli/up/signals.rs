//! What tells a farm to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::exit::{Exit, Failure};

/// SIGTERM, Ctrl-C, and a terminal that is closed.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// From now on these signals are waited for, and do not end the process.
    ///
    /// # Errors
    /// The process cannot handle signals.
    pub fn new() -> Result<Self, Failure> {
        let on = |kind| {
            signal(kind).map_err(|e| {
                Failure::new(Exit::Internal, format!("signals cannot be handled: {e}"))
            })
        };
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            hang_up: on(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
