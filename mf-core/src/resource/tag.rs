//! Tags: stages that builds are moved through.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, ERRANDS, HISTORY, LONG, SCOPED};
use super::shape::{Field, Function, Gives, Kind, On, Resource, Scope, Who, field};

/// A tag as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct Tag {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub project_label: String,
    pub requires_admin: bool,
    pub manage_repo: bool,
    pub include_in_builds: bool,
    pub close_on_tag: bool,
    pub locked: bool,
    pub only_latest: bool,
    pub about: String,
    pub builds: Vec<String>,
    pub errands: serde_json::Value,
    pub repository: String,
    pub repository_state: String,
}

const OWN: &[Field] = &[
    field("requires_admin", Kind::Bool, "whether only project admins may give or take it"),
    field("manage_repo", Kind::Bool, "whether the farm keeps a file repository of its builds"),
    field(
        "include_in_builds",
        Kind::Bool,
        "whether builds of the project are given that repository",
    ),
    field("close_on_tag", Kind::Bool, "whether tagging a build closes its bugs"),
    field("locked", Kind::Bool, "whether nothing moves in or out"),
    field(
        "only_latest",
        Kind::Bool,
        "whether it keeps only the latest build of each package-branch",
    ),
    field("about", Kind::Text(LONG), "a note for people"),
    field("builds", Kind::Refs { to: "build", via: "build_tag" }, "its builds").derived(),
    field("errands", Kind::Computed(Gives::Json), ERRANDS).derived(),
    field(
        "repository",
        Kind::Computed(Gives::Text),
        "path of its file repository on the hub; each target's files are in its tag_path",
    )
    .derived(),
    field(
        "repository_state",
        Kind::Computed(Gives::Text),
        "since when its repository is current, or since when and why it lags",
    )
    .derived(),
];

const ADMINS: Who = Who::PROJECT.or(Who::ADMIN);

const MOVE: &[Field] =
    &[field("to_tag_label", Kind::Ref { to: "tag", owned: false }, "the tag to move them to")
        .must()
        .also(&["to"])];

/// The tag, in the table.
pub const TAG: Resource = Resource {
    name: "tag",
    about: "a stage that builds are moved through, such as testing",
    scope: Scope::Project,
    fields: &[COMMON, SCOPED, OWN],
    rights: [Who::ANYONE, ADMINS, ADMINS, ADMINS],
    functions: &[
        Function {
            name: "move_builds",
            about: "move all its builds to another tag",
            on: On::One,
            takes: MOVE,
            gives: &["moved_builds", "untagged_builds"],
            who: ADMINS,
            writes: true,
        },
        Function {
            name: "lock",
            about: "let nothing move in or out",
            on: On::One,
            takes: &[],
            gives: &["tag"],
            who: ADMINS,
            writes: true,
        },
        Function {
            name: "unlock",
            about: "let builds move in and out again",
            on: On::One,
            takes: &[],
            gives: &["tag"],
            who: ADMINS,
            writes: true,
        },
        HISTORY,
    ],
};
