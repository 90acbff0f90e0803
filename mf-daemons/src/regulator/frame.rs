//! Messages between the regulator and the process of a hook.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plugin::Policy;

/// From the regulator: run now.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HookJob {
    /// Where the hub is.
    pub url: String,
    /// File that holds the regulator's key.
    pub key_file: PathBuf,
    /// Certificate authorities that are believed, instead of the host's.
    pub ca_file: Option<PathBuf>,
    /// Whether the key may be sent over plain http to another host.
    pub plain_http: bool,
    /// Where plugins are; none: the default places.
    pub plugins_dirs: Vec<PathBuf>,
    /// Which of them are used.
    pub plugin_policy: Policy,
    /// Where the configuration of plugins on this host is.
    pub plugins_d: PathBuf,
    /// Where the hook works, and what plugins keep from call to call.
    pub data_dir: PathBuf,
    /// The hub's data directory, where it is on this host.
    pub hub_data_dir: Option<PathBuf>,
    /// Schemes that source may come from, beyond the handlers' own defaults.
    pub allow_schemes: Vec<String>,
    /// Something happened since the hook's last run that concerns it, or that
    /// run failed: what it remembers of the hub may be wrong.
    pub woken: bool,
    /// What the hook remembered at the end of its last good run.
    pub memory: Value,
    /// For the hook of a plugin: which one it is.
    pub plugin: Option<PluginHook>,
}

/// A regulator hook that a plugin gives, in a file that has been checked and
/// loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginHook {
    /// Id of the plugin.
    pub plugin: String,
    /// Label of the hook.
    pub label: String,
    /// The plugin's file.
    pub path: PathBuf,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
}

/// From the hook: how its run went.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HookReport {
    /// Why the run failed, if it did.
    pub error: Option<String>,
    /// All that is not as it should be now, each a sentence.
    pub warnings: Vec<String>,
    /// What to give the hook at its next run.
    pub memory: Value,
    /// From who looks at the plugins: all hooks that they give now.
    pub plugin_hooks: Option<Vec<PluginHook>>,
}

impl HookReport {
    /// A run that failed.
    pub fn failed(why: impl Into<String>) -> Self {
        Self { error: Some(why.into()), ..Self::default() }
    }
}
