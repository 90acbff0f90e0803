//! One `mf up` for a directory: the second says who has it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::cli::exit::{Exit, Failure};

/// Held for as long as it lives; the system lets go of it however we end.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of a directory.
    ///
    /// # Errors
    /// Somebody else has it, or the file cannot be made.
    pub fn take(dir: &Path) -> Result<Self, Failure> {
        let path = dir.join("up.lock");
        let fail = |e: std::io::Error| {
            Failure::new(Exit::Configuration, format!("{}: {e}", path.display()))
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(fail)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut pid = String::new();
                // Who has it may just be writing its number.
                let _ = file.read_to_string(&mut pid);
                let told = match pid.trim() {
                    "" => format!("another mf up has {}", dir.display()),
                    pid => format!("another mf up, process {pid}, has {}", dir.display()),
                };
                return Err(Failure::new(Exit::Locked, told)
                    .hint("stop it first, or give another --data-dir"));
            }
            Err(error) => return Err(fail(error.into())),
        }
        file.set_len(0).map_err(fail)?;
        writeln!(file, "{}", std::process::id()).map_err(fail)?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The number is for people; the lock itself goes with the file.
        let _ = self.file.set_len(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_has_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path()).unwrap();
        let second = Lock::take(dir.path()).unwrap_err();
        assert_eq!(second.exit as u8, 75);
        assert!(second.sentence.contains(&std::process::id().to_string()), "{second:?}");
        drop(first);
        Lock::take(dir.path()).unwrap();
    }
}
