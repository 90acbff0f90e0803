//! Reads a file that may be a plugin, without trusting it to be a file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, statat};

/// Largest plugin, in bytes. The plugins of the farm have less than five
/// MiB; what has many times that is no plugin, and is not read.
pub const SIZE_LIMIT: u64 = 64 * 1024 * 1024;

/// What tells whether a file is still the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: i64,
    modified: (i64, u64),
    changed: (i64, u64),
    mode: u32,
}

impl Stamp {
    /// The stamp of what lies at `path`, which is not followed and not opened.
    ///
    /// # Errors
    /// A sentence: nothing can be seen there.
    pub fn of(path: &Path) -> Result<Self, String> {
        let seen = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW);
        seen.map(|stat| Self::from_stat(&stat)).map_err(|e| format!("cannot be examined: {e}"))
    }

    fn from_stat(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: stat.st_size,
            modified: (stat.st_mtime, stat.st_mtime_nsec),
            changed: (stat.st_ctime, stat.st_ctime_nsec),
            mode: stat.st_mode,
        }
    }

    /// Whether something with this stamp may be read as a plugin.
    fn check(&self) -> Result<(), String> {
        let what = match FileType::from_raw_mode(self.mode) {
            FileType::RegularFile => return self.check_file(),
            FileType::Symlink => "a symbolic link; put the plugin itself there",
            FileType::Directory => "a directory; plugins are not looked for inside it",
            FileType::Fifo => "a FIFO",
            FileType::Socket => "a socket",
            _ => "a device",
        };
        Err(format!("is not a regular file but {what}"))
    }

    fn check_file(&self) -> Result<(), String> {
        if self.size == 0 {
            return Err("is empty".into());
        }
        if self.size.unsigned_abs() > SIZE_LIMIT {
            return Err(format!(
                "has {} bytes; the limit for a plugin is {SIZE_LIMIT}",
                self.size.unsigned_abs()
            ));
        }
        if Mode::from_raw_mode(self.mode).contains(Mode::WOTH) {
            return Err("can be written by anyone on this host; take that away: chmod o-w".into());
        }
        Ok(())
    }
}

/// Reads the whole file at `path`, once.
///
/// # Errors
/// A sentence that goes on from the path: it is no regular file, too large,
/// writable by anyone, cannot be read, or changes meanwhile.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    // Looked at before it is opened: opening alone can do harm to a device.
    Stamp::of(path)?.check()?;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file =
        openat(CWD, path, flags, Mode::empty()).map_err(|e| format!("cannot be opened: {e}"))?;
    let before = Stamp::from_stat(&fstat(&file).map_err(|e| format!("cannot be examined: {e}"))?);
    before.check()?;
    let mut file = File::from(file);
    let mut bytes = Vec::new();
    let limit = before.size.unsigned_abs() + 1;
    (&mut file).take(limit).read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {e}"))?;
    let after = Stamp::from_stat(&fstat(&file).map_err(|e| format!("cannot be examined: {e}"))?);
    if before != after || bytes.len() as u64 != before.size.unsigned_abs() {
        return Err("is being written just now".into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn only_a_regular_file_of_bearable_size_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let why = |name: &str| read(&path(name)).unwrap_err();

        std::fs::write(path("good"), b"bytes").unwrap();
        assert_eq!(read(&path("good")).unwrap(), b"bytes");

        assert_eq!(why("missing"), "cannot be examined: No such file or directory (os error 2)");
        std::fs::write(path("empty"), b"").unwrap();
        assert_eq!(why("empty"), "is empty");
        symlink(path("good"), path("link")).unwrap();
        assert!(why("link").contains("symbolic link"));
        std::fs::create_dir(path("dir")).unwrap();
        assert!(why("dir").contains("a directory"));
        rustix::fs::mkfifoat(CWD, path("fifo"), Mode::RUSR | Mode::WUSR).unwrap();
        assert_eq!(why("fifo"), "is not a regular file but a FIFO");
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        assert_eq!(why("socket"), "is not a regular file but a socket");
        assert_eq!(read(Path::new("/dev/null")).unwrap_err(), "is not a regular file but a device");
        File::create(path("giant")).unwrap().set_len(SIZE_LIMIT + 1).unwrap();
        assert!(why("giant").contains("the limit for a plugin is 67108864"));
        std::fs::set_permissions(path("good"), PermissionsExt::from_mode(0o666)).unwrap();
        assert!(why("good").contains("chmod o-w"));
    }
}
