//! The init of a call: starts the runner, reaps, and says how it died.

use std::os::fd::AsFd;

use anyhow::Context;
use mf_core::lifeline::Lifeline;
use rustix::process::{
    Signal, WaitOptions, WaitStatus, getpid, set_child_subreaper, set_parent_process_death_signal,
    wait,
};

use super::fork::fork;
use super::{namespace, runner};
use crate::plugin::frame::{Death, Word};

/// Runs until the runner has ended.
///
/// # Errors
/// The runner cannot be started.
pub fn reap() -> anyhow::Result<()> {
    // The keeper has one thread, so that its death, and nothing else, is what
    // the signal tells. A keeper that has died before is found by the runner:
    // its lifeline has ended.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let lifeline = Lifeline::inherited()?.context("the init of a call has no keeper")?;
    set_child_subreaper(Some(getpid()))?;
    if getpid().is_init() {
        namespace::show_own_processes();
    }
    let stdin = lifeline.as_fd().try_clone_to_owned()?;
    let runner = fork(stdin, runner::run).context("cannot start the process for the plugin")?;
    // The runner needs it a moment longer.
    namespace::give_up()?;
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == runner => {
                // Without a keeper to hear it there is nothing to say.
                let _ = lifeline.send(&Word::Died(death(status)));
                return Ok(());
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn death(status: WaitStatus) -> Death {
    match status.terminating_signal() {
        Some(signal) => Death::Signal(signal),
        None => Death::Exit(status.exit_status().unwrap_or(-1)),
    }
}
