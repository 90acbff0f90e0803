//! Vcs handlers: how source is fetched; a plugin provides it.

use serde::{Deserialize, Serialize};

use super::common::{COMMON_DERIVED, DISPLAY, HANDLER, HISTORY, SHORT};
use super::shape::{Field, Kind, Resource, Scope, Who, field};

/// A vcs handler as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct VcsHandler {
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
    pub url_template: String,
}

const OWN: &[Field] = &[field(
    "url_template",
    Kind::Text(SHORT),
    "makes a package-branch's url from {project}, {package} and {branch}",
)];

/// The vcs handler, in the table.
pub const VCS_HANDLER: Resource = Resource {
    name: "vcs_handler",
    about: "how source is fetched; a plugin provides it",
    scope: Scope::Site,
    fields: &[COMMON_DERIVED, DISPLAY, HANDLER, OWN],
    rights: [Who::ANYONE, Who::HUB, Who::ADMIN, Who::ADMIN],
    functions: &[HISTORY],
};
