//! The plugin API's own source, as `mf` carries it.

use anyhow::Context;
use toml::{Table, Value};

/// Its files, by their paths, as they lie in the source tree.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

/// The workspace that its manifest takes versions from.
const WORKSPACE: &str = include_str!("../../../../Cargo.toml");

/// Its files as a crate that stands alone.
///
/// # Errors
/// The manifests were not as they are at every build: a test would tell.
pub fn files() -> anyhow::Result<Vec<(&'static str, String)>> {
    let alone = |(path, text): &(&'static str, &str)| match *path {
        "Cargo.toml" => Ok((*path, manifest(text)?)),
        _ => Ok((*path, (*text).to_owned())),
    };
    FILES.iter().map(alone).collect()
}

/// The manifest without its workspace, and without what only our own tests
/// need.
fn manifest(text: &str) -> anyhow::Result<String> {
    let mut own: Table = text.parse().context("the plugin API's manifest")?;
    let all: Table = WORKSPACE.parse().context("the workspace's manifest")?;
    let all = all.get("workspace").and_then(Value::as_table).context("there is no workspace")?;
    for name in ["lints", "dev-dependencies", "example"] {
        own.remove(name);
    }
    for (table, from) in [("package", "package"), ("dependencies", "dependencies")] {
        let from = all.get(from).and_then(Value::as_table).context("nothing to inherit")?;
        let table = own.get_mut(table).and_then(Value::as_table_mut).context("no such table")?;
        for (name, value) in table.iter_mut() {
            inherit(value, from.get(name));
        }
    }
    Ok(toml::to_string(&own)?)
}

/// Puts what the workspace says in the place of `workspace = true`.
fn inherit(value: &mut Value, of_workspace: Option<&Value>) {
    let Some(own) = value.as_table_mut() else { return };
    let (Some(_), Some(theirs)) = (own.remove("workspace"), of_workspace) else { return };
    match theirs {
        Value::Table(theirs) => {
            let own = std::mem::take(own);
            let mut both = theirs.clone();
            both.extend(own);
            *value = Value::Table(both);
        }
        other if own.is_empty() => *value = other.clone(),
        version => drop(own.insert("version".into(), version.clone())),
    }
}
