//! Projects: what packages, builds and tags belong to.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, DISPLAY, HISTORY, LONG, SHORT};
use super::shape::{Field, Kind, Resource, Scope, Who, field};

/// A project as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct Project {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub display_name: String,
    pub about: String,
    pub url: String,
    pub admin_group_label: String,
    pub vcs_handler_label: String,
    pub bug_handler_label: String,
    pub restricted: bool,
    pub tags: Vec<String>,
    pub packages: Vec<String>,
}

const OWN: &[Field] = &[
    field("about", Kind::Text(LONG), "a note for people"),
    field("url", Kind::Text(SHORT), "its home page"),
    field(
        "admin_group_label",
        Kind::Ref { to: "group", owned: false },
        "the group whose members are its admins",
    ),
    field(
        "vcs_handler_label",
        Kind::Ref { to: "vcs_handler", owned: false },
        "the vcs handler of package-branches that do not name one",
    ),
    field(
        "bug_handler_label",
        Kind::Ref { to: "bug_handler", owned: false },
        "the bug tracker that its bugs are in",
    ),
    field(
        "restricted",
        Kind::Bool,
        "whether only its admins and the owners of its packages may know of it",
    ),
    field("tags", Kind::Back { of: "tag", by: "project_label" }, "its tags").derived(),
    field("packages", Kind::Back { of: "package", by: "project_label" }, "its packages").derived(),
];

/// The project, in the table.
pub const PROJECT: Resource = Resource {
    name: "project",
    about: "what packages, builds and tags belong to",
    scope: Scope::Site,
    fields: &[COMMON, DISPLAY, OWN],
    rights: [Who::ANYONE, Who::ADMIN, Who::PROJECT.or(Who::ADMIN), Who::ADMIN],
    functions: &[HISTORY],
};
