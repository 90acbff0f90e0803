//! The mirrors that stay on a host from task to task.
//!
//! A mirror is named by a hash: no foreign name becomes a path. While it is
//! written there is a mark beside it; a mark that is found means that its
//! writer was killed, so that the mirror is checked and, if it is damaged,
//! made again. What borrows from a mirror is noted beside it, so that it is
//! not removed as long as that is there.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::Failure;
use sha2::{Digest, Sha256};

use crate::trouble::{Suspicion, Trouble};

/// All mirrors of one plugin on one host.
#[derive(Clone, Debug)]
pub struct Cache {
    pub(crate) dir: PathBuf,
    /// How many bytes the mirrors may take together.
    pub(crate) limit: u64,
}

/// The place of one mirror, whether there is one yet or not. What is done
/// here is done under the mirror's [lock](Self::lock_file).
#[derive(Clone, Debug)]
pub struct Place {
    base: PathBuf,
}

impl Cache {
    /// The cache below `dir`, whose mirrors may take `limit` bytes.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn open(dir: &Path, limit: u64) -> Result<Self, Failure> {
        let cannot = || Failure::io(format!("cannot use the cache {}", dir.display()));
        fs::create_dir_all(dir).map_err(cannot())?;
        let dir = std::path::absolute(dir).map_err(cannot())?;
        Ok(Self { dir, limit })
    }

    /// The place for the mirror of what is called `name`, such as a URL.
    pub fn place(&self, name: &str) -> Place {
        let hash = Sha256::digest(name);
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Place { base: self.dir.join(hash) }
    }
}

impl Place {
    /// The one that the mirror at `dir` has.
    pub(crate) fn of_mirror(dir: &Path) -> Self {
        Self { base: dir.with_extension("") }
    }

    fn beside(&self, ending: &str) -> PathBuf {
        self.base.with_extension(ending)
    }

    /// The mirror itself.
    pub fn dir(&self) -> PathBuf {
        self.beside("mirror")
    }

    /// Where a mirror is made, before it gets its name.
    pub fn new_dir(&self) -> PathBuf {
        self.beside("new")
    }

    /// What stands for the mirror when it is locked.
    pub fn lock_file(&self) -> PathBuf {
        self.beside("lock")
    }

    fn mark_file(&self) -> PathBuf {
        self.beside("mark")
    }

    fn lent_file(&self) -> PathBuf {
        self.beside("lent")
    }

    fn size_file(&self) -> PathBuf {
        self.beside("size")
    }

    /// Gives what was made in [`new_dir`](Self::new_dir) its name: only now
    /// is it a mirror.
    ///
    /// # Errors
    /// It cannot be renamed.
    pub fn adopt(&self) -> Result<(), Failure> {
        let dir = self.dir();
        fs::rename(self.new_dir(), &dir)
            .map_err(Failure::io(format!("cannot make {}", dir.display())))
    }

    /// Removes the mirror, if there is one. Half of one never stands under
    /// its name.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove(&self) -> Result<(), Failure> {
        let old = self.beside("old");
        remove_dir(&old)?;
        gone(fs::rename(self.dir(), &old))
            .map_err(Failure::io(format!("cannot remove {}", self.dir().display())))?;
        remove_dir(&old)
    }

    /// Removes all that is here, the lock last.
    pub(crate) fn remove_all(&self) -> Result<(), Failure> {
        self.remove()?;
        for file in [self.mark_file(), self.lent_file(), self.size_file(), self.lock_file()] {
            remove_file(&file)?;
        }
        Ok(())
    }

    /// Says, for whoever comes next, what is to be thought of the mirror.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn mark(&self, suspicion: Suspicion) -> Result<(), Failure> {
        let word = match suspicion {
            Suspicion::Check => "check\n",
            Suspicion::Remake => "remake\n",
        };
        let mark = self.mark_file();
        fs::write(&mark, word).map_err(Failure::io(format!("cannot write {}", mark.display())))
    }

    /// The mirror is sound, or gone.
    ///
    /// # Errors
    /// The mark cannot be removed.
    pub fn unmark(&self) -> Result<(), Failure> {
        remove_file(&self.mark_file())
    }

    /// What is to be thought of the mirror.
    ///
    /// # Errors
    /// The mark cannot be read.
    pub fn suspicion(&self) -> Result<Option<Suspicion>, Failure> {
        let mark = self.mark_file();
        match fs::read(&mark) {
            Ok(word) if word == b"remake\n" => Ok(Some(Suspicion::Remake)),
            Ok(_) => Ok(Some(Suspicion::Check)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::io(format!("cannot read {}", mark.display()))(error)),
        }
    }

    /// Keeps what a trouble says of the mirror.
    pub fn suspect(&self, trouble: Trouble) -> Trouble {
        if let Some(suspicion) = trouble.suspicion
            && let Err(failure) = self.mark(suspicion)
        {
            return failure.into();
        }
        trouble
    }

    /// Notes that what stands at `path` borrows from the mirror: until it is
    /// gone, the mirror stays.
    ///
    /// # Errors
    /// It cannot be noted.
    pub fn lend(&self, path: &Path) -> Result<(), Failure> {
        let lent = self.lent_file();
        let file = fs::File::options().append(true).create(true).open(&lent);
        let mut line = path.as_os_str().as_bytes().to_vec();
        line.push(b'\n');
        file.and_then(|mut file| file.write_all(&line))
            .map_err(Failure::io(format!("cannot write {}", lent.display())))
    }

    /// Whether something borrows from the mirror. Forgets what is gone.
    pub(crate) fn is_lent(&self) -> bool {
        let lent = fs::read(self.lent_file()).unwrap_or_default();
        let paths = lent.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        paths.map(std::ffi::OsStr::from_bytes).any(|path| fs::symlink_metadata(path).is_ok())
    }

    /// Forgets who borrowed, when nobody does any more.
    ///
    /// # Errors
    /// The note cannot be removed.
    pub fn tidy(&self) -> Result<(), Failure> {
        if self.is_lent() { Ok(()) } else { remove_file(&self.lent_file()) }
    }

    /// Notes how large the mirror is now.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn note_size(&self) -> Result<(), Failure> {
        let file = self.size_file();
        fs::write(&file, measure(&self.dir()).to_string())
            .map_err(Failure::io(format!("cannot write {}", file.display())))
    }

    /// How large the mirror was when it was last written, in bytes.
    pub(crate) fn size(&self) -> u64 {
        let noted = fs::read_to_string(self.size_file()).ok().and_then(|text| text.parse().ok());
        noted.unwrap_or_else(|| measure(&self.dir()))
    }
}

/// How many bytes the files below `dir` have. What cannot be read counts
/// nothing: it is an estimate, and others may be at work.
fn measure(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => measure(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// Removes a directory with all that is in it, if it is there.
///
/// # Errors
/// It cannot be removed.
pub fn remove_dir(dir: &Path) -> Result<(), Failure> {
    gone(fs::remove_dir_all(dir)).map_err(Failure::io(format!("cannot remove {}", dir.display())))
}

fn remove_file(file: &Path) -> Result<(), Failure> {
    gone(fs::remove_file(file)).map_err(Failure::io(format!("cannot remove {}", file.display())))
}

/// What is not there need not be removed.
fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
