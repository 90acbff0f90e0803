//! Logs and files of tasks, beside the database.

use std::io;
use std::path::{Path, PathBuf};

/// Where logs and files are.
#[derive(Debug)]
pub struct Files {
    dir: PathBuf,
}

impl Files {
    /// Opens (and where there is none makes) `DIR/files`.
    ///
    /// # Errors
    /// The file system would not.
    pub fn open(data_dir: &Path) -> io::Result<Self> {
        let dir = data_dir.join("files");
        std::fs::create_dir_all(&dir)?;
        Ok(Self { dir })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}
