//! A PID namespace for a call, where the kernel gives one.

use std::fs;
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::process::{getegid, geteuid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, UnshareFlags, set_capabilities, unshare_unsafe,
};

/// Puts the next child of this process into a PID namespace of its own, as
/// its first process, where the kernel lets us. Where not, the keeper is all
/// that a call has above it, and kills one by one.
///
/// Who is not root needs a user namespace for it, in which a program cannot
/// become another user: `sudo` does not work in such a worker's builds.
///
/// # Errors
/// A user namespace was made, but cannot be used; the process must end.
pub fn enter() -> std::io::Result<()> {
    let (uid, gid) = (geteuid(), getegid());
    if uid.is_root() {
        // SAFETY: no file table is unshared, and this process has one thread.
        let _ = unsafe { unshare_unsafe(UnshareFlags::NEWPID) };
        return Ok(());
    }
    // SAFETY: as above.
    if unsafe { unshare_unsafe(UnshareFlags::NEWPID | UnshareFlags::NEWUSER) }.is_err() {
        return Ok(());
    }
    // Users keep the ids that they have outside.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{0} {0} 1", uid.as_raw()))?;
    fs::write("/proc/self/gid_map", format!("{0} {0} 1", gid.as_raw()))?;
    Ok(())
}

/// What this process has made its own; its copies know it from here.
static OWN: AtomicU8 = AtomicU8::new(0);
const PROCESSES: u8 = 1;
const MOUNTS: u8 = 2;

/// Whether this process is in a PID namespace that [`enter`] made.
pub fn has_own_processes() -> bool {
    OWN.load(Ordering::SeqCst) & PROCESSES != 0
}

/// Whether its mounts are its own, so that it may change them.
pub fn has_own_mounts() -> bool {
    OWN.load(Ordering::SeqCst) & MOUNTS != 0
}

/// Takes from a user who is not root what [`enter`] gave.
///
/// # Errors
/// This process has capabilities that it cannot get rid of.
pub fn give_up() -> rustix::io::Result<()> {
    if geteuid().is_root() { Ok(()) } else { drop_capabilities() }
}

/// Takes all that a process may do beyond its user's rights.
///
/// # Errors
/// This process has capabilities that it cannot get rid of.
pub fn drop_capabilities() -> rustix::io::Result<()> {
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
}

/// Gives this process, the first of its PID namespace, a `/proc` that shows
/// that namespace and nothing of the host. A kernel that refuses (in some
/// containers) leaves the host's; builds seldom look.
pub fn show_own_processes() {
    OWN.fetch_or(PROCESSES, Ordering::SeqCst);
    let private = MountPropagationFlags::REC | MountPropagationFlags::DOWNSTREAM;
    // SAFETY: no file table is unshared, and this process has one thread.
    let own = unsafe { unshare_unsafe(UnshareFlags::NEWNS) };
    if own.and_then(|()| mount_change("/", private)).is_ok() {
        OWN.fetch_or(MOUNTS, Ordering::SeqCst);
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        let _ = mount("proc", "/proc", "proc", flags, None);
    }
}
