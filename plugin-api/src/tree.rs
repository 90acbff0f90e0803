//! Copying a tree of source to where another user builds.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, chown, lchown};
use std::path::Path;

/// What version control keeps for itself is no source.
const NOT_SOURCE: [&str; 4] = [".git", ".bzr", ".hg", ".svn"];

/// Who a copy belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its user id.
    pub uid: u32,
    /// Its group id.
    pub gid: u32,
}

/// Copies a file or a tree, without what version control keeps in it, and
/// gives the copy to `owner`, who alone may enter its directories. Symbolic
/// links are copied as they are and never followed.
///
/// # Errors
/// It cannot be read or written, there is something at `to`, or there is
/// neither a file, a directory nor a link.
pub fn copy(from: &Path, to: &Path, owner: Owner) -> io::Result<()> {
    let (uid, gid) = (Some(owner.uid), Some(owner.gid));
    let kind = fs::symlink_metadata(from)?.file_type();
    if kind.is_symlink() {
        std::os::unix::fs::symlink(fs::read_link(from)?, to)?;
        lchown(to, uid, gid)
    } else if kind.is_dir() {
        directory(to, owner)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            if !NOT_SOURCE.iter().any(|not| name == *not) {
                copy(&from.join(&name), &to.join(&name), owner)?;
            }
        }
        Ok(())
    } else if kind.is_file() {
        fs::copy(from, to)?;
        chown(to, uid, gid)
    } else {
        let told = format!("{} is neither a file nor a directory", from.display());
        Err(io::Error::new(ErrorKind::InvalidInput, told))
    }
}

/// Makes a directory that `owner` alone may enter.
///
/// # Errors
/// It is there already, or cannot be made or given away.
pub fn directory(path: &Path, owner: Owner) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    chown(path, Some(owner.uid), Some(owner.gid))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    #[test]
    fn a_tree_is_copied_without_its_history_and_links_stay_links() {
        let dir = tempfile::tempdir().unwrap();
        let from = dir.path().join("from");
        fs::create_dir_all(from.join("sub/.git/objects")).unwrap();
        fs::write(from.join("sub/file"), "text").unwrap();
        symlink("/etc/passwd", from.join("link")).unwrap();
        let own = fs::metadata(dir.path()).unwrap();
        let owner = Owner { uid: own.uid(), gid: own.gid() };
        let to = dir.path().join("to");
        copy(&from, &to, owner).unwrap();
        assert_eq!(fs::read_to_string(to.join("sub/file")).unwrap(), "text");
        assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("/etc/passwd"));
        assert!(!to.join("sub/.git").exists());
        assert_eq!(fs::metadata(&to).unwrap().mode() & 0o777, 0o700);
        copy(&from, &to, owner).unwrap_err();
        rustix::fs::mkfifoat(rustix::fs::CWD, from.join("fifo"), rustix::fs::Mode::RUSR).unwrap();
        let told = copy(&from, &dir.path().join("again"), owner).unwrap_err().to_string();
        assert!(told.ends_with("fifo is neither a file nor a directory"), "{told}");
    }
}
