//! Handlers as they are registered on the hub: which of several plugin files
//! with the same id is the farm's own.

use std::collections::BTreeMap;

use mf_client::{Error, Hub};
use mf_core::wire::{HandlerKind, Offer};
use serde::Deserialize;

/// What a row of any handler's resource says of its plugin.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Row {
    label: String,
    display_name: String,
    plugin: String,
    version: String,
    digest: String,
}

/// All handlers that are registered.
///
/// # Errors
/// The hub refuses, or cannot be reached.
pub async fn all(hub: &Hub) -> Result<Vec<Offer>, Error> {
    use HandlerKind::{BugHandler, BuildHandler, VcsHandler};
    let mut offers = Vec::new();
    for kind in [BuildHandler, VcsHandler, BugHandler] {
        let rows: Vec<Row> = hub.get_all(kind.resource(), &[]).await?;
        offers.extend(rows.into_iter().map(|row| {
            let Row { label, display_name, plugin, version, digest } = row;
            let schemas = serde_json::Value::Null;
            Offer { kind, label, display_name, plugin, version, digest, schemas }
        }));
    }
    Ok(offers)
}

/// The plugins that are quarantined: why, by their hashes.
///
/// # Errors
/// The hub refuses, or cannot be reached.
pub async fn quarantined(hub: &Hub) -> Result<BTreeMap<String, String>, Error> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Listed {
        digest: String,
        quarantined: String,
        why: String,
    }
    let data = hub.call("util", None, "list_plugins", &serde_json::Map::new()).await?;
    let listed = data.get("plugins").cloned().unwrap_or_default();
    let listed: Vec<Listed> = serde_json::from_value(listed).map_err(|error| Error::Protocol {
        url: "list_plugins".into(),
        why: format!("its answer: {error}"),
    })?;
    let quarantined = listed.into_iter().filter(|plugin| !plugin.quarantined.is_empty());
    Ok(quarantined.map(|plugin| (plugin.digest, plugin.why)).collect())
}
