//! The program that loads plugins.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::spare::{Keeper, Spare};
use super::zygote::Zygote;

/// Where `mf-plugin-host` is, and what of it waits for calls. Clones share it.
#[derive(Clone, Debug)]
pub struct HostProgram {
    path: PathBuf,
    zygote: Arc<Zygote>,
    spare: Arc<Spare>,
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
        Ok(Self { path, zygote: Arc::default(), spare: Arc::default() })
    }

    /// The one at `path`, seen from the current directory.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        // It is started in another directory.
        let path = std::path::absolute(&path).unwrap_or(path);
        Self { path, zygote: Arc::default(), spare: Arc::default() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the processes of one call wait for it, until
    /// [`end_spare`](Self::end_spare): a daemon that will be asked for calls
    /// says so at its start and after each. They have loaded nothing.
    pub fn keep_spare(&self) {
        self.spare.fill(self);
    }

    /// Ends what waits for a call, and lets nothing wait any more.
    pub fn end_spare(&self) {
        self.spare.close();
        self.zygote.end();
    }

    /// A keeper for one call.
    pub(super) fn keeper(&self) -> io::Result<Keeper> {
        self.spare.take(self)
    }

    /// A keeper that did not wait.
    pub(super) fn new_keeper(&self) -> io::Result<Keeper> {
        self.zygote.keeper(&self.path)
    }
}
