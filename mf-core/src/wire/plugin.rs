//! Messages about plugins: the handlers they provide, and their crashes.

use serde::{Deserialize, Serialize};

/// Kinds of handlers, as the resources are called.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum HandlerKind {
    /// How a task is built.
    #[default]
    BuildHandler,
    /// How source is fetched.
    VcsHandler,
    /// How a bug tracker is talked to.
    BugHandler,
}

impl HandlerKind {
    /// Name of the resource.
    pub fn resource(self) -> &'static str {
        match self {
            HandlerKind::BuildHandler => "build_handler",
            HandlerKind::VcsHandler => "vcs_handler",
            HandlerKind::BugHandler => "bug_handler",
        }
    }
}

/// One handler that a plugin provides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Offer {
    /// Its kind.
    pub kind: HandlerKind,
    /// Its id, which is its label on the hub.
    pub label: String,
    /// Its name for people.
    pub display_name: String,
    /// Plugin that provides it.
    pub plugin: String,
    /// Version of that plugin.
    pub version: String,
    /// SHA-256 of the plugin's file, in hexadecimal.
    pub digest: String,
    /// What its configuration may hold: JSON Schemas under the names
    /// `handler` (the `config` that the hub keeps for it), `target` (the one
    /// that a target keeps) and `local` (a host's own file); each may be
    /// missing. Workers leave it out: the regulator tells it.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub schemas: serde_json::Value,
}

/// One regulator hook that a plugin provides. Hooks are no resource of the hub:
/// it keeps them to tell people what a plugin does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HookOffer {
    /// Its name in the plugin.
    pub label: String,
    /// Plugin that provides it.
    pub plugin: String,
    /// Version of that plugin.
    pub version: String,
    /// SHA-256 of the plugin's file, in hexadecimal.
    pub digest: String,
    /// What its configuration may hold: a JSON Schema under the name `local`,
    /// or nothing.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub schemas: serde_json::Value,
}

/// `POST /util/register_handlers`: all handlers that there are now. Handlers
/// of the farm that are not named are disabled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterHandlers {
    /// All of them.
    pub handlers: Vec<Offer>,
    /// All regulator hooks.
    pub hooks: Vec<HookOffer>,
    /// Plugins that crashed while they were loaded, and so give none; each
    /// crash is told once.
    pub crashed: Vec<Crash>,
}

/// `POST /util/report_calls`: how calls of plugins went that the regulator
/// made, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportCalls {
    /// All of them; of several successes in a row one is enough.
    pub calls: Vec<Called>,
}

/// How one call of a plugin went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Called {
    /// It succeeded; the SHA-256 of the plugin's file, in hexadecimal.
    Worked(String),
    /// The plugin crashed.
    Crashed(Box<Crash>),
}

impl Called {
    /// SHA-256 of the plugin's file, in hexadecimal.
    pub fn digest(&self) -> &str {
        match self {
            Self::Worked(digest) => digest,
            Self::Crashed(crash) => &crash.digest,
        }
    }
}

/// A plugin whose code ended its process, or panicked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Crash {
    /// Id of the plugin.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file, in hexadecimal.
    pub digest: String,
    /// Where that file is, on the host where it happened.
    pub path: String,
    /// The handler that was called; empty: the plugin was being loaded.
    pub handler: String,
    /// How it ended, in a sentence: the signal, or the panic.
    pub how: String,
    /// The last lines that it wrote. For a task the hub takes them from the
    /// task's log.
    pub log: String,
}
