//! A directory for one call of a program, that nobody else may read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::Failure;

use crate::cache::Cache;

/// What stands for `HOME`: empty but for what this call needs, such as
/// credentials. It goes when it is dropped; what a killed call left goes when
/// the next one needs a home.
#[derive(Debug)]
pub struct Home {
    dir: PathBuf,
    /// Tells it from one that was left behind.
    _lock: File,
}

impl Home {
    /// A new one in `cache`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(cache: &Cache) -> Result<Self, Failure> {
        for number in 0.. {
            let dir = cache.dir.join(format!("{number}.home"));
            let cannot = || Failure::io(format!("cannot make {}", dir.display()));
            loop {
                match DirBuilder::new().mode(0o700).create(&dir) {
                    Ok(()) => {}
                    // Somebody's, or left behind: then it is removed.
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                        if reclaim(&dir) {
                            continue;
                        } else {
                            break;
                        }
                    }
                    Err(error) => return Err(cannot()(error)),
                }
                let lock = File::create(dir.join("lock")).map_err(cannot())?;
                // Between the two steps it may have been taken for a left one.
                if lock.try_lock().is_ok() && lock.metadata().is_ok_and(|data| data.nlink() > 0) {
                    return Ok(Self { dir, _lock: lock });
                }
            }
        }
        Err(Failure::new(format!("{} is full of homes", cache.dir.display())))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Writes a file that only this user may read; its name may have
    /// directories in it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        self.put(name, text, 0o600)
    }

    /// Writes a program.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_program(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        self.put(name, text, 0o700)
    }

    fn put(&self, name: &str, text: &str, mode: u32) -> Result<PathBuf, Failure> {
        let path = self.dir.join(name);
        let cannot = || Failure::io(format!("cannot write {}", path.display()));
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(cannot())?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(cannot())?;
        Ok(path)
    }
}

/// Removes a home that nobody has any more; whether it is gone.
fn reclaim(dir: &Path) -> bool {
    let Ok(lock) = File::open(dir.join("lock")) else { return !dir.exists() };
    lock.try_lock().is_ok() && fs::remove_dir_all(dir).is_ok()
}

impl Drop for Home {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next call.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_call_has_its_own_and_what_was_left_goes() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(dir.path(), 0).unwrap();
        let one = Home::new(&cache).unwrap();
        let secret = one.write("secret", "s3cret").unwrap();
        assert_eq!(fs::metadata(&secret).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(one.path()).unwrap().mode() & 0o777, 0o700);
        let two = Home::new(&cache).unwrap();
        assert_ne!(one.path(), two.path());
        drop(one);
        assert!(!secret.exists());

        // As a killed call leaves it: the kernel gave up its lock.
        fs::create_dir(dir.path().join("0.home")).unwrap();
        fs::write(dir.path().join("0.home/lock"), "").unwrap();
        fs::write(&secret, "s3cret").unwrap();
        let three = Home::new(&cache).unwrap();
        assert!(!secret.exists() && three.path().ends_with("0.home"));
    }
}
