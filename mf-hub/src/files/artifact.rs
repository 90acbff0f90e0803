//! Artifacts: whole files that a worker sends. They have a temporary name until
//! every byte is there, hashed and on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use mf_core::error::{Code, Error};
use mf_core::wire::Held;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;

use super::secret::hex;
use super::{Files, INCOMING, RESERVE, blocking, private_dirs, refused, sync_dir};

/// Largest file, in bytes.
pub const FILE_LIMIT: u64 = 64 << 30;
/// Blocks that may wait for the disk before the network has to.
const AHEAD: usize = 16;

/// Files that arrive at the same time; each keeps a thread. Who comes then
/// waits for one of them to end.
pub(super) const AT_ONCE: usize = 64;

/// A file that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its name on disk.
    pub stored: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A file that is arriving. Dropped before its end, it leaves nothing behind.
#[derive(Debug)]
pub struct Arriving {
    blocks: mpsc::Sender<Bytes>,
    written: JoinHandle<Result<Written, Error>>,
    sha256: String,
    _place: OwnedSemaphorePermit,
}

/// All bytes that came, under a temporary name.
#[derive(Debug)]
struct Written {
    file: File,
    temporary: Temporary,
    size: u64,
    sha256: String,
}

/// A file that goes away unless it is linked elsewhere before.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!("files: {}: {error}", self.0.display());
        }
    }
}

impl Files {
    /// Begins to store a file whose SHA-256 will be `sha256`.
    ///
    /// # Errors
    /// [`Code::InvalidValue`] when that is no SHA-256; the disk fails.
    pub async fn receive(&self, sha256: &str) -> Result<Arriving, Error> {
        let digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        if sha256.len() != 64 || !sha256.bytes().all(digit) {
            let told = "sha256 takes 64 hexadecimal digits, in lower case".to_owned();
            return Err(Error::new(Code::InvalidValue, told));
        }
        let place = Arc::clone(&self.arrivals).acquire_owned().await.map_err(|_| {
            // Nobody closes it; a hub that did would be at its end.
            Error::new(Code::Busy, "the hub is stopping; send the file again when it is back")
        })?;
        let path = self.root.join(INCOMING).join(format!("{:032x}", rand::random::<u128>()));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| refused("the file", &error))?;
        let temporary = Temporary(path);
        let (blocks, arriving) = mpsc::channel(AHEAD);
        let written = tokio::task::spawn_blocking(move || write(file, temporary, arriving));
        Ok(Arriving { blocks, written, sha256: sha256.to_owned(), _place: place })
    }
}

impl Arriving {
    /// Takes the next bytes; `false` when the disk fails, and
    /// [`Arriving::keep`] says why.
    pub async fn push(&self, bytes: Bytes) -> bool {
        self.blocks.send(bytes).await.is_ok()
    }

    /// All bytes have come: checks them and stores the file for good. The
    /// same file again is fine.
    ///
    /// # Errors
    /// [`Code::InvalidValue`] when they are not those that were announced,
    /// [`Code::TooLarge`], [`Code::DiskFull`].
    pub async fn keep(self, files: &Files, of: Held) -> Result<Stored, Error> {
        let place = (files.path(of, &self.sha256), files.dirs(of));
        self.keep_at(place).await
    }

    /// The same, for a file of an index in a tag's repository.
    ///
    /// # Errors
    /// As [`Arriving::keep`].
    pub async fn keep_in_repository(self, files: &Files, tag: i64) -> Result<Stored, Error> {
        let place = files.repository_place(tag, &self.sha256);
        self.keep_at(place).await
    }

    /// Stores it under a path, in the first of some directories; those above
    /// it come after it.
    async fn keep_at(self, (path, dirs): (PathBuf, Vec<PathBuf>)) -> Result<Stored, Error> {
        drop(self.blocks);
        let written = self.written.await.unwrap_or_else(|error| {
            tracing::error!("files: {error}");
            Err(Error::new(Code::Internal, "the hub could not store the file"))
        })?;
        if written.sha256 != self.sha256 {
            let told = format!(
                "the {} bytes that came have the sha256 {}, not {}; nothing was stored, send it again",
                written.size, written.sha256, self.sha256
            );
            return Err(Error::new(Code::InvalidValue, told));
        }
        let size = written.size;
        let linked = blocking(move || {
            link(&written, &path, &dirs).map_err(|error| refused("the file", &error))
        });
        linked.await?;
        Ok(Stored { stored: self.sha256, size })
    }
}

fn write(
    mut file: File,
    temporary: Temporary,
    mut blocks: mpsc::Receiver<Bytes>,
) -> Result<Written, Error> {
    let (mut hash, mut size) = (Sha256::new(), 0);
    while let Some(block) = blocks.blocking_recv() {
        size += block.len() as u64;
        if size > FILE_LIMIT {
            let told = format!("the file has more than {FILE_LIMIT} bytes, which is the limit");
            return Err(Error::new(Code::TooLarge, told));
        }
        RESERVE
            .check(&file, block.len() as u64)
            .and_then(|()| file.write_all(&block))
            .map_err(|error| refused("the file", &error))?;
        hash.update(&block);
    }
    Ok(Written { file, temporary, size, sha256: hex(&hash.finalize()) })
}

fn link(written: &Written, path: &Path, dirs: &[PathBuf]) -> io::Result<()> {
    written.file.sync_all()?;
    dirs.first().map_or(Ok(()), |dir| private_dirs(dir))?;
    match fs::hard_link(&written.temporary.0, path) {
        // Its name is its hash: it is the same file.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    dirs.iter().try_for_each(|dir| sync_dir(dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Held = Held { task: 3, attempt: 1 };
    /// SHA-256 of "hello".
    const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    async fn send(files: &Files, sha256: &str, text: &'static str) -> Result<Stored, Error> {
        let arriving = files.receive(sha256).await?;
        assert!(arriving.push(Bytes::from(text)).await);
        arriving.keep(files, AT).await
    }

    fn incoming(files: &Files) -> usize {
        fs::read_dir(files.root.join(INCOMING)).unwrap().count()
    }

    #[tokio::test]
    async fn only_what_was_announced_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path()).unwrap();
        let kept = send(&files, HELLO, "hello").await.unwrap();
        assert_eq!(kept, Stored { stored: HELLO.into(), size: 5 });
        assert_eq!(send(&files, HELLO, "hello").await.unwrap(), kept);
        assert_eq!(fs::read(files.path(AT, HELLO)).unwrap(), b"hello");
        let wrong = send(&files, HELLO, "hell").await.unwrap_err();
        assert_eq!(wrong.code, Code::InvalidValue);
        assert!(wrong.sentence.starts_with("the 4 bytes that came"), "{wrong}");
        assert_eq!(incoming(&files), 0);
        assert_eq!(files.receive("../x").await.unwrap_err().code, Code::InvalidValue);
    }
}
