//! The log of one attempt: from the pipe that the build writes into, through
//! the mask, into the spool.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use tokio::task::JoinHandle;

use super::halt::{Halt, Reason};
use super::outbox::SpoolWriter;
use crate::plugin::mask::{Masker, Secrets};

/// What the pipe holds while this worker is busy elsewhere, in bytes: a build
/// that writes much does not wait for every block.
const PIPE: usize = 1 << 20;
/// Most bytes of the pipe that are read at once.
const BLOCK: usize = 256 * 1024;

/// The log of one attempt, while it is written.
#[derive(Debug)]
pub struct TaskLog {
    pipe: File,
    reading: JoinHandle<SpoolWriter>,
}

impl TaskLog {
    /// A log that is kept in `spool`. What cannot be kept ends the attempt.
    ///
    /// # Errors
    /// The pipe cannot be made.
    pub fn start(spool: SpoolWriter, secrets: Arc<Secrets>, halt: Halt) -> io::Result<Self> {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        // A user's pipes may hold less together; this one is slower then.
        let _ = fcntl_setpipe_size(&read, PIPE);
        let reading = tokio::task::spawn_blocking(move || {
            copy(File::from(read), spool, &secrets, |error| {
                halt.set(Reason::Failed(format!("the log cannot be kept: {error}")));
            })
        });
        Ok(Self { pipe: File::from(write), reading })
    }

    /// A line of the worker's own.
    pub fn say(&self, line: &str) {
        // Only a reader that has gone makes this fail, and it has said why.
        let _ = (&self.pipe).write_all(own(line).as_bytes());
    }

    /// The end of the pipe for a call to write into.
    ///
    /// # Errors
    /// No descriptor is left.
    pub fn writer(&self) -> io::Result<OwnedFd> {
        Ok(self.pipe.try_clone()?.into())
    }

    /// No more is written: waits until all of it is in the spool, and gives
    /// that. A reader that panicked has closed it.
    pub async fn close(self) -> Option<SpoolWriter> {
        drop(self.pipe);
        self.reading.await.ok()
    }
}

/// The line that says why an attempt failed.
pub fn failed(why: &str) -> String {
    own(&format!("failed: {why}"))
}

/// A line of the worker's own, as it stands in the log.
fn own(line: &str) -> String {
    format!("[mf] {line}\n")
}

/// Reads to the end of the pipe, even when the spool takes no more: a build
/// that cannot write its log would hang.
fn copy(
    mut pipe: File,
    mut spool: SpoolWriter,
    secrets: &Secrets,
    lost: impl Fn(io::Error),
) -> SpoolWriter {
    let mut open = true;
    let mut masker = Masker::new(secrets);
    let mut block = vec![0; BLOCK];
    let mut shown = Vec::new();
    loop {
        let length = match pipe.read(&mut block) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                lost(error);
                return spool;
            }
        };
        shown.clear();
        match length {
            0 => masker.finish(&mut shown),
            _ => masker.push(&block[..length], &mut shown),
        }
        if open && let Err(error) = spool.write(&shown) {
            open = false;
            lost(error);
        }
        if length == 0 {
            return spool;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::outbox::Outbox;
    use mf_core::wire::Held;

    #[tokio::test]
    async fn all_that_is_written_arrives_masked_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let (secrets, halt) = (Arc::new(Secrets::new(["hunter2"])), Halt::new());
        let outbox = Outbox::new(dir.path().to_path_buf(), 100);
        let parcel = outbox.begin(Held { task: 1, attempt: 1 }).unwrap();
        let (writer, mut reader) = parcel.log().unwrap();
        let log = TaskLog::start(writer, secrets, halt.clone()).unwrap();
        log.say("first");
        let mut writer = File::from(log.writer().unwrap());
        let thread = std::thread::spawn(move || {
            for _ in 0..100_000 {
                writer.write_all(b"the password is hunter2\n").unwrap();
            }
        });
        thread.join().unwrap();
        log.say("last");
        drop(log.close().await);
        let whole = reader.wait(|_| false).await;
        let text = reader.read(0, usize::try_from(whole.length).unwrap()).unwrap();
        let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        assert_eq!(lines.len(), 100_003);
        assert_eq!((lines[0], lines[100_001]), (&b"[mf] first"[..], &b"[mf] last"[..]));
        assert!(lines[1..100_001].iter().all(|line| *line == b"the password is ***"));
        assert_eq!(halt.reason(), None);
    }
}
