//! Files of tags' repositories: each named by its SHA-256, beneath
//! `files/repositories/<tag>`. What a task made is a link to its own file, so
//! that it costs no room, and stays when the task goes.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use mf_core::error::{Code, Error};
use mf_core::wire::Held;

use super::{Files, Reading, private_dirs, refused, sync_dir};

/// Beneath the directory of files.
pub(super) const REPOSITORIES: &str = "repositories";

impl Files {
    /// The directory of a tag's files.
    pub(super) fn repository(&self, tag: i64) -> PathBuf {
        self.root.join(REPOSITORIES).join(tag.to_string())
    }

    /// Links files that attempts have made into a tag's directory, by their
    /// names on disk; and looks that those without an attempt are there.
    /// Everything is on the disk when it returns; what is linked already
    /// costs a look.
    ///
    /// # Errors
    /// [`Code::Refused`] with the place in `wanted` of one that is gone; the
    /// disk fails.
    pub fn gather(
        &self,
        tag: i64,
        wanted: &[(String, Option<Held>)],
    ) -> Result<(), (usize, Error)> {
        let dir = self.repository(tag);
        let disk = |error: &io::Error| (0, refused("the repository", error));
        private_dirs(&dir).map_err(|error| disk(&error))?;
        for (number, (sha256, made_by)) in wanted.iter().enumerate() {
            let path = dir.join(sha256);
            let there = match made_by {
                Some(of) => match fs::hard_link(self.path(*of, sha256), &path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
                    linked => linked,
                },
                None => fs::metadata(&path).map(drop),
            };
            match there {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let gone = Error::new(Code::Refused, "it is gone from the hub's disk");
                    return Err((number, gone));
                }
                there => there.map_err(|error| disk(&error))?,
            }
        }
        let synced = sync_dir(&dir).and_then(|()| sync_dir(&self.root.join(REPOSITORIES)));
        synced.map_err(|error| disk(&error))
    }

    /// Opens a file of a tag's repository; `None` when it is gone.
    ///
    /// # Errors
    /// The disk fails.
    pub fn read_repository(&self, tag: i64, sha256: &str) -> Result<Option<Reading>, Error> {
        Reading::open(&self.repository(tag).join(sha256))
    }

    /// Removes what no generation of a tag holds any more: `known` is asked
    /// for each tag that has a directory, after its files were listed, so that
    /// what comes meanwhile stays. Gives how many files went.
    ///
    /// # Errors
    /// A directory cannot be read or changed; the rest stays for another time.
    pub fn sweep_repositories(
        &self,
        mut known: impl FnMut(i64) -> io::Result<HashSet<String>>,
    ) -> io::Result<usize> {
        let mut swept = 0;
        for entry in fs::read_dir(self.root.join(REPOSITORIES))? {
            let entry = entry?;
            // What has no number as its name is not the hub's.
            let Some(tag) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let listed: Vec<_> = fs::read_dir(entry.path())?.collect::<io::Result<_>>()?;
            let known = known(tag)?;
            for file in &listed {
                if !file.file_name().to_str().is_some_and(|name| known.contains(name)) {
                    fs::remove_file(file.path())?;
                    swept += 1;
                }
            }
            if known.is_empty() {
                // A file that has come meanwhile keeps it.
                let _ = fs::remove_dir(entry.path());
            }
        }
        Ok(swept)
    }

    /// Where a file of an index is stored, and the directories above it.
    pub(super) fn repository_place(&self, tag: i64, sha256: &str) -> (PathBuf, Vec<PathBuf>) {
        let dir = self.repository(tag);
        (dir.join(sha256), vec![dir, self.root.join(REPOSITORIES)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_linked_once_and_swept_when_nobody_knows_them() {
        let dir = tempfile::tempdir().unwrap();
        let files = Files::open(dir.path()).unwrap();
        let of = Held { task: 3, attempt: 1 };
        private_dirs(&files.dirs(of)[0]).unwrap();
        fs::write(files.path(of, "aa"), "x").unwrap();
        let wanted = [("aa".to_owned(), Some(of))];
        files.gather(7, &wanted).unwrap();
        files.gather(7, &wanted).unwrap();
        fs::remove_dir_all(files.root.join("tasks/3")).unwrap();
        assert_eq!(files.read_repository(7, "aa").unwrap().unwrap().length().unwrap(), 1);

        let more = [("aa".to_owned(), Some(of)), ("bb".to_owned(), None)];
        let (which, error) = files.gather(7, &more[1..]).unwrap_err();
        assert_eq!((which, error.code), (0, Code::Refused));
        let (which, _) = files.gather(8, &more).unwrap_err();
        assert_eq!(which, 0, "the task is gone, and this tag had no link yet");

        let known =
            |tag| Ok(if tag == 7 { HashSet::from(["aa".to_owned()]) } else { HashSet::new() });
        fs::write(files.repository(8).join("cc"), "x").unwrap();
        assert_eq!(files.sweep_repositories(known).unwrap(), 1);
        assert!(!files.repository(8).exists());
        assert!(files.read_repository(7, "aa").unwrap().is_some());
    }
}
