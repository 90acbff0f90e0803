//! Only one `mf up` for a directory: a second one says who has it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::cli::exit::{Exit, Failure};

/// Held for as long as it lives; the system lets go of it however we end.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// Whether the last one to hold it was killed, so that its programs may
    /// still be about to end.
    pub after_a_kill: bool,
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
        let taken = flock(&file, FlockOperation::NonBlockingLockExclusive);
        let mut pid = String::new();
        // What is no text is no number either; and it may just be written.
        let _ = file.read_to_string(&mut pid);
        match taken {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let told = match pid.trim() {
                    "" => format!("another mf up has {}", dir.display()),
                    pid => format!("another mf up, process {pid}, has {}", dir.display()),
                };
                return Err(Failure::new(Exit::Locked, told)
                    .hint("stop it first, or give another --data-dir"));
            }
            Err(error) => return Err(fail(error.into())),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(fail)?;
        writeln!(file, "{}", std::process::id()).map_err(fail)?;
        // Who ends in order takes its number away.
        Ok(Self { file, after_a_kill: !pid.trim().is_empty() })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The number is for people; the lock itself goes with the file. Until
        // the programs of a killed farm are gone the next one must know of
        // them too.
        if !self.after_a_kill {
            let _ = self.file.set_len(0);
        }
        // Said outright: a program that is just being started may for a
        // moment hold a copy of the descriptor.
        let _ = flock(&self.file, FlockOperation::Unlock);
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
        assert!(!first.after_a_kill);
        drop(first);
        assert!(!Lock::take(dir.path()).unwrap().after_a_kill);
    }

    #[test]
    fn who_was_killed_left_its_number() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("up.lock"), "4242424\n").unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        assert!(lock.after_a_kill);
        let text = std::fs::read_to_string(dir.path().join("up.lock")).unwrap();
        assert_eq!(text.trim(), std::process::id().to_string());
        drop(lock);
        let mut next = Lock::take(dir.path()).unwrap();
        assert!(next.after_a_kill, "the one before was never ready");
        next.after_a_kill = false;
        drop(next);
        assert!(!Lock::take(dir.path()).unwrap().after_a_kill);
    }
}
