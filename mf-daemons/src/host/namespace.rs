//! A PID namespace for a call, where the kernel gives one.

use std::fs;

use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::process::{getegid, geteuid};
use rustix::thread::{UnshareFlags, unshare_unsafe};

/// Puts the next child of this process into a PID namespace of its own, as
/// its first process. Says whether the kernel let us.
///
/// # Errors
/// A user namespace was made, but cannot be used; the process must end.
pub fn enter() -> std::io::Result<bool> {
    let spaces = UnshareFlags::NEWPID | UnshareFlags::NEWNS;
    let (uid, gid) = (geteuid(), getegid());
    if uid.is_root() {
        // SAFETY: no file table is unshared, and this process has one thread.
        return Ok(unsafe { unshare_unsafe(spaces) }.is_ok());
    }
    // SAFETY: as above.
    if unsafe { unshare_unsafe(spaces | UnshareFlags::NEWUSER) }.is_err() {
        return Ok(false);
    }
    // Users keep the ids that they have outside.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{0} {0} 1", uid.as_raw()))?;
    fs::write("/proc/self/gid_map", format!("{0} {0} 1", gid.as_raw()))?;
    Ok(true)
}

/// Gives this process, the first of its PID namespace, a `/proc` that shows
/// that namespace and nothing of the host. Without it a build sees the
/// host's processes, which it could before; so a refusal is no failure.
pub fn show_own_processes() {
    let private = MountPropagationFlags::REC | MountPropagationFlags::DOWNSTREAM;
    if mount_change("/", private).is_ok() {
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        let _ = mount("proc", "/proc", "proc", flags, None);
    }
}
