//! What the worker lets the handlers of a plugin take of this host.

use std::path::Path;

use mf_core::wire::HandlerKind;

use super::Worker;
use crate::plugin::{Confine, Plugin};

impl Worker {
    /// For a call of a handler of that kind, in that directory.
    pub fn confine(&self, kind: HandlerKind, plugin: &Plugin, dir: &Path) -> Confine {
        let id = &plugin.meta.id;
        let confine = Confine {
            // Who fetches source or talks to a tracker must reach it.
            network: kind != HandlerKind::BuildHandler || self.config.network.contains(id),
            hidden: self.hidden.clone(),
            limits: self.config.limits,
            ..Confine::default()
        };
        if self.config.unconfined.contains(id) {
            return confine;
        }
        // A cache that cannot be made is told where it is asked for.
        let cache = self.data.cache(id).ok();
        confine.writing(cache.into_iter().chain([dir.to_path_buf()]).collect())
    }
}
