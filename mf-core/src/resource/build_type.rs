//! Build types: why a build is submitted.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, DISPLAY, HISTORY};
use super::shape::{Field, Kind, Resource, Scope, Who, field};

/// A build type as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct BuildType {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub display_name: String,
    pub priority: i64,
}

const OWN: &[Field] =
    &[field("priority", Kind::Int(-1_000, 1_000), "builds with a higher priority go first")
        .or("0")];

/// The build type, in the table.
pub const BUILD_TYPE: Resource = Resource {
    name: "build_type",
    about: "why a build is submitted: bug, security, enhancement",
    scope: Scope::Site,
    fields: &[COMMON, DISPLAY, OWN],
    rights: [Who::ANYONE, Who::ADMIN, Who::ADMIN, Who::ADMIN],
    functions: &[HISTORY],
};
