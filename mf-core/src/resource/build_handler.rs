//! Build handlers: how a task is built; a plugin provides it.

use serde::{Deserialize, Serialize};

use super::common::{COMMON_DERIVED, DISPLAY, HANDLER, HISTORY};
use super::shape::{Resource, Scope, Who};

/// A build handler as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct BuildHandler {
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
}

/// The build handler, in the table.
pub const BUILD_HANDLER: Resource = Resource {
    name: "build_handler",
    about: "how a task is built; a plugin provides it",
    scope: Scope::Site,
    fields: &[COMMON_DERIVED, DISPLAY, HANDLER],
    rights: [Who::ANYONE, Who::HUB, Who::ADMIN, Who::ADMIN],
    functions: &[HISTORY],
};
