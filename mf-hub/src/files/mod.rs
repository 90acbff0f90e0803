//! Logs and files of tasks, beside the database.
//!
//! Names from outside are kept in rows and never become paths: on disk an
//! artifact is named by its SHA-256 and a log by a number, beneath
//! `files/tasks/<task>/<attempt>`.

mod artifact;
mod lines;
mod log;
pub mod pass;
mod read;
mod repository;
mod secret;
mod sweep;
mod window;

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mf_core::disk::Reserve;
use mf_core::error::{Code, Error};
use mf_core::wire::Held;
use tokio::sync::Semaphore;

pub use artifact::{Arriving, FILE_LIMIT, Stored};
pub use log::{Appended, LOG_LIMIT};
pub use read::{BLOCK, Reading};
pub use secret::Secret;
pub use window::{LINE, Lines, Window};

/// Beneath the data directory: everything that tasks made.
const FILES: &str = "files";
/// Beneath that: what is still arriving.
const INCOMING: &str = "incoming";

/// What files leave of the disk to the database.
const RESERVE: Reserve = Reserve { most: 64 * 1024 * 1024, part: 20 };

/// The directory of files.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    secret: Secret,
    logs: log::Locks,
    arrivals: Arc<Semaphore>,
}

impl Files {
    /// Makes what is missing, and removes what never finished arriving.
    ///
    /// # Errors
    /// The data directory cannot be used.
    pub fn open(data_dir: &Path) -> io::Result<Self> {
        let root = data_dir.join(FILES);
        let incoming = root.join(INCOMING);
        private_dirs(&root.join("tasks"))?;
        private_dirs(&root.join(repository::REPOSITORIES))?;
        match fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => private_dirs(&incoming)?,
        }
        sync_dir(&root)?;
        let secret = Secret::open(&data_dir.join("keys"))?;
        let arrivals = Arc::new(Semaphore::new(artifact::AT_ONCE));
        Ok(Self { root, secret, logs: log::Locks::default(), arrivals })
    }

    /// How many bytes are free where nothing more is taken; `None` while there
    /// is room.
    pub fn scarce(&self) -> Option<u64> {
        let dir = File::open(&self.root).ok()?;
        RESERVE.check(&dir, 0).err()?;
        let disk = rustix::fs::fstatvfs(&dir).ok()?;
        Some(disk.f_bavail * disk.f_frsize)
    }

    /// What the hub signs links and leases with.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Where a file of an attempt is.
    fn path(&self, of: Held, stored: &str) -> PathBuf {
        self.root.join(fs_path(of)).join(stored)
    }

    /// An attempt's directory, and those above it, up to the root.
    fn dirs(&self, of: Held) -> Vec<PathBuf> {
        let dir = self.root.join(fs_path(of));
        dir.ancestors().take_while(|dir| *dir != self.root).map(Path::to_owned).collect()
    }
}

/// Where an attempt's files are, beneath the directory of files.
pub fn fs_path(of: Held) -> String {
    format!("tasks/{}/{}", of.task, of.attempt)
}

fn private_dirs(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// What a caller is told when the disk fails.
fn refused(what: &str, error: &io::Error) -> Error {
    if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        let told = format!("the hub's disk is full; {what} was not stored. free some space there");
        return Error::new(Code::DiskFull, told);
    }
    tracing::error!("files: {what}: {error}");
    Error::new(Code::Internal, format!("the hub could not store {what}; its messages say why"))
}

/// Runs what may wait for the disk on a thread that may.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!("files: {error}");
        Err(Error::new(Code::Internal, "the hub could not do it; its messages say why"))
    })
}
