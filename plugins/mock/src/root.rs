//! Roots: the chroots of this worker's tasks, each with a record that is
//! locked while its task lives, so that one that was killed is known by it.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::download::is_file_name;
use monkeyfarm_plugin_api::{BuildJob, Failure};
use serde::{Deserialize, Serialize};

/// What must be known of a root to remove it when its task is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    /// What tells it from others of its configuration: mock's `--uniqueext`.
    pub(crate) name: String,
    /// The configuration that it is of.
    pub(crate) config: String,
    /// Where mock has it.
    pub(crate) dir: Option<PathBuf>,
    /// The directory that its task used beside it.
    pub(crate) stage: PathBuf,
}

/// A record that this process holds.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) record: Record,
    path: PathBuf,
    file: File,
}

/// The name of a task's root: the name of its work directory, which its
/// worker uses once, and a number for the worker.
pub(crate) fn name(job: &BuildJob) -> String {
    let last = job.work_dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let last: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
    // FNV-1a: it must be the same for ever, and nobody gains by a collision.
    let hash = job
        .work_dir
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193));
    format!("mf-{last}-{hash:08x}")
}

impl Root {
    /// Records a root that is about to be made, and locks its record.
    pub(crate) fn claim(job: &BuildJob, record: Record) -> Result<Self, Failure> {
        let dir = directory(&job.cache_dir);
        let cannot = || Failure::io(format!("cannot record a root in {}", dir.display()));
        fs::create_dir_all(&dir).map_err(cannot())?;
        let path = dir.join(&record.name);
        // Locked before it has its name, so that nobody takes it for left over.
        let first = dir.join(format!(".{}", record.name));
        let file = File::create(&first).map_err(cannot())?;
        file.lock().map_err(cannot())?;
        fs::rename(&first, &path).map_err(cannot())?;
        let mut root = Self { record, path, file };
        root.save()?;
        Ok(root)
    }

    /// Writes down what the record has become.
    pub(crate) fn save(&mut self) -> Result<(), Failure> {
        let text = serde_json::to_vec(&self.record).unwrap_or_default();
        let write = |file: &mut File| {
            file.set_len(0)?;
            std::io::Seek::rewind(file)?;
            file.write_all(&text)
        };
        write(&mut self.file).map_err(Failure::io(format!("cannot write {}", self.path.display())))
    }

    /// Every root whose task is gone, locked for whoever removes it.
    pub(crate) fn left_over(cache: &Path) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(directory(cache)) else { return Vec::new() };
        entries.flatten().filter_map(|entry| Self::left(&entry.path())).collect()
    }

    fn left(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str().filter(|name| is_file_name(name))?.to_owned();
        let mut file = File::options().read(true).write(true).open(path).ok()?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
        }
        // Somebody else may have removed it meanwhile.
        if !path.exists() {
            return None;
        }
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        // A task that was killed at once has left a record without a word:
        // nothing has been made of it either.
        let record: Record = serde_json::from_str(&text).unwrap_or_default();
        Some(Self { record: Record { name, ..record }, path: path.to_owned(), file })
    }

    /// Forgets a root that has been removed.
    pub(crate) fn forget(self) -> Result<(), Failure> {
        fs::remove_file(&self.path)
            .map_err(Failure::io(format!("cannot remove {}", self.path.display())))
    }
}

fn directory(cache: &Path) -> PathBuf {
    cache.join("roots")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_left_over_when_its_holder_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let job = BuildJob {
            work_dir: "/w/tasks/12.1".into(),
            cache_dir: dir.path().into(),
            ..BuildJob::default()
        };
        let record = Record { name: name(&job), config: "c".into(), ..Record::default() };
        assert!(record.name.starts_with("mf-12.1-") && is_file_name(&record.name));
        let root = Root::claim(&job, record.clone()).unwrap();
        assert!(Root::left_over(dir.path()).is_empty());
        drop(root);
        let left = Root::left_over(dir.path()).pop().unwrap();
        assert_eq!(left.record, record);
        assert!(Root::left_over(dir.path()).is_empty(), "one removes it");
        left.forget().unwrap();
        assert!(Root::left_over(dir.path()).is_empty());
    }
}
