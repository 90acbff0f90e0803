//! Kills until nothing is left.

use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, wait, waitpid};

use super::children;

/// Kills `first` and then whatever becomes a child of this process, which is
/// a subreaper, until the kernel says that it has no child: then, and not by
/// any list, it is known that nothing is left. Gives what became of `first`,
/// which may have ended before.
pub fn everything(first: Pid) -> Option<WaitStatus> {
    // It cannot be another process's id: it is our child and not reaped.
    let _ = kill_process(first, Signal::KILL);
    let status = rustix::io::retry_on_intr(|| waitpid(Some(first), WaitOptions::empty()));
    loop {
        match wait(WaitOptions::NOHANG) {
            Err(Errno::CHILD) => return status.ok().flatten().map(|(_, status)| status),
            Ok(Some(_)) => continue,
            _ => {}
        }
        let left = children::all().unwrap_or_default();
        for child in &left {
            let _ = kill_process(child.pid, Signal::KILL);
        }
        if left.is_empty() {
            // There is a child, but the list has missed it: look again soon.
            std::thread::sleep(Duration::from_millis(1));
        } else {
            let _ = wait(WaitOptions::empty());
        }
    }
}
