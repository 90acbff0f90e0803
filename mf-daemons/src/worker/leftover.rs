//! Processes that a killed worker may have left. They end by themselves once it
//! is gone; this waits for that, and kills what does not end, before their
//! directories are removed.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, getpid, pidfd_open, pidfd_send_signal};

/// How long they may take to end by themselves, and then to be killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until no process runs that belongs to an attempt below `tasks`, and
/// kills those that do not end. Blocks.
///
/// # Errors
/// A sentence: they cannot be killed.
pub fn end(tasks: &Path) -> Result<(), String> {
    wait(&running(tasks), PATIENCE);
    // Whoever is left may have started others meanwhile.
    for _ in 0..8 {
        let left = running(tasks);
        if left.is_empty() {
            return Ok(());
        }
        for (pid, process) in &left {
            tracing::warn!("killing process {}, left by an earlier worker", pid.as_raw_nonzero());
            // The only failure that lasts is told below.
            let _ = pidfd_send_signal(process, Signal::KILL);
        }
        wait(&left, PATIENCE);
    }
    let left: Vec<String> =
        running(tasks).iter().map(|(pid, _)| pid.as_raw_nonzero().to_string()).collect();
    let left = left.join(", ");
    Err(format!("processes of an earlier worker still run and cannot be killed: {left}"))
}

/// Every process that was given something below `tasks` in its environment,
/// as each build is.
fn running(tasks: &Path) -> Vec<(Pid, OwnedFd)> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let name = tasks.as_os_str().as_bytes();
    let numbers = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .filter_map(Pid::from_raw)
        .filter(|pid| *pid != getpid())
        .filter_map(|pid| {
            // Opened first, so that it is the process that is looked at next.
            let process = pidfd_open(pid, PidfdFlags::empty()).ok()?;
            let environment = fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).ok()?;
            let ours = environment.split(|byte| *byte == 0).any(|variable| {
                variable.split(|byte| *byte == b'=').nth(1).is_some_and(|v| v.starts_with(name))
            });
            ours.then_some((pid, process))
        })
        .collect()
}

/// Waits until all of them have ended, for at most `limit`.
fn wait(processes: &[(Pid, OwnedFd)], limit: Duration) {
    let end = std::time::Instant::now() + limit;
    for (_, process) in processes {
        let left = end.saturating_duration_since(std::time::Instant::now());
        let Ok(left) = Timespec::try_from(left) else { return };
        // It is readable when the process has ended.
        let _ = poll(&mut [PollFd::new(process, PollFlags::IN)], Some(&left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_of_an_attempt_is_found_and_killed_and_no_other() {
        let tasks = tempfile::tempdir().unwrap();
        let start = |home: &Path| {
            let mut command = Command::new("cat");
            command.env_clear().env("HOME", home).stdin(Stdio::piped()).spawn().unwrap()
        };
        let mut ours = start(&tasks.path().join("7.1/home"));
        let mut other = start(Path::new("/elsewhere"));
        let found = |name: u32| {
            let pid = Pid::from_raw(name.cast_signed());
            running(tasks.path()).iter().any(|(known, _)| Some(*known) == pid)
        };
        // The child has its environment as soon as `spawn` has returned.
        assert!(found(ours.id()) && !found(other.id()));
        // Kept, or `wait` would close it and end the process in its own way.
        let _stdin = ours.stdin.take();
        let reaper = std::thread::spawn(move || ours.wait().unwrap());
        for (_, process) in running(tasks.path()) {
            pidfd_send_signal(&process, Signal::KILL).unwrap();
        }
        assert!(!reaper.join().unwrap().success());
        end(tasks.path()).unwrap();
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
