//! Why a plugin cannot be loaded, and what it leaves when it died of that.

use std::fs::File;

use mf_core::wire::Crash;

use super::checked::Plugin;
use super::last_words;

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
        Some(Crash { log: last_words::of(said), ..plugin.crash("", self.reason.clone()) })
    }
}
