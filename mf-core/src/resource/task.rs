//! Tasks: a build, for one target.

use serde::{Deserialize, Serialize};

use super::common::{COMMON_DERIVED, HISTORY, LONG, SCOPED_DERIVED, SHORT};
use super::shape::{Field, Function, Gives, Kind, On, Resource, Scope, Who, field};
use crate::task::STATUSES;

/// A task as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct Task {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub project_label: String,
    pub build_label: String,
    pub target_label: String,
    pub build_handler_label: String,
    pub system_label: String,
    pub status_label: String,
    pub stage: String,
    pub message: String,
    pub revision: String,
    pub plugins: String,
    pub isolation: String,
    pub attempt: i64,
    pub start_date: String,
    pub end_date: String,
    pub fs_path: String,
    pub logs: Vec<String>,
    pub files: Vec<String>,
    pub sources: Vec<String>,
    pub configs: Vec<String>,
}

const OWN: &[Field] = &[
    field("build_label", Kind::Ref { to: "build", owned: true }, "the build it is part of")
        .filter()
        .derived(),
    field("target_label", Kind::Ref { to: "target", owned: false }, "the target it is built for")
        .filter()
        .derived(),
    field(
        "build_handler_label",
        Kind::Ref { to: "build_handler", owned: false },
        "how it is built",
    )
    .filter()
    .derived(),
    field(
        "system_label",
        Kind::Ref { to: "system", owned: false },
        "the system that builds it, or built it last",
    )
    .filter()
    .derived(),
    field("status_label", Kind::Choice(STATUSES), "its state").filter().derived(),
    field("stage", Kind::Text(SHORT), "finer progress: checkout, build, upload; or why it ended")
        .derived(),
    field("message", Kind::Text(LONG), "why it ended as it did, in a sentence").derived(),
    field("revision", Kind::Text(SHORT), "revision of the source that was built").derived(),
    field(
        "plugins",
        Kind::Text(LONG),
        "the plugins of its last attempt, one line each: handler, plugin, version, SHA-256",
    )
    .derived(),
    field(
        "isolation",
        Kind::Text(SHORT),
        "how its handlers were isolated from the rest of the host",
    )
    .derived(),
    field("attempt", Kind::Int(0, i64::MAX), "how often it was started").derived(),
    field("start_date", Kind::Time, "when it was last started, UTC").derived(),
    field("end_date", Kind::Time, "when it ended, UTC").derived(),
    field(
        "fs_path",
        Kind::Text(SHORT),
        "where the last attempt's files are, for get_file_download_url",
    )
    .derived(),
    field("logs", Kind::Computed(Gives::List), "names of its logs").derived(),
    field("files", Kind::Computed(Gives::List), "names of its results").derived(),
    field("sources", Kind::Computed(Gives::List), "names of its sources").derived(),
    field(
        "configs",
        Kind::Computed(Gives::List),
        "names of the configuration files it was built with",
    )
    .derived(),
];

const ATTEMPT: Field =
    field("attempt", Kind::Int(1, i64::MAX), "which attempt; default: the last one");

const PART: &[Field] = &[ATTEMPT];

const FOLLOW: &[Field] = &[
    ATTEMPT,
    field("follow", Kind::Bool, "continue until the task ends"),
    field("offset", Kind::Int(0, i64::MAX), "offset of the first byte"),
];

const NAME: Field = field("name", Kind::Text(SHORT), "name of the log").must();

const LINES: &[Field] = &[
    NAME,
    ATTEMPT,
    field("first", Kind::Int(1, i64::MAX), "number of the first line; default: the last lines"),
    field("since", Kind::Time, "only lines that came at this time (UTC) or later"),
    field("count", Kind::Int(1, 1_000), "at most this many; default: 200"),
];

const SEARCH: &[Field] = &[
    NAME,
    ATTEMPT,
    field("mf_search_query", Kind::Text(SHORT), "text to look for, in upper or lower case"),
    field("errors", Kind::Bool, "look for lines that look like errors instead"),
    field("after", Kind::Int(0, i64::MAX), "only lines after this number"),
    field("limit", Kind::Int(1, 1_000), "at most this many; default: 500"),
];

const APPEND: &[Field] =
    &[NAME, field("offset", Kind::Int(0, i64::MAX), "where the bytes belong").must()];

const UPLOAD: &[Field] = &[
    field("kind", Kind::Choice(&["file", "source", "log", "config"]), "what the file is").must(),
    field("name", Kind::Text(SHORT), "its name").must(),
    field("sha256", Kind::Text(64), "its SHA-256, in hexadecimal").must(),
];

/// The task, in the table.
pub const TASK: Resource = Resource {
    name: "task",
    about: "a build's work for one target",
    scope: Scope::Project,
    fields: &[COMMON_DERIVED, SCOPED_DERIVED, OWN],
    rights: [Who::ANYONE, Who::HUB, Who::HUB, Who::HUB],
    functions: &[
        Function {
            name: "log",
            about: "a log's bytes; `Range`, or `offset=`, for a part",
            on: On::Part,
            takes: FOLLOW,
            gives: &[],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "log_cause",
            about: "the lines of a log that tell why its task failed: those around the first that \
                    looks like an error, and the last ones",
            on: On::One,
            takes: &[NAME, ATTEMPT],
            gives: &["cause"],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "log_lines",
            about: "lines of a log by number, each with the time it came",
            on: On::One,
            takes: LINES,
            gives: &["lines"],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "search_log",
            about: "numbers of a log's lines that contain a text, or look like errors",
            on: On::One,
            takes: SEARCH,
            gives: &["found", "more"],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "file",
            about: "a result's bytes",
            on: On::Part,
            takes: PART,
            gives: &[],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "source",
            about: "a source's bytes",
            on: On::Part,
            takes: PART,
            gives: &[],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "config",
            about: "a configuration's bytes",
            on: On::Part,
            takes: PART,
            gives: &[],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "list_files",
            about: "everything it made: kind, name, size in bytes, sha256, attempt",
            on: On::One,
            takes: &[],
            gives: &["files"],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "cancel",
            about: "stop it",
            on: On::One,
            takes: &[],
            gives: &["task"],
            who: Who::OWNER.or(Who::PROJECT).or(Who::ADMIN),
            writes: true,
        },
        Function {
            name: "retry",
            about: "build it again, if it failed, was cancelled or was lost",
            on: On::One,
            takes: &[],
            gives: &["task"],
            who: Who::OWNER.or(Who::PROJECT).or(Who::ADMIN),
            writes: true,
        },
        Function {
            name: "why",
            about: "why it runs, waits or ended: one word, a sentence, and what each system says",
            on: On::One,
            takes: &[],
            gives: &["verdict", "sentence", "details"],
            who: Who::ANYONE,
            writes: false,
        },
        HISTORY,
        Function {
            name: "advance",
            about: "a worker says in which stage its attempt is; it is told which revision to build",
            on: On::All,
            takes: &[],
            gives: &["revision"],
            who: Who::SYSTEM,
            writes: true,
        },
        Function {
            name: "append",
            about: "a worker appends to a log, at an offset",
            on: On::All,
            takes: APPEND,
            gives: &["length"],
            who: Who::SYSTEM,
            writes: true,
        },
        Function {
            name: "upload",
            about: "a worker stores a file",
            on: On::All,
            takes: UPLOAD,
            gives: &[],
            who: Who::SYSTEM,
            writes: true,
        },
        Function {
            name: "complete",
            about: "a worker says how its attempt ended",
            on: On::All,
            takes: &[],
            gives: &[],
            who: Who::SYSTEM,
            writes: true,
        },
    ],
};
