//! What this process was left open by whoever started it.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::io::{FdFlags, fcntl_setfd};

/// Keeps every descriptor but the three standard ones from the programs that
/// this process starts. What the daemon opens is kept from them anyway; this
/// is for what its own parent (a shell, a service manager) forgot.
///
/// # Errors
/// `/proc` cannot be read.
pub fn keep_from_children() -> io::Result<()> {
    for number in beyond_standard()? {
        // SAFETY: only a flag is set, on a number that was open a moment ago;
        // if it is closed by now, as that of the directory is, the kernel
        // says so.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        let _ = fcntl_setfd(fd, FdFlags::CLOEXEC);
    }
    Ok(())
}

/// Closes every descriptor but the three standard ones: for a copy of a
/// process, which goes on with none of what that one held.
///
/// # Errors
/// `/proc` cannot be read.
pub fn close_all() -> io::Result<()> {
    for number in beyond_standard()? {
        // SAFETY: nothing of this process uses them any more. Two cannot have
        // the same number, and that of the directory, which is closed by now,
        // has been given to nobody: there is one thread.
        unsafe { libc::close(number) };
    }
    Ok(())
}

/// The numbers of all descriptors but the standard ones, that of the directory
/// that tells them among them.
fn beyond_standard() -> io::Result<Vec<i32>> {
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.parse::<i32>().ok());
        numbers.extend(number.filter(|number| *number > 2));
    }
    Ok(numbers)
}
