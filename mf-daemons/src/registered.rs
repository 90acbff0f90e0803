//! Handlers as they are registered on the hub: which of several plugin files
//! with the same id is the farm's own.

use std::collections::{BTreeMap, BTreeSet};

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
    let quarantined = plugins(hub).await?.into_iter().filter(Listed::is_quarantined);
    Ok(quarantined.map(|plugin| (plugin.digest, plugin.why)).collect())
}

/// Hashes of the plugins that are quarantined, or that have crashed since
/// somebody cleared them.
///
/// # Errors
/// The hub refuses, or cannot be reached.
pub async fn crashed(hub: &Hub) -> Result<BTreeSet<String>, Error> {
    let all = plugins(hub).await?.into_iter();
    let crashed = all.filter(|plugin| plugin.crashes > 0 || plugin.is_quarantined());
    Ok(crashed.map(|plugin| plugin.digest).collect())
}

/// What the hub says of a plugin.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Listed {
    digest: String,
    crashes: i64,
    quarantined: String,
    why: String,
}

impl Listed {
    fn is_quarantined(&self) -> bool {
        !self.quarantined.is_empty()
    }
}

async fn plugins(hub: &Hub) -> Result<Vec<Listed>, Error> {
    let data = hub.call("util", None, "list_plugins", &serde_json::Map::new()).await?;
    let listed = data.get("plugins").cloned().unwrap_or_default();
    serde_json::from_value(listed).map_err(|error| Error::Protocol {
        url: "list_plugins".into(),
        why: format!("its answer: {error}"),
    })
}
