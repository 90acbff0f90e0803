//! The directories of this host's worker: one for each attempt, one for each
//! plugin's cache.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use mf_core::wire::Held;
use rustix::fs::{FlockOperation, flock};

use crate::program::Locked;

/// The worker's data directory, which is its own as long as this lives.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Opens the directory, making what is missing in it.
    ///
    /// # Errors
    /// Another worker has it, or it cannot be written.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let told = |error: io::Error| {
            anyhow::anyhow!("data directory {} cannot be used: {error}", path.display())
        };
        private(path).map_err(told)?;
        // Without symbolic links on the way: what plugins say of files in it
        // is compared with it.
        let path = &fs::canonicalize(path).map_err(told)?;
        for name in ["tasks", "cache", "outbox"] {
            private(&path.join(name)).map_err(told)?;
        }
        let lock = File::create(path.join("worker.lock")).map_err(told)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: path.to_path_buf(), _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let shown = path.display();
                let told = format!(
                    "another worker has the data directory {shown}; give this one its own with --data-dir"
                );
                Err(Locked(told).into())
            }
            Err(error) => Err(told(error.into())),
        }
    }

    /// Where the directories of attempts are.
    pub fn tasks(&self) -> PathBuf {
        self.path.join("tasks")
    }

    /// Where logs and results are kept until the hub has them.
    pub fn outbox(&self) -> PathBuf {
        self.path.join("outbox")
    }

    /// Where a plugin may keep what stays from task to task.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn cache(&self, plugin: &str) -> io::Result<PathBuf> {
        let path = self.path.join("cache").join(plugin);
        private(&path)?;
        Ok(path)
    }

    /// Whether a plugin has worked here before.
    pub fn has_cache(&self, plugin: &str) -> bool {
        self.path.join("cache").join(plugin).is_dir()
    }

    /// Removes the directories of attempts that a worker left behind that was
    /// killed. Nothing of them may still run.
    pub fn remove_left(&self) {
        let Ok(left) = fs::read_dir(self.tasks()) else { return };
        for entry in left.flatten() {
            let path = entry.path();
            match remove(&path) {
                Ok(()) => tracing::info!("removed {}, left by an earlier worker", path.display()),
                Err(error) => tracing::warn!("{} cannot be removed: {error}", path.display()),
            }
        }
    }
}

/// The work directory of one attempt.
#[derive(Debug)]
pub struct TaskDir {
    root: PathBuf,
}

impl TaskDir {
    /// Makes it, with the directories that a build finds in it.
    ///
    /// # Errors
    /// The disk is full, or the like.
    pub fn create(tasks: &Path, held: Held) -> io::Result<Self> {
        let root = tasks.join(format!("{}.{}", held.task, held.attempt));
        let dir = Self { root };
        DirBuilder::new().mode(0o700).create(&dir.root)?;
        for path in [dir.source(), dir.result()] {
            DirBuilder::new().mode(0o700).create(path)?;
        }
        Ok(dir)
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the checkout goes.
    pub fn source(&self) -> PathBuf {
        self.root.join("source")
    }

    /// Removes what was checked out, for another checkout.
    ///
    /// # Errors
    /// As [`TaskDir::remove`].
    pub fn empty_source(&self) -> io::Result<()> {
        remove(&self.source())?;
        DirBuilder::new().mode(0o700).create(self.source())
    }

    /// Where results go.
    pub fn result(&self) -> PathBuf {
        self.root.join("result")
    }

    /// Removes it with all that is in it.
    ///
    /// # Errors
    /// Something in it belongs to another user, or the disk fails.
    pub fn remove(&self) -> io::Result<()> {
        remove(&self.root)
    }
}

/// Makes a directory that nobody else can look into, if there is none.
fn private(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Removes a tree, even one whose directories its maker locked: some tools
/// write-protect all that they download.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            unlock(path)?;
            fs::remove_dir_all(path)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Lets the owner into every directory of a tree. Nothing of the tree's build
/// runs any more that could put a symbolic link in the way.
fn unlock(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            unlock(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_worker_has_the_directory_and_it_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("worker");
        let first = DataDir::open(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        let told = DataDir::open(&path).unwrap_err();
        assert!(told.is::<Locked>() && told.to_string().contains("--data-dir"), "{told}");
        drop(first);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let tasks = DataDir::open(&link).unwrap().tasks();
        assert_eq!(tasks, path.canonicalize().unwrap().join("tasks"));
    }

    #[test]
    fn what_an_earlier_worker_left_is_removed_with_all_that_is_locked() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::open(dir.path()).unwrap();
        let task = TaskDir::create(&data.tasks(), Held { task: 7, attempt: 2 }).unwrap();
        assert!(task.root().ends_with("tasks/7.2") && task.result().is_dir());
        let locked = task.source().join("locked");
        fs::create_dir(&locked).unwrap();
        fs::write(locked.join("file"), "").unwrap();
        std::os::unix::fs::symlink("/", locked.join("link")).unwrap();
        fs::set_permissions(&locked, Permissions::from_mode(0o000)).unwrap();
        data.remove_left();
        assert_eq!(fs::read_dir(data.tasks()).unwrap().count(), 0);
        task.remove().unwrap();
    }
}
