//! A log on its way to the hub: a file on this host, written at its end and
//! read wherever the hub has come to.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use mf_core::disk::Reserve;
use tokio::sync::watch;

use super::room::Share;

/// Most bytes of one log. A build that says more is in a loop, and would fill
/// this host's disk and the hub's.
pub const LIMIT: u64 = 1 << 30;

/// What a log leaves free of its disk: more than the hub's files do, so that a
/// log that both keep on one disk is given up here first.
const RESERVE: Reserve = Reserve { most: 128 * 1024 * 1024, part: 10 };

/// How far a log has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Its length, in bytes.
    pub length: u64,
    /// Whether it is whole.
    pub closed: bool,
}

/// The end that is written.
#[derive(Debug)]
pub struct SpoolWriter {
    file: Arc<File>,
    progress: watch::Sender<Progress>,
    share: Arc<Share>,
}

/// The end that is read.
#[derive(Clone, Debug)]
pub struct SpoolReader {
    file: Arc<File>,
    progress: watch::Receiver<Progress>,
    share: Arc<Share>,
}

/// The spool at `path`, whose bytes take up `share` until they are sent. One
/// that is there goes on at its end.
///
/// # Errors
/// The disk does not give it.
pub(super) fn open(path: &Path, share: Arc<Share>) -> io::Result<(SpoolWriter, SpoolReader)> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path)?;
    let (file, length) = (Arc::new(file), path.metadata()?.len());
    let (sender, progress) = watch::channel(Progress { length, closed: false });
    let writer = SpoolWriter { file: file.clone(), progress: sender, share: share.clone() };
    Ok((writer, SpoolReader { file, progress, share }))
}

impl SpoolWriter {
    /// Appends.
    ///
    /// # Errors
    /// Disk or outbox are full, or the log is longer than [`LIMIT`]: nothing
    /// of `bytes` is in it then.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = self.progress.borrow().length;
        let longer = length + bytes.len() as u64;
        if longer > LIMIT {
            let told = format!("the log is longer than {LIMIT} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, told));
        }
        RESERVE.check(&self.file, bytes.len() as u64)?;
        self.share.take(bytes.len() as u64)?;
        self.append(bytes, length)
    }

    /// Appends a line that says how it ended, for which there is always room.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn last_words(&mut self, line: &str) -> io::Result<()> {
        self.share.hold(line.len() as u64);
        let length = self.progress.borrow().length;
        self.append(line.as_bytes(), length)
    }

    fn append(&mut self, bytes: &[u8], length: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, length)?;
        self.progress.send_modify(|progress| progress.length = length + bytes.len() as u64);
        Ok(())
    }
}

impl Drop for SpoolWriter {
    fn drop(&mut self) {
        self.progress.send_modify(|progress| progress.closed = true);
    }
}

impl SpoolReader {
    /// How far the log has come.
    pub fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    /// Waits until it has come so far that `enough` says so, or is whole.
    pub async fn wait(&mut self, mut enough: impl FnMut(u64) -> bool) -> Progress {
        let far = self.progress.wait_for(|now| now.closed || enough(now.length)).await;
        let far = far.map(|progress| *progress).ok();
        // A writer that is gone said before that the log is whole.
        far.unwrap_or_else(|| self.progress())
    }

    /// The hub has come from `before` to `now`, which may be less.
    pub fn sent(&self, before: u64, now: u64) {
        if now >= before {
            self.share.give(now - before);
        } else {
            self.share.hold(before - now);
        }
    }

    /// At most `most` of its bytes, from `offset` on.
    ///
    /// # Errors
    /// The disk does not give them.
    pub fn read(&self, offset: u64, most: usize) -> io::Result<Bytes> {
        let there = self.progress().length.saturating_sub(offset);
        let mut bytes = vec![0; usize::try_from(there).unwrap_or(most).min(most)];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes.into())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::worker::outbox::room::Room;

    /// A new spool in `dir`, with much room.
    pub fn new(dir: &Path) -> (SpoolWriter, SpoolReader) {
        open(&dir.join("log"), Arc::new(Arc::new(Room::new(1_000)).share())).unwrap()
    }

    #[tokio::test]
    async fn what_is_written_is_read_while_it_grows() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, mut reader) = new(dir.path());
        writer.write(b"hello, ").unwrap();
        let far = reader.wait(|length| length > 0).await;
        assert_eq!(far, Progress { length: 7, closed: false });
        assert_eq!(reader.read(0, 100).unwrap(), "hello, ");
        writer.write(b"world").unwrap();
        assert_eq!(reader.read(5, 4).unwrap(), ", wo");
        drop(writer);
        let far = reader.wait(|length| length > 100).await;
        assert_eq!(far, Progress { length: 12, closed: true });
        assert_eq!(reader.read(12, 100).unwrap(), "");
    }

    #[test]
    fn a_log_without_end_is_refused_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, reader) = new(dir.path());
        writer.progress.send_modify(|progress| progress.length = LIMIT - 1);
        let told = writer.write(b"xx").unwrap_err().to_string();
        assert_eq!(told, "the log is longer than 1073741824 bytes");
        assert_eq!(reader.progress().length, LIMIT - 1);
        writer.write(b"x").unwrap();
    }

    #[test]
    fn a_full_outbox_takes_no_more_of_a_log_until_some_is_sent_but_last_words() {
        let dir = tempfile::tempdir().unwrap();
        let share = Arc::new(Arc::new(Room::new(1)).share());
        let (mut writer, reader) = open(&dir.path().join("log"), share).unwrap();
        writer.write(&vec![b'x'; 1_000_000]).unwrap();
        let told = writer.write(b"y").unwrap_err().to_string();
        assert!(told.starts_with("the outbox of this worker is full"), "{told}");
        reader.sent(0, 2);
        writer.write(b"yy").unwrap();
        reader.sent(2, 0);
        assert!(writer.write(b"z").is_err(), "the hub has lost what it had");
        writer.last_words("end\n").unwrap();
        assert_eq!(reader.read(1_000_000, 10).unwrap(), "yyend\n");
    }
}
