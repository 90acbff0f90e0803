//! The files of a repository, brought to where its indexes are written: as
//! links if the hub's own files are on this host, otherwise downloaded and kept
//! for the next time.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use futures_util::StreamExt;
use mf_client::Error;
use mf_core::file_name;
use mf_core::wire::{RepositoryDraft, RepositoryFile, RepositoryPart};

use super::HookContext;
use crate::digest;

/// Beneath the regulator's data directory.
const WORK: &str = "work/repositories";
/// What was fetched, by tag and hash.
const KEPT: &str = "repositories";

/// The files of one draft.
pub struct Gather<'a> {
    context: &'a HookContext,
    draft: &'a RepositoryDraft,
    work: PathBuf,
    kept: PathBuf,
}

/// Where one part of a repository is described.
pub struct Place {
    /// A directory for the call.
    pub work: PathBuf,
    /// The files that are described.
    pub files: PathBuf,
    /// Where their index goes.
    pub index: PathBuf,
}

impl<'a> Gather<'a> {
    /// Makes room; what a hook that was killed left there goes.
    ///
    /// # Errors
    /// The data directory cannot be used.
    pub fn new(context: &'a HookContext, draft: &'a RepositoryDraft) -> anyhow::Result<Self> {
        let data_dir = context.data_dir();
        let work = data_dir.join(WORK);
        match fs::remove_dir_all(&work) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => private(&work),
        }
        .with_context(|| format!("the regulator's directory {}", work.display()))?;
        let kept = data_dir.join(KEPT).join(draft.tag_id.to_string());
        Ok(Self { context, draft, work, kept })
    }

    /// Gathers the files of one part.
    ///
    /// # Errors
    /// A sentence.
    pub fn part(&self, number: usize, part: &RepositoryPart) -> Result<Place, String> {
        let work = self.work.join(number.to_string());
        let place = Place { files: work.join("files"), index: work.join("index"), work };
        for dir in [&place.work, &place.files, &place.index] {
            private(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        }
        for file in &part.files {
            file_name::check(&file.name).map_err(|error| error.sentence)?;
            let path = place.files.join(&file.name);
            self.bring(file, &path).map_err(|why| {
                format!("{} of task {} cannot be had: {why}", file.name, file.task)
            })?;
        }
        Ok(place)
    }

    fn bring(&self, file: &RepositoryFile, path: &Path) -> Result<(), String> {
        if let Some(hub) = self.context.hub_data_dir() {
            let RepositoryFile { task_id, attempt, sha256, .. } = file;
            let stored = hub.join(format!("files/tasks/{task_id}/{attempt}/{sha256}"));
            // Another file system, or another user's: the hub gives it too.
            if fs::hard_link(stored, path).is_ok() {
                return Ok(());
            }
        }
        private(&self.kept).map_err(|error| error.to_string())?;
        let kept = self.kept.join(&file.sha256);
        if !kept.exists() {
            self.fetch(file, &kept)?;
        }
        fs::hard_link(&kept, path).map_err(|error| error.to_string())
    }

    /// Fetches a file; it is there whole and right, or not at all.
    fn fetch(&self, file: &RepositoryFile, path: &Path) -> Result<(), String> {
        let half = path.with_extension("half");
        let fetched = async {
            let mut out = File::create(&half).map_err(|error| error.to_string())?;
            let RepositoryFile { task, name, .. } = file;
            let hub = self.context.hub();
            let told = |error: Error| error.to_string();
            let bytes = hub.get_bytes(task, &self.draft.project, "file", name, 0).await;
            let mut bytes = Box::pin(bytes.map_err(told)?);
            while let Some(piece) = bytes.next().await {
                out.write_all(&piece.map_err(told)?).map_err(|error| error.to_string())?;
            }
            Ok::<(), String>(())
        };
        self.context.wait(fetched)?;
        let sha256 = File::open(&half).and_then(digest::of).map_err(|error| error.to_string())?;
        if sha256 != file.sha256 {
            return Err(format!("it arrived with the sha256 {sha256}, not {}", file.sha256));
        }
        fs::rename(&half, path).map_err(|error| error.to_string())
    }

    /// Removes what is no longer needed: the work, and files that were kept
    /// and that the repository has no more.
    pub fn forget_others(&self) {
        // What stays is removed before the next draft.
        let _ = fs::remove_dir_all(&self.work);
        let files = self.draft.parts.iter().flat_map(|part| &part.files);
        let wanted: HashSet<&str> = files.map(|file| file.sha256.as_str()).collect();
        let Ok(kept) = fs::read_dir(&self.kept) else { return };
        for entry in kept.flatten() {
            if !entry.file_name().to_str().is_some_and(|name| wanted.contains(name)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn private(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}
