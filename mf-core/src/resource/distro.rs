//! Distros: families of releases.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, DISPLAY, HISTORY, SHORT};
use super::shape::{Field, Kind, Resource, Scope, Who, field};

/// A distro as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct Distro {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub display_name: String,
    pub url: String,
}

const OWN: &[Field] = &[field("url", Kind::Text(SHORT), "its home page")];

/// The distro, in the table.
pub const DISTRO: Resource = Resource {
    name: "distro",
    about: "a family of releases, such as el or fedora",
    scope: Scope::Site,
    fields: &[COMMON, DISPLAY, OWN],
    rights: [Who::ANYONE, Who::ADMIN, Who::ADMIN, Who::ADMIN],
    functions: &[HISTORY],
};
