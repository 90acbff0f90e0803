//! Targets: a release on an arch.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, HISTORY, LONG, SHORT};
use super::shape::{Field, Gives, Kind, Resource, Scope, Who, field};

/// A target as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct Target {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub release_label: String,
    pub arch_label: String,
    pub distro_label: String,
    pub full_version: String,
    pub major_version: String,
    pub minor_version: String,
    pub tag_path: String,
    pub config: String,
    pub build_handlers: Vec<String>,
}

const OWN: &[Field] = &[
    field("release_label", Kind::Ref { to: "release", owned: false }, "its release")
        .must()
        .filter(),
    field("arch_label", Kind::Ref { to: "arch", owned: false }, "its arch").must().filter(),
    field("distro_label", Kind::Computed(Gives::Text), "distro of its release").derived(),
    field("full_version", Kind::Text(SHORT), "such as 6.4"),
    field("major_version", Kind::Text(SHORT), "such as 6"),
    field("minor_version", Kind::Text(SHORT), "such as 4"),
    field(
        "tag_path",
        Kind::Text(SHORT),
        "where its files go in a tag's repository, such as redhat/6/x86_64; empty: its label",
    ),
    field(
        "config",
        Kind::Text(LONG),
        "configuration for the build handler, usually TOML; the handler's `schemas` say what it \
         may hold",
    ),
    field(
        "build_handlers",
        Kind::Refs { to: "build_handler", via: "target_build_handler" },
        "build handlers that may be used for it; none: any",
    )
    .also(&["build-handler"]),
];

/// The target, in the table.
pub const TARGET: Resource = Resource {
    name: "target",
    about: "a release on an arch, such as el6-x86_64",
    scope: Scope::Site,
    fields: &[COMMON, OWN],
    rights: [Who::ANYONE, Who::ADMIN, Who::ADMIN, Who::ADMIN],
    functions: &[HISTORY],
};
