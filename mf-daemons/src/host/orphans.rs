//! What a keeper that was killed leaves to the daemon that started it.
//!
//! Where the kernel lets keepers have PID namespaces nothing outlives them.
//! Where not, their orphans come to the daemon, if it asked for them with
//! [`adopt`], and are killed here.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::io::retry_on_intr;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, getpid, kill_process, set_child_subreaper,
    waitid, waitpid,
};

use super::children;

/// Keepers that run, and zygotes. Held while one is started or reaped, so that
/// none is ever taken for an orphan.
static OURS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
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

/// A keeper or a zygote: a child of this process, by whomever it was forked.
#[derive(Debug)]
pub(crate) struct Process {
    pid: Pid,
    ended: Option<ExitStatus>,
}

/// Takes in what `start` starts.
pub(crate) fn start(start: impl FnOnce() -> io::Result<Pid>) -> io::Result<Process> {
    let mut ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
    let pid = start()?;
    ours.push(pid);
    Ok(Process { pid, ended: None })
}

impl Process {
    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Kills it, unless it has been waited for.
    pub(crate) fn kill(&self) {
        if self.ended.is_none() {
            // If it has ended its id is still its own.
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }

    /// Waits for its end, and ends what it leaves behind when it has not ended
    /// in its own way.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.ended {
            return Ok(status);
        }
        // Waits without reaping, so that its id stays its own until the lock
        // is held.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        retry_on_intr(|| waitid(WaitId::Pid(self.pid), options))?;
        let mut ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = retry_on_intr(|| waitpid(Some(self.pid), WaitOptions::empty()))?;
        // Without `NOHANG` it has ended when there is no error.
        let (_, status) = waited.ok_or(io::ErrorKind::NotFound)?;
        let status = ExitStatus::from_raw(status.as_raw());
        self.ended = Some(status);
        ours.retain(|pid| *pid != self.pid);
        if !status.success() && ADOPTED.load(Ordering::SeqCst) {
            kill(&ours)?;
        }
        Ok(status)
    }
}

/// Kills every child that this process did not start itself. Keepers have a
/// session of their own, and what they start stays there or makes another, so
/// a child in our session is one of ours.
fn kill(ours: &[Pid]) -> io::Result<()> {
    let session = children::own_session()?;
    loop {
        let mut orphans = children::all()?;
        orphans.retain(|child| child.session != session && !ours.contains(&child.pid));
        if orphans.is_empty() {
            return Ok(());
        }
        for orphan in orphans {
            let _ = kill_process(orphan.pid, Signal::KILL);
            // By its id, never any child: others wait for theirs.
            let _ = retry_on_intr(|| waitpid(Some(orphan.pid), WaitOptions::empty()));
        }
    }
}
