//! What the worker lets the handlers of a plugin take of this host.

use mf_core::wire::HandlerKind;

use super::Worker;
use super::dir::TaskDir;
use crate::plugin::{Confine, Plugin};

impl Worker {
    /// For a call of a handler of that kind, in a task's directory.
    pub fn confine(&self, kind: HandlerKind, plugin: &Plugin, dir: &TaskDir) -> Confine {
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
        confine.writing(cache.into_iter().chain([dir.root().to_path_buf()]).collect())
    }
}
