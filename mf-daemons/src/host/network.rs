//! A network of its own for a call: nothing but its own loopback, which tests
//! of builds use among themselves.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::net::{AddressFamily, SocketType, socket};
use rustix::thread::{UnshareFlags, unshare_unsafe};

/// Leaves the network of the host.
///
/// # Errors
/// The kernel, or the container that this is in, gives no network namespace.
pub fn leave() -> io::Result<()> {
    // SAFETY: no file table is unshared, and this process has one thread.
    unsafe { unshare_unsafe(UnshareFlags::NEWNET) }?;
    // Without it a build's own tests may fail, and nothing is less safe.
    let _ = loopback();
    Ok(())
}

/// Switches the loopback on.
fn loopback() -> io::Result<()> {
    let any: OwnedFd = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    // SAFETY: all zeros is a request without a name or flags.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = from.cast_signed();
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: the kernel reads one request, which is whole and stays.
    let done = unsafe { libc::ioctl(any.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
