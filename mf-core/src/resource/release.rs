//! Releases of a distro.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, HISTORY, SHORT};
use super::shape::{Field, Kind, Resource, Scope, Who, field};

/// A release as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct Release {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub distro_label: String,
    pub full_version: String,
    pub major_version: String,
    pub minor_version: String,
    pub eol: bool,
    pub build_handlers: Vec<String>,
    pub targets: Vec<String>,
}

const OWN: &[Field] = &[
    field(
        "distro_label",
        Kind::Ref { to: "distro", owned: false },
        "the distro it is a release of",
    )
    .must()
    .filter(),
    field("full_version", Kind::Text(SHORT), "such as 6.4"),
    field("major_version", Kind::Text(SHORT), "such as 6"),
    field("minor_version", Kind::Text(SHORT), "such as 4"),
    field("eol", Kind::Bool, "whether it is at its end of life: it gets no new tasks").filter(),
    field(
        "build_handlers",
        Kind::Refs { to: "build_handler", via: "release_build_handler" },
        "build handlers that may be used for it; none: any",
    )
    .also(&["build-handler"]),
    field("targets", Kind::Back { of: "target", by: "release_label" }, "its targets").derived(),
];

/// The release, in the table.
pub const RELEASE: Resource = Resource {
    name: "release",
    about: "one release of a distro, such as el6",
    scope: Scope::Site,
    fields: &[COMMON, OWN],
    rights: [Who::ANYONE, Who::ADMIN, Who::ADMIN, Who::ADMIN],
    functions: &[HISTORY],
};
