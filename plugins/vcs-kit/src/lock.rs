//! One writer of a mirror at a time, among all processes of a host.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{io, thread};

use monkeyfarm_plugin_api::{Context, Failure};

/// How long a cancel may go unnoticed while another task holds the lock.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// A lock on a mirror. The kernel gives it up when the process is gone,
/// however it went. The lock file's time of change is when the mirror was
/// used last.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Waits until nobody else has the mirror.
    ///
    /// # Errors
    /// The file cannot be locked, or the call was told to stop.
    pub fn exclusive(path: &Path, cx: &Context) -> Result<Self, Failure> {
        let cannot = || Failure::io(format!("cannot lock {}", path.display()));
        loop {
            let file = File::create(path).map_err(cannot())?;
            let lock = match file.try_lock() {
                Ok(()) => Self { file },
                Err(TryLockError::WouldBlock) => {
                    cx.log("another task is fetching the same repository: waiting for it");
                    cx.progress("waiting for another task that fetches the same repository");
                    wait(file, File::lock, cx)?.map_err(cannot())?
                }
                Err(TryLockError::Error(error)) => return Err(cannot()(error)),
            };
            // Who made room in the cache may have removed the file meanwhile:
            // then this is a lock on nothing.
            if lock.file.metadata().map_err(cannot())?.nlink() > 0 {
                return Ok(lock);
            }
        }
    }

    /// The lock, if nobody has it now.
    pub fn try_exclusive(path: &Path) -> Option<Self> {
        let file = File::options().write(true).open(path).ok()?;
        file.try_lock().ok()?;
        Some(Self { file })
    }

    /// Lets other readers in. Another writer may come in between.
    ///
    /// # Errors
    /// As [`exclusive`](Self::exclusive).
    pub fn share(self, cx: &Context) -> Result<Self, Failure> {
        match self.file.try_lock_shared() {
            Ok(()) => Ok(self),
            Err(TryLockError::WouldBlock) => {
                wait(self.file, File::lock_shared, cx)?.map_err(Failure::io("cannot share a lock"))
            }
            Err(TryLockError::Error(error)) => Err(Failure::io("cannot share a lock")(error)),
        }
    }
}

/// Waits in a thread of its own: the kernel does not take a cancel. A thread
/// that is given up ends with the process.
fn wait(
    file: File,
    lock: fn(&File) -> io::Result<()>,
    cx: &Context,
) -> Result<io::Result<Lock>, Failure> {
    let (done, waiting) = channel();
    thread::spawn(move || {
        let outcome = lock(&file).map(|()| Lock { file });
        // Nobody listens any more when the call was cancelled.
        let _ = done.send(outcome);
    });
    loop {
        match waiting.recv_timeout(ASK_AGAIN) {
            Ok(outcome) => return Ok(outcome),
            Err(RecvTimeoutError::Timeout) => cx.check()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::new("the thread that waited for a lock is gone"));
            }
        }
    }
}
