//! Packages: what is built.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, HISTORY, LONG, SCOPED, SHORT};
use super::shape::{Field, Kind, Resource, Scope, Who, field};

/// A package as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct Package {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub project_label: String,
    pub source_name: String,
    pub summary: String,
    pub about: String,
    pub url: String,
    pub user_label: String,
    pub group_label: String,
    pub footprint: i64,
    pub one_per_system: bool,
    pub branches: Vec<String>,
}

const OWNERS: Who = Who::OWNER.or(Who::PROJECT).or(Who::ADMIN);

const OWN: &[Field] = &[
    field(
        "source_name",
        Kind::Text(SHORT),
        "packages with the same one are never built on a system at the same time; default: the \
         label",
    )
    .made()
    .filter(),
    field("summary", Kind::Text(SHORT), "what it is, in one line").search(),
    field("about", Kind::Text(LONG), "a note for people").write(OWNERS),
    field("url", Kind::Text(SHORT), "its home page"),
    field("user_label", Kind::Ref { to: "user", owned: false }, "its owner; default: the caller")
        .made()
        .filter(),
    field(
        "group_label",
        Kind::Ref { to: "group", owned: false },
        "a group whose members have the owner's rights",
    )
    .filter(),
    field(
        "footprint",
        Kind::Int(1, 1_000),
        "its weight: the footprints of what a system builds at the same time stay within its \
         capacity",
    )
    .or("1"),
    field(
        "one_per_system",
        Kind::Bool,
        "whether a system never builds two tasks of it at the same time",
    ),
    field(
        "branches",
        Kind::Back { of: "package-branch", by: "package_label" },
        "its package-branches",
    )
    .derived(),
];

/// The package, in the table.
pub const PACKAGE: Resource = Resource {
    name: "package",
    about: "a piece of software that is built",
    scope: Scope::Project,
    fields: &[COMMON, SCOPED, OWN],
    rights: [
        Who::ANYONE,
        Who::PROJECT.or(Who::ADMIN),
        Who::PROJECT.or(Who::ADMIN),
        Who::PROJECT.or(Who::ADMIN),
    ],
    functions: &[HISTORY],
};
