//! A log on its way to the hub: a file on this host that nobody else can
//! name, written at its end and read wherever the hub has come to.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use mf_core::disk::Reserve;
use tokio::sync::watch;

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
}

/// The end that is read.
#[derive(Clone, Debug)]
pub struct SpoolReader {
    file: Arc<File>,
    progress: watch::Receiver<Progress>,
}

/// A new spool, in `dir`. The file has no name there, so that nothing of it
/// is left whatever becomes of this process.
///
/// # Errors
/// The file cannot be made.
pub fn new(dir: &Path) -> io::Result<(SpoolWriter, SpoolReader)> {
    let file = Arc::new(tempfile::tempfile_in(dir)?);
    let (sender, progress) = watch::channel(Progress::default());
    Ok((SpoolWriter { file: file.clone(), progress: sender }, SpoolReader { file, progress }))
}

impl SpoolWriter {
    /// Appends.
    ///
    /// # Errors
    /// The disk is full, or the log is longer than [`LIMIT`]: nothing of
    /// `bytes` is in it then.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = self.progress.borrow().length;
        let longer = length + bytes.len() as u64;
        if longer > LIMIT {
            let told = format!("the log is longer than {LIMIT} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, told));
        }
        RESERVE.check(&self.file, bytes.len() as u64)?;
        self.file.write_all_at(bytes, length)?;
        self.progress.send_modify(|progress| progress.length = longer);
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
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_is_read_while_it_grows() {
        let dir = tempfile::tempdir().unwrap();
        let (mut writer, mut reader) = new(dir.path()).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "it has no name");
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
        let (mut writer, reader) = new(dir.path()).unwrap();
        writer.progress.send_modify(|progress| progress.length = LIMIT - 1);
        let told = writer.write(b"xx").unwrap_err().to_string();
        assert_eq!(told, "the log is longer than 1073741824 bytes");
        assert_eq!(reader.progress().length, LIMIT - 1);
        writer.write(b"x").unwrap();
    }
}
