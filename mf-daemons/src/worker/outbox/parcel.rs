//! What one attempt leaves for the hub: a directory with its log and, when the
//! attempt has ended, its files and the record of how it ended.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mf_core::wire::Held;
use monkeyfarm_plugin_api::ArtifactKind;

use super::room::{Room, Share};
use super::seal::{Item, Sealed};
use super::spool::{self, SpoolReader, SpoolWriter};
use crate::worker::artifact::{Beneath, Found};

/// The parcel of one attempt. It stays on the disk until it is removed.
#[derive(Clone, Debug)]
pub struct Parcel {
    dir: PathBuf,
    share: Arc<Share>,
}

impl Parcel {
    /// A new one, below the outbox.
    ///
    /// # Errors
    /// The disk does not take it.
    pub(super) fn create(outbox: &Path, held: Held, room: &Arc<Room>) -> io::Result<Self> {
        let dir = outbox.join(format!("{}.{}", held.task, held.attempt));
        // A worker that was killed in the middle of a claim may have left it.
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        DirBuilder::new().mode(0o700).create(&dir)?;
        Ok(Self { dir, share: Arc::new(room.share()) })
    }

    /// One that an earlier worker left.
    ///
    /// # Errors
    /// The disk does not give it.
    pub(super) fn found(dir: PathBuf, room: &Arc<Room>) -> io::Result<Self> {
        let share = room.share();
        for entry in fs::read_dir(&dir)? {
            share.hold(entry?.metadata()?.len());
        }
        Ok(Self { dir, share: Arc::new(share) })
    }

    /// Its log, to be written and to be sent; one that is there goes on.
    ///
    /// # Errors
    /// The disk does not give it.
    pub fn log(&self) -> io::Result<(SpoolWriter, SpoolReader)> {
        spool::open(&self.dir.join("log"), self.share.clone())
    }

    /// Takes the files of a build out of its work directory.
    ///
    /// # Errors
    /// A sentence: one cannot be taken, or there is no room for it.
    pub fn pack(&self, beneath: &Beneath, found: &[Found]) -> Result<Vec<Item>, String> {
        let mut items: Vec<Item> = Vec::new();
        for file in found {
            let path = file.path.display().to_string();
            // What is kept under two names is taken once.
            let same = items.iter().find(|item| item.path == path);
            let kept =
                same.map_or_else(|| format!("file-{}", items.len()), |same| same.kept.clone());
            if same.is_none() {
                let taken = beneath.size(&file.path)?;
                self.share.take(taken).map_err(|full| format!("{path} does not fit: {full}"))?;
                beneath.take(&file.path, &self.dir.join(&kept))?;
            }
            items.push(Item { kind: name(file.kind).into(), name: file.name.clone(), kept, path });
        }
        Ok(items)
    }

    /// Where one of its files is.
    pub fn path(&self, item: &Item) -> PathBuf {
        self.dir.join(&item.kept)
    }

    /// The hub has one of its files.
    pub fn delivered(&self, size: u64) {
        self.share.give(size);
    }

    /// Records on disk how its attempt ended, so that it survives this process
    /// and a crash of the host; gives whether that succeeded. Blocks.
    pub fn seal(&self, sealed: &Sealed) -> bool {
        let written = sealed.write(&self.dir);
        if let Err(error) = &written {
            // It is delivered all the same, by this process alone.
            tracing::warn!("{} cannot be brought to the disk: {error}", self.dir.display());
        }
        written.is_ok()
    }

    /// Removes it: the hub has all of it, or wants none. Blocks.
    pub fn remove(&self) {
        if let Err(error) = fs::remove_dir_all(&self.dir) {
            tracing::warn!("{} cannot be removed: {error}", self.dir.display());
        }
    }
}

fn name(kind: ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::File => "file",
        ArtifactKind::Source => "source",
        ArtifactKind::Log => "log",
        ArtifactKind::Config => "config",
    }
}
