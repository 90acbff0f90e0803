//! Why a plugin cannot be loaded, and what it leaves when it died of that.

use std::fs::File;
use std::os::unix::fs::FileExt;

use mf_core::wire::Crash;

use super::checked::Plugin;

/// Most bytes of what it wrote that are kept.
const LAST_WORDS: u64 = 16 * 1024;

/// Why a plugin cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unloadable {
    /// A sentence that goes on from the path of its file.
    pub reason: String,
    /// Whether its own code ended its process.
    pub crashed: bool,
}

impl Unloadable {
    /// What the hub is told of it, if it crashed; `said` is what it wrote.
    pub(super) fn crash(&self, plugin: &Plugin, said: &File) -> Option<Crash> {
        if !self.crashed {
            return None;
        }
        Some(Crash { log: last_words(said), ..plugin.crash("", self.reason.clone()) })
    }
}

/// The end of a file; nothing, if it cannot be read.
fn last_words(said: &File) -> String {
    let length = said.metadata().map_or(0, |data| data.len());
    let mut bytes = vec![0; length.min(LAST_WORDS) as usize];
    match said.read_exact_at(&mut bytes, length.saturating_sub(LAST_WORDS)) {
        Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => String::new(),
    }
}
