//! Room on the disk: files leave some of it to the database, so that a farm
//! whose disk is full of logs can still be told to stop, and say so.

use std::io;
use std::os::fd::AsFd;

/// Most that is left to the database, in bytes.
const RESERVE: u64 = 64 * 1024 * 1024;
/// On a small disk it is this part of it.
const PART: u64 = 20;

/// Checks that `more` bytes fit the disk that `file` is on.
///
/// # Errors
/// [`io::ErrorKind::StorageFull`].
pub fn check(file: impl AsFd, more: u64) -> io::Result<()> {
    let disk = rustix::fs::fstatvfs(file)?;
    let reserve = RESERVE.min(disk.f_blocks * disk.f_frsize / PART);
    if disk.f_bavail * disk.f_frsize < reserve + more {
        return Err(io::ErrorKind::StorageFull.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_disk_has_does_not_fit() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(check(&file, u64::MAX / 2).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
