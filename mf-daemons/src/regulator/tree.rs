//! What a handler has put into a directory.

use std::fs;
use std::path::{Path, PathBuf};

/// Deepest place of a file, in directories.
const DEEPEST: usize = 8;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its place beneath the directory, with slashes.
    pub place: String,
    /// Where it is.
    pub path: PathBuf,
}

/// All files beneath `dir`, by their places. Nothing writes there any more.
///
/// # Errors
/// The rest of a sentence, for what is neither a regular file nor a directory.
pub fn files(dir: &Path) -> Result<Vec<Found>, String> {
    let mut found = Vec::new();
    gather(dir, "", DEEPEST, &mut found)?;
    found.sort();
    Ok(found)
}

fn gather(dir: &Path, beneath: &str, deeper: usize, found: &mut Vec<Found>) -> Result<(), String> {
    let unread = |error: std::io::Error| format!("cannot be read: {error}");
    for entry in fs::read_dir(dir).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name();
        let name =
            name.to_str().ok_or_else(|| format!("has a name that is not UTF-8: {name:?}"))?;
        let place = format!("{beneath}{name}");
        // Of the entry itself: a link leads to nothing of the index.
        let kind = entry.file_type().map_err(unread)?;
        if kind.is_dir() && deeper > 0 {
            gather(&entry.path(), &format!("{place}/"), deeper - 1, found)?;
        } else if kind.is_file() {
            found.push(Found { place, path: entry.path() });
        } else if kind.is_dir() {
            return Err(format!("has directories deeper than {DEEPEST}"));
        } else {
            return Err(format!("has {place:?}, which is no regular file"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_and_links_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("repodata")).unwrap();
        fs::write(dir.path().join("repodata/repomd.xml"), "x").unwrap();
        fs::write(dir.path().join("SHA256SUMS"), "x").unwrap();
        let places: Vec<String> =
            files(dir.path()).unwrap().into_iter().map(|found| found.place).collect();
        assert_eq!(places, ["SHA256SUMS", "repodata/repomd.xml"]);
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("passwd")).unwrap();
        assert_eq!(files(dir.path()).unwrap_err(), "has \"passwd\", which is no regular file");
    }
}
