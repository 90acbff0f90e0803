//! A keeper that waits for its call, so that starting its processes is in
//! nobody's way. It has loaded nothing foreign, is used for one call like any
//! other, and ends by itself when its parent does.

use std::io;
use std::os::fd::AsFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mf_core::lifeline::Lifeline;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{Shutdown, shutdown};

use super::program::HostProgram;
use crate::host::orphans;

/// A keeper that has been started, and its lifeline.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) lifeline: Lifeline,
    pub(super) process: orphans::Process,
}

impl Keeper {
    /// Whether it has ended, although nobody told it to.
    fn has_ended(&self) -> bool {
        // A keeper says nothing before it has a call: there is only an end to
        // be read.
        let now = Timespec::default();
        let mut fds = [PollFd::new(&self.lifeline, PollFlags::IN)];
        !matches!(poll(&mut fds, Some(&now)), Ok(0))
    }

    /// Ends it.
    fn end(mut self) {
        let _ = shutdown(self.lifeline.as_fd(), Shutdown::Both);
        // One that cannot be waited for has been waited for.
        let _ = self.process.wait();
    }
}

/// The place for one that waits.
#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waiting: Option<Keeper>,
    /// No more are to wait.
    closed: bool,
}

impl Spare {
    /// The one that waits, or else a new one.
    ///
    /// # Errors
    /// The host program cannot be started.
    pub(super) fn take(&self, host: &HostProgram) -> io::Result<Keeper> {
        let waiting = self.lock().waiting.take();
        match waiting {
            Some(keeper) if keeper.has_ended() => {
                keeper.end();
                host.new_keeper()
            }
            Some(keeper) => Ok(keeper),
            None => host.new_keeper(),
        }
    }

    /// Lets one wait, unless one does.
    pub(super) fn fill(&self, host: &HostProgram) {
        let mut state = self.lock();
        if !state.closed && state.waiting.is_none() {
            // The next call will start its own, and say why it cannot.
            state.waiting = host.new_keeper().ok();
        }
    }

    /// Ends the one that waits, and lets none wait any more.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        if let Some(keeper) = state.waiting.take() {
            keeper.end();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can leave it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
