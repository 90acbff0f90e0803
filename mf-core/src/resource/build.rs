//! Builds: one submission of a package-branch, one task for every target.

use serde::{Deserialize, Serialize};

use super::common::{ERRANDS, HISTORY, LONG, PROJECT, SCOPED, SHORT};
use super::shape::{Field, Function, Gives, Kind, On, Resource, Scope, Who, field};
use crate::task::STATUSES;

/// Longest comment, in bytes.
const COMMENT: usize = 10_000;

/// A build as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct Build {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub project_label: String,
    pub package_branch_label: String,
    pub build_type_label: String,
    pub user_label: String,
    pub pre_tag_label: String,
    pub scratch: bool,
    pub scratch_url: String,
    pub bugs: String,
    pub notes: String,
    pub package_label: String,
    pub status_label: String,
    pub releases: Vec<String>,
    pub tasks: Vec<String>,
    pub tags: Vec<String>,
    pub bug_urls: Vec<String>,
    pub bug_details: serde_json::Value,
    pub comments: serde_json::Value,
    pub karma: i64,
    pub revision: String,
    pub errands: serde_json::Value,
    pub priority: i64,
}

const SUBMITTERS: Who = Who::SIGNED_IN.or(Who::ADMIN);

/// As [`super::common::COMMON`], but the label has a default.
const BUILD_COMMON: &[Field] = &[
    field("id", Kind::Int(1, i64::MAX), "a number that never changes").derived(),
    LABEL,
    field("create_date", Kind::Time, "when it was made, UTC").derived(),
    field("update_date", Kind::Time, "when it was last changed, UTC").derived(),
];

const LABEL: Field =
    field("label", Kind::Label, "name that it is known by; default: <package>-buildN")
        .made()
        .search()
        .write(SUBMITTERS);
const PACKAGE_BRANCH: Field = field(
    "package_branch_label",
    Kind::Ref { to: "package-branch", owned: false },
    "the package-branch to build",
)
.must()
.filter()
.write(SUBMITTERS);
const BUILD_TYPE: Field =
    field("build_type_label", Kind::Ref { to: "build_type", owned: false }, "why it is built")
        .filter()
        .write(SUBMITTERS)
        .also(&["type"]);
const USER: Field = field(
    "user_label",
    Kind::Ref { to: "user", owned: false },
    "who submitted it: the caller, unless an admin names somebody else",
)
.made()
.filter()
.write(SUBMITTERS);
const PRE_TAG: Field = field(
    "pre_tag_label",
    Kind::Ref { to: "tag", owned: false },
    "the tag it gets when it succeeds",
)
.write(SUBMITTERS);
const SCRATCH: Field =
    field("scratch", Kind::Bool, "a trial build: never tagged, and removed after some time")
        .filter()
        .write(SUBMITTERS);
const SCRATCH_URL: Field =
    field("scratch_url", Kind::Text(SHORT), "source of a scratch build").write(SUBMITTERS);
const BUGS: Field =
    field("bugs", Kind::Text(SHORT), "bugs that it fixes, separated by commas").write(SUBMITTERS);
const NOTES: Field = field("notes", Kind::Text(LONG), "a note for people").write(SUBMITTERS);

/// What a build is submitted with, all of it.
const SUBMITTED: &[Field] =
    &[LABEL, PROJECT, PACKAGE_BRANCH, BUILD_TYPE, USER, PRE_TAG, SCRATCH, SCRATCH_URL, BUGS, NOTES];

const OWN: &[Field] = &[
    PACKAGE_BRANCH,
    BUILD_TYPE,
    USER,
    PRE_TAG,
    SCRATCH,
    SCRATCH_URL,
    BUGS,
    NOTES,
    field(
        "package_label",
        Kind::Ref { to: "package", owned: false },
        "the package that its package-branch belongs to",
    )
    .filter()
    .derived(),
    field("status_label", Kind::Choice(STATUSES), "its state").filter().derived(),
    field("releases", Kind::Computed(Gives::List), "releases that it is built for").derived(),
    field("tasks", Kind::Back { of: "task", by: "build_label" }, "its tasks").derived(),
    field("tags", Kind::Refs { to: "tag", via: "build_tag" }, "its tags").derived(),
    field("bug_urls", Kind::Computed(Gives::List), "where its bugs are").derived(),
    field(
        "bug_details",
        Kind::Computed(Gives::Json),
        "what the tracker says about each bug: bug, state (unchecked, open, closed, unknown), \
         title, status, message, check_date",
    )
    .derived(),
    field(
        "comments",
        Kind::Computed(Gives::Json),
        "what people said about it: user_label, create_date, karma, comment",
    )
    .derived(),
    field(
        "karma",
        Kind::Computed(Gives::Int),
        "sum of people's karma; for each person the last that is not 0 counts",
    )
    .derived(),
    field("revision", Kind::Text(SHORT), "revision of the source that was built").derived(),
    field("errands", Kind::Computed(Gives::Json), ERRANDS).derived(),
    field(
        "priority",
        PRIORITY,
        "what admins added to the priority of its build type; the higher sum goes first",
    )
    .derived(),
];

/// By how much admins raise or lower a build.
const PRIORITY: Kind = Kind::Int(-1_000, 1_000);

const PRIORITIZED: &[Field] =
    &[field("priority", PRIORITY, "what to add to the priority of its build type").must()];

/// Who may do something to a build that is there.
const KEEPERS: Who = Who::OWNER.or(Who::PROJECT).or(Who::ADMIN);

const TAGGED: &[Field] =
    &[field("tag_label", Kind::Ref { to: "tag", owned: false }, "the tag").must()];

const COMMENTED: &[Field] = &[
    field("comment", Kind::Text(COMMENT), "the comment").must(),
    field("karma", Kind::Int(-1, 1), "1 for it, -1 against it, 0 neither; default: 0"),
];

const BUG: Field = field("bug", Kind::Text(SHORT), "only this one of its bugs");

const WHICH_BUG: &[Field] = &[BUG];

const BUG_COMMENT: &[Field] = &[field("comment", Kind::Text(COMMENT), "the comment").must(), BUG];

const BUG_CHANGE: &[Field] = &[field("comment", Kind::Text(COMMENT), "a comment to add"), BUG];

/// What the farm is to do to a build's bugs, in their tracker.
const fn of_bugs(name: &'static str, about: &'static str, takes: &'static [Field]) -> Function {
    let (on, gives) = (On::One, &["build"]);
    Function { name, about, on, takes, gives, who: KEEPERS, writes: true }
}

/// The build, in the table.
pub const BUILD: Resource = Resource {
    name: "build",
    about: "one submission of a package-branch; it has a task for every target",
    scope: Scope::Project,
    fields: &[BUILD_COMMON, SCOPED, OWN],
    rights: [Who::ANYONE, SUBMITTERS, Who::HUB, Who::ADMIN],
    functions: &[
        Function {
            name: "cancel",
            about: "stop it: waiting tasks do not start, running ones are killed",
            on: On::One,
            takes: &[],
            gives: &["build"],
            who: KEEPERS,
            writes: true,
        },
        Function {
            name: "retry",
            about: "build again what failed, was cancelled or was lost",
            on: On::One,
            takes: &[],
            gives: &["build"],
            who: KEEPERS,
            writes: true,
        },
        Function {
            name: "tag",
            about: "give it a tag; in a tag with only_latest it replaces the older build of its \
                    package-branch",
            on: On::One,
            takes: TAGGED,
            gives: &["build"],
            who: KEEPERS,
            writes: true,
        },
        Function {
            name: "untag",
            about: "take a tag away from it",
            on: On::One,
            takes: TAGGED,
            gives: &["build"],
            who: KEEPERS,
            writes: true,
        },
        Function {
            name: "comment",
            about: "comment on it, and say whether it is good",
            on: On::One,
            takes: COMMENTED,
            gives: &["build"],
            who: Who::SIGNED_IN,
            writes: true,
        },
        of_bugs("check_bugs", "ask the tracker again about its bugs", WHICH_BUG),
        of_bugs("comment_bugs", "comment on its bugs", BUG_COMMENT),
        of_bugs("close_bugs", "close its bugs, with a comment that names the build", BUG_CHANGE),
        of_bugs("reopen_bugs", "reopen its bugs, with a comment that names the build", BUG_CHANGE),
        of_bugs("link_bugs", "link its bugs to the build", WHICH_BUG),
        Function {
            name: "plan",
            about: "what submitting this build would lead to: its tasks, which systems could take \
                    each, when it would begin, and what would be refused",
            on: On::All,
            takes: SUBMITTED,
            gives: &["plan"],
            who: SUBMITTERS,
            writes: false,
        },
        Function {
            name: "prioritize",
            about: "let its waiting tasks go before others, or after them",
            on: On::One,
            takes: PRIORITIZED,
            gives: &["build"],
            who: Who::ADMIN,
            writes: true,
        },
        HISTORY,
    ],
};
