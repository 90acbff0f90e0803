//! The program that loads plugins.

use std::io;
use std::path::{Path, PathBuf};

/// Where `mf-plugin-host` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostProgram {
    path: PathBuf,
}

impl HostProgram {
    /// The one beside the running program.
    ///
    /// # Errors
    /// There is none; the sentence names where it should be.
    pub fn beside() -> io::Result<Self> {
        let path = std::env::current_exe()?.with_file_name("mf-plugin-host");
        if !path.is_file() {
            let told = format!(
                "there is no {}, which this program needs to load plugins; \
                 install MonkeyFarm's programs into one directory",
                path.display()
            );
            return Err(io::Error::new(io::ErrorKind::NotFound, told));
        }
        Ok(Self { path })
    }

    /// The one at `path`, seen from the current directory.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        // It is started in another directory.
        Self { path: std::path::absolute(&path).unwrap_or(path) }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
