//! Free space on a disk. Everything that grows leaves some of it free, so that
//! a farm whose disk is full of logs can still report that, and be stopped.

use std::io;
use std::os::fd::AsFd;

/// How much of a disk is to stay free.
#[derive(Clone, Copy, Debug)]
pub struct Reserve {
    /// The most that stays free, in bytes.
    pub most: u64,
    /// On a small disk, the fraction that stays free: one part of this many.
    pub part: u64,
}

impl Reserve {
    /// Checks that `more` bytes fit the disk that `file` is on, beside what is
    /// left free of it.
    ///
    /// # Errors
    /// [`io::ErrorKind::StorageFull`], saying how much must be left; or the
    /// system does not say.
    pub fn check(self, file: impl AsFd, more: u64) -> io::Result<()> {
        let disk = rustix::fs::fstatvfs(file)?;
        let left = self.most.min(disk.f_blocks * disk.f_frsize / self.part.max(1));
        if disk.f_bavail * disk.f_frsize < left.saturating_add(more) {
            let told = format!("the disk would have less than {} MB left", left / 1_000_000);
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
