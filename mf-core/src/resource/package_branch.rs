//! Package-branches: one way of building a package.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, HISTORY, SCOPED, SHORT};
use super::shape::{Field, Gives, Kind, Resource, Scope, Who, field};

/// A package-branch as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct PackageBranch {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub project_label: String,
    pub package_label: String,
    pub build_handler_label: String,
    pub url: String,
    pub vcs_branch: String,
    pub vcs_handler_label: String,
    pub build_prefix: String,
    pub releases: Vec<String>,
    pub excluded_releases: Vec<String>,
    pub build_on_commit: bool,
    pub pre_tag_label: String,
    pub head: String,
    pub head_state: String,
}

const OWN: &[Field] = &[
    field("package_label", Kind::Ref { to: "package", owned: false }, "the package it builds")
        .must()
        .filter(),
    field(
        "build_handler_label",
        Kind::Ref { to: "build_handler", owned: false },
        "how it is built",
    )
    .must()
    .filter(),
    field(
        "url",
        Kind::Text(SHORT),
        "where its source is; default: made from the vcs handler's template; empty: there is no \
         source to fetch",
    ),
    field(
        "vcs_branch",
        Kind::Text(SHORT),
        "branch, tag or revision of the source; empty: the default branch",
    ),
    field(
        "vcs_handler_label",
        Kind::Ref { to: "vcs_handler", owned: false },
        "how its source is fetched; default: the project's",
    )
    .made()
    .filter(),
    field(
        "build_prefix",
        Kind::Text(SHORT),
        "text for the build handler, such as a release's suffix",
    ),
    field(
        "releases",
        Kind::Refs { to: "release", via: "package_branch_release" },
        "releases it is built for; none: all that its build handler may be used for",
    )
    .also(&["release"]),
    field(
        "excluded_releases",
        Kind::Refs { to: "release", via: "package_branch_excluded_release" },
        "releases it is not built for",
    )
    .also(&["excluded-release"]),
    field("build_on_commit", Kind::Bool, "whether to submit a build when its head moves"),
    field(
        "pre_tag_label",
        Kind::Ref { to: "tag", owned: false },
        "the tag a build on commit gets when it succeeds",
    ),
    field(
        "head",
        Kind::Computed(Gives::Text),
        "for builds on commit: the revision last seen at its head",
    )
    .derived(),
    field(
        "head_state",
        Kind::Computed(Gives::Text),
        "since when its head is there, or why it cannot be looked at or is not built",
    )
    .derived(),
];

/// The package-branch, in the table.
pub const PACKAGE_BRANCH: Resource = Resource {
    name: "package-branch",
    about: "one way of building a package: handler, source and releases",
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
