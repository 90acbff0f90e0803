//! A part of a call as a copy of its parent, which saves starting the program
//! anew: the parent has one thread, and has loaded nothing.

use std::io::{self, Write};
use std::os::fd::OwnedFd;

use rustix::process::Pid;

use super::descriptors;

/// Starts `part` as a child of this process, with `stdin` as its standard
/// input and none of this process's other descriptors but the standard ones.
/// It ends with status 1, and a sentence on standard error, when `part` fails.
///
/// # Errors
/// The system has no room for a process.
pub fn fork(stdin: OwnedFd, part: fn() -> anyhow::Result<()>) -> io::Result<Pid> {
    // SAFETY: this process has one thread, so that the child finds no lock
    // held and nothing half done, and may go on as if it were this one.
    match unsafe { libc::fork() } {
        0 => go_on(&stdin, part),
        child => Pid::from_raw(child).filter(|_| child > 0).ok_or_else(io::Error::last_os_error),
    }
}

/// As [`fork`], but as a child of this process's parent, which waits for it.
///
/// # Errors
/// The system has no room for a process.
pub fn fork_sibling(stdin: OwnedFd, part: fn() -> anyhow::Result<()>) -> io::Result<Pid> {
    const NONE: libc::c_long = 0;
    let flags = libc::c_long::from(libc::CLONE_PARENT | libc::SIGCHLD);
    // SAFETY: as of `fork`, which has no such flag. No memory is shared. The C
    // library is not told, and takes the thread for that of its parent: it
    // remembers a wrong thread id, by which a copy with one thread locks nothing
    // that another could hold, and which the next `fork` sets right.
    match unsafe { libc::syscall(libc::SYS_clone, flags, NONE, NONE, NONE, NONE) } {
        0 => go_on(&stdin, part),
        child => {
            let child = i32::try_from(child).ok().filter(|child| *child > 0);
            child.and_then(Pid::from_raw).ok_or_else(io::Error::last_os_error)
        }
    }
}

fn go_on(stdin: &OwnedFd, part: fn() -> anyhow::Result<()>) -> ! {
    let ready = rustix::stdio::dup2_stdin(stdin).map_err(io::Error::from);
    // Whoever thinks that it owns what is closed here is never come back to.
    let ready = ready.and_then(|()| descriptors::close_all());
    let code = match ready.map_err(anyhow::Error::from).and_then(|()| part()) {
        Ok(()) => 0,
        Err(error) => {
            // With standard error gone there is nobody left to tell.
            let line = format!("mf-plugin-host: {error:#}\n");
            let _ = io::stderr().write_all(line.as_bytes());
            1
        }
    };
    std::process::exit(code)
}
