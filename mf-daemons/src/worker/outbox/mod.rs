//! The outbox: results that wait on this host until the hub has them. Every
//! attempt has a parcel there, which survives this process: parcels of attempts
//! that have ended are delivered by the next worker.

mod parcel;
mod room;
mod seal;
pub mod send;
mod spool;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mf_core::wire::Held;

pub use parcel::Parcel;
pub use seal::{Item, Sealed};
pub use spool::{SpoolReader, SpoolWriter};

use room::Room;

/// A worker's outbox.
#[derive(Debug)]
pub struct Outbox {
    dir: PathBuf,
    room: Arc<Room>,
}

impl Outbox {
    /// The outbox in `dir`, with room for so many megabytes.
    pub fn new(dir: PathBuf, megabytes: u64) -> Self {
        Self { dir, room: Arc::new(Room::new(megabytes)) }
    }

    /// A parcel for an attempt that begins.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn begin(&self, held: Held) -> io::Result<Parcel> {
        Parcel::create(&self.dir, held, &self.room)
    }

    /// The complete parcels that an earlier worker left. Incomplete ones are
    /// removed: their builds did not end, and are built again.
    ///
    /// # Errors
    /// The disk does not give it.
    pub fn left(&self) -> io::Result<Vec<(Parcel, Sealed)>> {
        let mut left = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            match Sealed::read(&path)? {
                Some(sealed) => left.push((Parcel::found(path, &self.room)?, sealed)),
                None => drop_unfinished(&path),
            }
        }
        Ok(left)
    }
}

fn drop_unfinished(path: &Path) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Ok(()) => tracing::info!("removed {}, which had not ended", path.display()),
        Err(error) => tracing::warn!("{} cannot be removed: {error}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::artifact::{Beneath, Found};
    use mf_core::task::Lease;
    use mf_core::wire::{Complete, Outcome};
    use monkeyfarm_plugin_api::ArtifactKind;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    fn found(kind: ArtifactKind, name: &str, path: &str) -> Found {
        Found { kind, name: name.into(), path: path.into() }
    }

    #[test]
    fn what_has_ended_is_found_again_and_nothing_else() {
        let (dir, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let outbox = Outbox::new(dir.path().to_path_buf(), 1);
        let ended = outbox.begin(Held { task: 7, attempt: 1 }).unwrap();
        let running = outbox.begin(Held { task: 8, attempt: 1 }).unwrap();
        running.log().unwrap().0.write(b"half").unwrap();
        ended.log().unwrap().0.write(b"whole\n").unwrap();
        fs::create_dir(work.path().join("result")).unwrap();
        fs::write(work.path().join("result/a"), "made").unwrap();
        let beneath = Beneath::new(work.path()).unwrap();
        let all = [
            found(ArtifactKind::File, "a", "result/a"),
            found(ArtifactKind::Log, "a.log", "result/a"),
        ];
        let items = ended.pack(&beneath, &all).unwrap();
        assert!(!work.path().join("result/a").exists());
        let lease = Lease { task: 7, attempt: 1, token: "t".into() };
        let complete = Complete { outcome: Outcome::Success, ..Complete::default() };
        let sealed = Sealed::new(&lease, complete, items);
        assert!(ended.seal(&sealed));

        let next = Outbox::new(dir.path().to_path_buf(), 1);
        let left = next.left().unwrap();
        assert_eq!(left.len(), 1);
        let (parcel, again) = &left[0];
        assert_eq!(*again, sealed);
        let kept = |n: usize| fs::read(parcel.path(&again.items[n])).unwrap();
        assert_eq!((kept(0), kept(1)), (b"made".to_vec(), b"made".to_vec()));
        let (mut writer, reader) = parcel.log().unwrap();
        writer.write(b"more\n").unwrap();
        assert_eq!(reader.read(0, 100).unwrap(), "whole\nmore\n");
        assert!(!dir.path().join("8.1").exists(), "it had not ended");
        assert!(next.room.waiting() > 15);
        parcel.remove();
        drop((left, writer, reader));
        assert_eq!(next.room.waiting(), 0);
        assert!(next.left().unwrap().is_empty());
    }

    #[test]
    fn files_without_room_are_named_and_locked_ones_are_copied() {
        let (dir, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let outbox = Outbox::new(dir.path().to_path_buf(), 1);
        let parcel = outbox.begin(Held { task: 1, attempt: 1 }).unwrap();
        let large = fs::File::create(work.path().join("large")).unwrap();
        large.set_len(1_000_001).unwrap();
        let beneath = Beneath::new(work.path()).unwrap();
        let why = parcel.pack(&beneath, &[found(ArtifactKind::File, "l", "large")]).unwrap_err();
        assert!(why.starts_with("large does not fit: the outbox"), "{why}");
        assert!(work.path().join("large").exists());
        let locked = work.path().join("locked");
        fs::create_dir(&locked).unwrap();
        fs::File::create(locked.join("f")).unwrap().write_all(b"x").unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
        let items = parcel.pack(&beneath, &[found(ArtifactKind::File, "f", "locked/f")]).unwrap();
        assert_eq!(fs::read(parcel.path(&items[0])).unwrap(), b"x");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
    }
}
