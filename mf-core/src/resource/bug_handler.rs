//! Bug handlers: how to talk to a bug tracker; a plugin provides it.

use serde::{Deserialize, Serialize};

use super::common::{COMMON_DERIVED, DISPLAY, HANDLER, HISTORY, SHORT};
use super::shape::{Field, Kind, Resource, Scope, Who, field};

/// A bug handler as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct BugHandler {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub display_name: String,
    pub config: String,
    pub plugin: String,
    pub version: String,
    pub digest: String,
    pub enabled: bool,
    pub schemas: serde_json::Value,
    pub systems: Vec<String>,
    pub bug_url_template: String,
}

const OWN: &[Field] =
    &[field("bug_url_template", Kind::Text(SHORT), "makes a bug's url from {bug}")];

/// The bug handler, in the table.
pub const BUG_HANDLER: Resource = Resource {
    name: "bug_handler",
    about: "how to talk to a bug tracker; a plugin provides it",
    scope: Scope::Site,
    fields: &[COMMON_DERIVED, DISPLAY, HANDLER, OWN],
    rights: [Who::ANYONE, Who::HUB, Who::ADMIN, Who::ADMIN],
    functions: &[HISTORY],
};
