//! The record of an attempt that has ended: all that is needed to say so to
//! the hub, by this process or by the next.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use mf_core::task::Lease;
use mf_core::wire::Complete;
use serde::{Deserialize, Serialize};

/// Name of the record in a parcel.
const NAME: &str = "sealed.json";
/// Where it is written before it has that name.
const UNFINISHED: &str = "sealed.json.new";

/// How an attempt ended, and what it leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The attempt with its token, as the header `MF-Lease` has it.
    lease: String,
    /// How it ended.
    pub complete: Complete,
    /// Its files.
    pub items: Vec<Item>,
}

/// One file of a build, kept in the parcel as [`Item::kept`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// `file`, `source`, `log` or `config`.
    pub kind: String,
    /// Name under which the hub keeps it.
    pub name: String,
    /// Name in the parcel, which is this worker's own.
    pub kept: String,
    /// Where the build had it, for sentences.
    pub path: String,
}

impl Sealed {
    /// The record of an attempt that has just ended.
    pub fn new(lease: &Lease, complete: Complete, items: Vec<Item>) -> Self {
        Self { lease: lease.to_string(), complete, items }
    }

    /// The attempt's lease.
    ///
    /// # Errors
    /// It is none.
    pub fn lease(&self) -> Result<Lease, mf_core::error::Error> {
        self.lease.parse()
    }

    /// Reads the record of a parcel; `None` when its attempt had not ended,
    /// or when its worker or host stopped before all of it was on the disk.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(parcel: &Path) -> io::Result<Option<Self>> {
        match fs::read(parcel.join(NAME)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            text => Ok(serde_json::from_slice(&text?).ok()),
        }
    }

    /// Syncs the whole parcel to the disk, and then the record: after a crash
    /// the record is there complete, with everything that it names, or not at
    /// all.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn write(&self, parcel: &Path) -> io::Result<()> {
        let unfinished = parcel.join(UNFINISHED);
        let mut options = File::options();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        for entry in fs::read_dir(parcel)? {
            File::open(entry?.path())?.sync_all()?;
        }
        let above = parcel.parent().unwrap_or(parcel);
        sync_dirs(&[parcel, above])?;
        fs::rename(unfinished, parcel.join(NAME))?;
        sync_dirs(&[parcel])
    }
}

fn sync_dirs(dirs: &[&Path]) -> io::Result<()> {
    dirs.iter().try_for_each(|dir| File::open(dir)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn sealed() -> Sealed {
        let lease = Lease { task: 7, attempt: 2, token: "s3cret".into() };
        Sealed::new(&lease, Complete::default(), Vec::new())
    }

    #[test]
    fn a_record_is_whole_and_private() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Sealed::read(dir.path()).unwrap(), None);
        let sealed = sealed();
        sealed.write(dir.path()).unwrap();
        assert_eq!(Sealed::read(dir.path()).unwrap(), Some(sealed.clone()));
        let mode = dir.path().join(NAME).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(sealed.lease().unwrap().token, "s3cret");
    }

    #[test]
    fn what_was_not_written_to_its_end_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        sealed().write(dir.path()).unwrap();
        let record = dir.path().join(NAME);
        let text = fs::read(&record).unwrap();
        for half in [&text[..text.len() / 2], b""] {
            fs::write(&record, half).unwrap();
            assert_eq!(Sealed::read(dir.path()).unwrap(), None);
        }
        fs::rename(record, dir.path().join(UNFINISHED)).unwrap();
        assert_eq!(Sealed::read(dir.path()).unwrap(), None);
    }
}
