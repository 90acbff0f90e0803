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
/// What names one run of this host's kernel.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// How an attempt ended, and what it leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The attempt with its token, as the header `MF-Lease` has it.
    lease: String,
    /// How it ended.
    pub complete: Complete,
    /// Its files.
    pub items: Vec<Item>,
    /// The run of the kernel that it was written under: as long as that goes
    /// on, what was written is there, synced or not.
    boot: String,
    /// Whether all of it is on the disk.
    synced: bool,
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
        Self { lease: lease.to_string(), complete, items, boot: boot(), synced: false }
    }

    /// The attempt's lease.
    ///
    /// # Errors
    /// It is none.
    pub fn lease(&self) -> Result<Lease, mf_core::error::Error> {
        self.lease.parse()
    }

    /// Reads the record of a parcel; `None` when its attempt had not ended,
    /// or when the host stopped before all of it was on the disk.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(parcel: &Path) -> io::Result<Option<Self>> {
        let text = match fs::read(parcel.join(NAME)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        // After a crash of the host it may be there, and be empty.
        let sealed: Option<Self> = serde_json::from_slice(&text).ok();
        let boot = boot();
        let whole = |sealed: &Self| sealed.synced || (!boot.is_empty() && sealed.boot == boot);
        Ok(sealed.filter(whole))
    }

    /// Writes the record: it is there whole, or as it was before.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn write(&self, parcel: &Path) -> io::Result<()> {
        let unfinished = parcel.join(UNFINISHED);
        let mut options = File::options();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        if self.synced {
            file.sync_all()?;
        }
        fs::rename(unfinished, parcel.join(NAME))
    }

    /// Brings the whole parcel to the disk, and then says so in the record:
    /// from here on it outlives the host.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn sync(&self, parcel: &Path) -> io::Result<()> {
        if self.synced {
            return Ok(());
        }
        for entry in fs::read_dir(parcel)? {
            File::open(entry?.path())?.sync_all()?;
        }
        Self { synced: true, ..self.clone() }.write(parcel)?;
        let above = parcel.parent().unwrap_or(parcel);
        [parcel, above].iter().try_for_each(|dir| File::open(dir)?.sync_all())
    }
}

fn boot() -> String {
    fs::read_to_string(BOOT).unwrap_or_default().trim().to_owned()
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
    fn after_a_crash_of_the_host_only_what_was_synced_is_believed() {
        let dir = tempfile::tempdir().unwrap();
        let earlier = Sealed { boot: "an earlier one".into(), ..sealed() };
        earlier.write(dir.path()).unwrap();
        assert_eq!(Sealed::read(dir.path()).unwrap(), None);
        earlier.sync(dir.path()).unwrap();
        let found = Sealed::read(dir.path()).unwrap().unwrap();
        assert!(found.synced && found.boot == earlier.boot);
        fs::write(dir.path().join(NAME), "").unwrap();
        assert_eq!(Sealed::read(dir.path()).unwrap(), None);
    }
}
