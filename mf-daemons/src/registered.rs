//! Handlers as they are registered on the hub: which plugin file of several
//! with the same id is the farm's own.

use mf_core::wire::{HandlerKind, Offer};
use serde::Deserialize;

/// All kinds of handlers.
pub const KINDS: [HandlerKind; 3] =
    [HandlerKind::BuildHandler, HandlerKind::VcsHandler, HandlerKind::BugHandler];

/// What a row of any handler's resource says of its plugin.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Row {
    label: String,
    display_name: String,
    plugin: String,
    version: String,
    digest: String,
}

impl Row {
    /// The row as the plugin would offer it.
    pub fn into_offer(self, kind: HandlerKind) -> Offer {
        let Self { label, display_name, plugin, version, digest } = self;
        Offer { kind, label, display_name, plugin, version, digest }
    }
}
