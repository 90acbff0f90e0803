//! Files of a build, opened so that they are the build's own: nothing outside
//! its work directory, whatever lies there.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use monkeyfarm_plugin_api::ArtifactKind;
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, open, openat2};

/// A file that the hub is to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is to the farm.
    pub kind: ArtifactKind,
    /// Name under which the hub keeps it.
    pub name: String,
    /// Where it is, below the work directory.
    pub path: PathBuf,
}

/// A work directory, as the place that files are opened beneath.
#[derive(Debug)]
pub struct Beneath {
    root: OwnedFd,
    path: PathBuf,
}

impl Beneath {
    /// Opens the work directory.
    ///
    /// # Errors
    /// It is not there.
    pub fn new(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = open(path, flags, Mode::empty())?;
        Ok(Self { root, path: path.to_path_buf() })
    }

    /// Where `path` is below the work directory.
    ///
    /// # Errors
    /// A sentence: it is not below it.
    pub fn inside(&self, path: &Path) -> Result<PathBuf, String> {
        let inside =
            if path.is_absolute() { path.strip_prefix(&self.path).ok() } else { Some(path) };
        inside
            .filter(|inside| inside.components().all(|part| matches!(part, Component::Normal(_))))
            .filter(|inside| inside.components().next().is_some())
            .map(Path::to_path_buf)
            .ok_or_else(|| format!("{} is not below the work directory", path.display()))
    }

    /// Opens a regular file by its path below the work directory.
    ///
    /// # Errors
    /// A sentence: it is not there, no regular file, or a symbolic link is on
    /// the way to it.
    pub fn open(&self, inside: &Path) -> Result<File, String> {
        let shown = inside.display();
        // Not blocking, for a FIFO would wait for a writer for ever.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let file = openat2(&self.root, inside, flags, Mode::empty(), resolve).map_err(|error| {
            use rustix::io::Errno;
            match error {
                Errno::LOOP => format!("{shown} is a symbolic link, or lies behind one"),
                Errno::XDEV => format!("{shown} leads out of the work directory"),
                error => format!("{shown} cannot be opened: {error}"),
            }
        })?;
        let stat = fstat(&file).map_err(|e| format!("{shown} cannot be examined: {e}"))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Ok(file.into()),
            _ => Err(format!("{shown} is no regular file")),
        }
    }

    /// Size of a file, in bytes.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn size(&self, inside: &Path) -> Result<u64, String> {
        let examined = self.open(inside)?.metadata();
        examined.map(|data| data.len()).map_err(|e| format!("{}: {e}", inside.display()))
    }

    /// Moves a file to `to`, outside the work directory. Nothing of the build
    /// runs any more, so that the file is the one that was looked at.
    ///
    /// # Errors
    /// A sentence: it cannot be opened, or not be written there.
    pub fn take(&self, inside: &Path, to: &Path) -> Result<(), String> {
        let mut file = self.open(inside)?;
        // Nobody put a symbolic link on the way to it: it has been opened.
        if std::fs::rename(self.path.join(inside), to).is_ok() {
            return Ok(());
        }
        // It is on another disk, or its directory is locked.
        File::create_new(to)
            .and_then(|mut copy| io::copy(&mut file, &mut copy))
            .map(drop)
            .map_err(|e| format!("{} cannot be kept: {e}", inside.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest;
    use rustix::fs::CWD;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_regular_files_of_the_build_are_opened() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "key").unwrap();
        let work = tempfile::tempdir().unwrap();
        let at = |name: &str| work.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        std::fs::write(at("sub/good"), "hello").unwrap();
        symlink(outside.path().join("secret"), at("link")).unwrap();
        symlink(outside.path(), at("away")).unwrap();
        symlink(at("sub"), at("inner")).unwrap();
        rustix::fs::mkfifoat(CWD, at("fifo"), Mode::RUSR | Mode::WUSR).unwrap();

        let beneath = Beneath::new(work.path()).unwrap();
        let inside = beneath.inside(&at("sub/good")).unwrap();
        assert_eq!(inside, Path::new("sub/good"));
        assert_eq!(
            digest::of(beneath.open(&inside).unwrap()).unwrap(),
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        );
        let why = |path: &str| beneath.open(Path::new(path)).unwrap_err();
        assert!(why("link").contains("symbolic link"));
        assert!(why("away/secret").contains("symbolic link"));
        assert!(why("inner/good").contains("symbolic link"));
        assert!(why("../secret").contains("leads out"));
        assert!(why("/etc/passwd").contains("leads out"));
        assert!(why("sub").contains("no regular file"));
        assert!(why("fifo").contains("no regular file"));
        assert!(why("missing").contains("cannot be opened"));
        for path in ["/etc/passwd", "../x", "sub/../../x", "", "/"] {
            let told = beneath.inside(Path::new(path)).unwrap_err();
            assert!(told.contains("not below the work directory"), "{told}");
        }
    }
}
