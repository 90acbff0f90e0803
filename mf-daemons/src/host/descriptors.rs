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
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        if number > 2 {
            // SAFETY: only a flag is set, on a number that was open a moment
            // ago; if it is closed by now, as that of the directory will be,
            // the kernel says so.
            let fd = unsafe { BorrowedFd::borrow_raw(number) };
            let _ = fcntl_setfd(fd, FdFlags::CLOEXEC);
        }
    }
    Ok(())
}
