//! What a keeper that was killed leaves to the daemon that started it.
//!
//! Where the kernel lets keepers have PID namespaces nothing outlives them.
//! Where not, their orphans come to the daemon, if it asked for them with
//! [`adopt`], and are killed here.

use std::collections::BTreeSet;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, getpid, kill_process, set_child_subreaper,
    waitid, waitpid,
};

use super::children;

/// Keepers that run. Held while one is started or reaped, so that none is
/// ever taken for an orphan.
static KEEPERS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
static ADOPTED: AtomicBool = AtomicBool::new(false);

/// Makes this process the one that inherits the orphans of its keepers: a
/// daemon calls it once, before its first call of a plugin.
///
/// # Errors
/// The kernel refuses.
pub fn adopt() -> io::Result<()> {
    set_child_subreaper(Some(getpid()))?;
    ADOPTED.store(true, Ordering::SeqCst);
    Ok(())
}

/// Starts a keeper.
pub(crate) fn spawn_keeper(command: &mut Command) -> io::Result<Child> {
    let mut keepers = KEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
    let child = command.spawn()?;
    keepers.insert(child.id());
    Ok(child)
}

/// Waits for a keeper, and ends what it leaves behind when it has not ended
/// in its own way.
pub(crate) fn wait_keeper(child: &mut Child) -> io::Result<ExitStatus> {
    if let Some(pid) = Pid::from_raw(child.id().cast_signed()) {
        // Waits without reaping, so that its id stays its own until the lock
        // is held. It has been waited for before if there is no such child.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let _ = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(pid), options));
    }
    let mut keepers = KEEPERS.lock().unwrap_or_else(PoisonError::into_inner);
    let status = child.wait()?;
    if keepers.remove(&child.id()) && !status.success() && ADOPTED.load(Ordering::SeqCst) {
        kill(&keepers)?;
    }
    Ok(status)
}

/// Kills every child that this process did not start itself. Keepers have a
/// session of their own, and what they start stays there or makes another, so
/// a child in our session is one of ours.
fn kill(keepers: &BTreeSet<u32>) -> io::Result<()> {
    let session = children::own_session()?;
    loop {
        let mut orphans = children::all()?;
        orphans.retain(|child| {
            child.session != session
                && !keepers.contains(&child.pid.as_raw_nonzero().get().unsigned_abs())
        });
        if orphans.is_empty() {
            return Ok(());
        }
        for orphan in orphans {
            let _ = kill_process(orphan.pid, Signal::KILL);
            // By its id, never any child: others wait for theirs.
            let _ = rustix::io::retry_on_intr(|| waitpid(Some(orphan.pid), WaitOptions::empty()));
        }
    }
}
