//! Logs: appended at an offset. A log's length on disk is the truth; a
//! re-send neither doubles nor tears it.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use mf_core::error::{Code, Error};
use mf_core::time;
use mf_core::wire::Held;

use super::window::Lines;
use super::{Files, RESERVE, blocking, lines, private_dirs, refused};

/// Longest log, in bytes: so that no build can fill the hub's disk with one.
pub const LOG_LIMIT: u64 = 4 << 30;

/// What an append came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Length of the log now.
    pub length: u64,
    /// Whether it is longer than it was.
    pub grew: bool,
}

/// One lock for each log that is being appended to.
#[derive(Debug, Default)]
pub struct Locks(Mutex<HashMap<LogKey, Weak<Mutex<()>>>>);

/// A log: its attempt, and its name on disk.
type LogKey = (Held, String);

impl Locks {
    fn of(&self, log: Held, stored: &str) -> Arc<Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (log, stored.to_owned());
        if let Some(lock) = locks.get(&key).and_then(Weak::upgrade) {
            return lock;
        }
        // Only those in use at this moment are kept.
        locks.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::default();
        locks.insert(key, Arc::downgrade(&lock));
        lock
    }
}

impl Files {
    /// Appends to a log what is not in it yet: `bytes` belong at `offset`,
    /// and those that are before its present length are skipped.
    ///
    /// # Errors
    /// [`Code::WrongOffset`] when `offset` is beyond its length,
    /// [`Code::TooLarge`], [`Code::DiskFull`].
    pub async fn append(
        &self,
        of: Held,
        stored: &str,
        offset: u64,
        bytes: Bytes,
    ) -> Result<Appended, Error> {
        let (path, lock) = (self.path(of, stored), self.logs.of(of, stored));
        blocking(move || {
            let _held = lock.lock().unwrap_or_else(PoisonError::into_inner);
            append(&path, offset, &bytes)
        })
        .await
    }

    /// A log and where its lines are; `None` when nothing was written to it.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn lines(&self, of: Held, stored: &str) -> Result<Option<Lines>, Error> {
        let (path, lock) = (self.path(of, stored), self.logs.of(of, stored));
        blocking(move || {
            let _held = lock.lock().unwrap_or_else(PoisonError::into_inner);
            match lines_of(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                found => found.map(Some).map_err(|error| refused("the index of a log", &error)),
            }
        })
        .await
    }

    /// Brings an attempt's logs to the disk.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn sync_logs(&self, of: Held, stored: Vec<String>) -> Result<(), Error> {
        if stored.is_empty() {
            return Ok(());
        }
        let logs = stored.iter().map(|stored| self.path(of, stored));
        let paths: Vec<_> = logs.chain(self.dirs(of)).collect();
        blocking(move || {
            paths.iter().try_for_each(|path| sync(path)).map_err(|error| refused("a log", &error))
        })
        .await
    }

    /// The last whole lines of a log, of at most so many bytes.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn end_of_log(&self, of: Held, stored: String, most: usize) -> Result<String, Error> {
        let path = self.path(of, &stored);
        blocking(move || end(&path, most).map_err(|error| refused("a log", &error))).await
    }

    /// Length of a log now.
    pub fn log_length(&self, of: Held, stored: &str) -> u64 {
        self.path(of, stored).metadata().map_or(0, |data| data.len())
    }
}

fn append(path: &Path, offset: u64, bytes: &[u8]) -> Result<Appended, Error> {
    let io = |error: io::Error| refused("the log", &error);
    let file = open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let Some(known) = length.checked_sub(offset) else {
        let told = format!("the log has {length} bytes, so that nothing belongs at {offset} yet");
        return Err(Error::new(Code::WrongOffset, told));
    };
    // What does not fit a usize is longer than the bytes are.
    let new = usize::try_from(known).ok().and_then(|known| bytes.get(known..)).unwrap_or(&[]);
    if new.is_empty() {
        return Ok(Appended { length, grew: false });
    }
    let longer = length + new.len() as u64;
    if longer > LOG_LIMIT {
        let told = format!("the log would have {longer} bytes; the limit is {LOG_LIMIT}");
        return Err(Error::new(Code::TooLarge, told));
    }
    RESERVE.check(&file, new.len() as u64).map_err(io)?;
    match file.write_all_at(new, length) {
        Ok(()) => {
            // The log is what counts: its index can be made again.
            if let Err(error) = lines::note(path, length, new, time::unix_now()) {
                tracing::warn!("files: the index of a log: {error}");
            }
            Ok(Appended { length: longer, grew: true })
        }
        Err(error) => {
            // A part that was written would be right, but readers should not
            // see a log that its worker was told is not stored.
            if let Err(error) = file.set_len(length) {
                tracing::error!("files: a log cannot be cut back: {error}");
            }
            Err(io(error))
        }
    }
}

fn lines_of(path: &Path) -> io::Result<Lines> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok(Lines { pieces: lines::pieces(path, length)?, file, length })
}

fn end(path: &Path, most: usize) -> io::Result<String> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        file => file?,
    };
    let length = file.metadata()?.len();
    let start = length.saturating_sub(most as u64);
    // Not more than `most`, which is a usize.
    let mut bytes = vec![0; usize::try_from(length - start).unwrap_or(most)];
    file.read_exact_at(&mut bytes, start)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(match text.split_once('\n') {
        Some((_, whole)) if start > 0 => whole.to_owned(),
        _ => text,
    })
}

fn open(path: &Path) -> io::Result<File> {
    let open =
        || OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    match (open(), path.parent()) {
        // The attempt's first file makes its directory.
        (Err(error), Some(dir)) if error.kind() == io::ErrorKind::NotFound => {
            private_dirs(dir)?;
            open()
        }
        (opened, _) => opened,
    }
}

fn sync(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => file.sync_all(),
        // A log was named, and nothing was ever written to it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Held = Held { task: 1, attempt: 1 };

    #[tokio::test]
    async fn bytes_sent_again_neither_double_nor_tear() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path()).unwrap();
        let append = async |offset, text: &'static str| {
            files.append(AT, "log-1", offset, Bytes::from(text)).await
        };
        assert_eq!(append(0, "hello ").await.unwrap(), Appended { length: 6, grew: true });
        assert_eq!(append(0, "hello ").await.unwrap(), Appended { length: 6, grew: false });
        assert_eq!(append(3, "lo world").await.unwrap(), Appended { length: 11, grew: true });
        assert_eq!(append(12, "!").await.unwrap_err().code, Code::WrongOffset);
        let stored = std::fs::read(files.path(AT, "log-1")).unwrap();
        assert_eq!(stored, b"hello world");
        files.sync_logs(AT, vec!["log-1".into(), "log-2".into()]).await.unwrap();
    }
}
