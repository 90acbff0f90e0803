//! The stage: a directory that both the worker and mock's user can get at.
//! The task's own is the worker's alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::Failure;
use monkeyfarm_plugin_api::tree::{self, Owner};
use rustix::fs::OFlags;

use crate::local::Local;
use crate::user::User;

/// A stage, which its user alone can look into.
#[derive(Debug)]
pub(crate) struct Stage {
    dir: PathBuf,
    owner: Owner,
}

impl Stage {
    /// Where the stage of a root is.
    pub(crate) fn path(local: &Local, root: &str) -> PathBuf {
        local.stage_dir.join(format!("mf-mock-{root}"))
    }

    /// Makes it; what an earlier call has left there is removed.
    pub(crate) fn make(dir: PathBuf, user: &User) -> Result<Self, Failure> {
        let stage = Self { dir, owner: Owner { uid: user.uid, gid: user.gid } };
        stage.remove()?;
        for path in [stage.dir.clone(), stage.input(), stage.result()] {
            tree::directory(&path, stage.owner).map_err(|error| {
                Failure::new(format!(
                    "cannot make {} for the user {}: {error}; mock needs a worker that runs as root",
                    path.display(),
                    user.name
                ))
            })?;
        }
        Ok(stage)
    }

    /// The directory itself.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// What mock reads.
    pub(crate) fn input(&self) -> PathBuf {
        self.dir.join("input")
    }

    /// What mock writes.
    pub(crate) fn result(&self) -> PathBuf {
        self.dir.join("result")
    }

    /// Puts a text there, for mock to read.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        let path = self.input().join(name);
        fs::write(&path, text).map_err(Failure::io(format!("cannot write {}", path.display())))?;
        Ok(path)
    }

    /// Copies a file or a tree there, for mock to read. Symbolic links are
    /// copied as they are: mock resolves them in the chroot.
    pub(crate) fn put(&self, from: &Path, name: &str) -> Result<PathBuf, Failure> {
        let to = self.input().join(name);
        tree::copy(from, &to, self.owner).map_err(Failure::io(format!(
            "cannot copy {} to {}",
            from.display(),
            to.display()
        )))?;
        Ok(to)
    }

    /// Takes the regular files that mock made into `to`, by their names.
    /// Links are passed over: their directory is not the worker's alone.
    pub(crate) fn take(&self, to: &Path) -> Result<Vec<String>, Failure> {
        let result = self.result();
        let cannot = || Failure::io(format!("cannot take the results from {}", result.display()));
        fs::create_dir_all(to).map_err(Failure::io(format!("cannot make {}", to.display())))?;
        let mut names = Vec::new();
        for entry in fs::read_dir(&result).map_err(cannot())? {
            let Ok(name) = entry.map_err(cannot())?.file_name().into_string() else { continue };
            let Some(mut file) = open(&result.join(&name)).map_err(cannot())? else { continue };
            let path = to.join(&name);
            let mut copy = File::create(&path)
                .map_err(Failure::io(format!("cannot make {}", path.display())))?;
            io::copy(&mut file, &mut copy)
                .map_err(Failure::io(format!("cannot keep {}", path.display())))?;
            names.push(name);
        }
        names.sort();
        Ok(names)
    }

    /// Removes it with all that is in it.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        remove(&self.dir)
    }
}

/// Removes a tree, if it is there.
pub(crate) fn remove(dir: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::new(format!("cannot remove {}: {error}", dir.display())))
        }
        _ => Ok(()),
    }
}

/// Opens a regular file by its own name; `None`: it is something else.
pub(crate) fn open(path: &Path) -> io::Result<Option<File>> {
    // Not blocking, for a FIFO would wait for a writer for ever.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Ok(None);
        }
        file => file?,
    };
    Ok(file.metadata()?.is_file().then_some(file))
}
