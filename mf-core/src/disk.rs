//! Free space on a disk. Everything that grows leaves some of it free, so that
//! a farm whose disk is full of logs can still report that, and be stopped.

use std::io;
use std::os::fd::AsFd;

/// Bytes of a megabyte, as configurations and messages count them.
pub const MEGABYTE: u64 = 1_000_000;

/// How much of a disk is to stay free.
#[derive(Clone, Copy, Debug)]
pub struct Reserve {
    /// The most that stays free, in bytes.
    pub most: u64,
    /// On a small disk, the fraction that stays free: one part of this many.
    pub part: u64,
}

/// How much of a disk is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Free {
    /// What is free, for who is not root, in bytes.
    pub bytes: u64,
    /// What is to be left free, in bytes.
    pub least: u64,
}

impl Reserve {
    /// How much is free of the disk that `file` is on.
    ///
    /// # Errors
    /// The system does not say.
    pub fn of(self, file: impl AsFd) -> io::Result<Free> {
        let disk = rustix::fs::fstatvfs(file)?;
        let least = self.most.min(disk.f_blocks * disk.f_frsize / self.part.max(1));
        Ok(Free { bytes: disk.f_bavail * disk.f_frsize, least })
    }

    /// Checks that `more` bytes fit the disk that `file` is on, beside what is
    /// left free of it.
    ///
    /// # Errors
    /// [`io::ErrorKind::StorageFull`], saying how much must be left; or the
    /// system does not say.
    pub fn check(self, file: impl AsFd, more: u64) -> io::Result<()> {
        let Free { bytes, least } = self.of(file)?;
        if bytes < least.saturating_add(more) {
            let told = format!("the disk would have less than {} MB left", least / MEGABYTE);
            return Err(io::Error::new(io::ErrorKind::StorageFull, told));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_disk_has_does_not_fit() {
        let file = std::fs::File::open("/").unwrap();
        let reserve = Reserve { most: 1, part: 1_000_000 };
        reserve.check(&file, 0).unwrap();
        let error = reserve.check(&file, u64::MAX).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
