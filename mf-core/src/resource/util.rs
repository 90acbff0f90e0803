//! Functions that belong to no row.

use super::common::SHORT;
use super::shape::{Field, Function, Kind, On, Resource, Scope, Who, field};

const TASK_DATA: &[Field] = &[
    field("task_label", Kind::Text(SHORT), "the task").must(),
    field("project_label", Kind::Text(SHORT), "its project").must(),
];

const DOWNLOAD: &[Field] =
    &[field("path", Kind::Text(SHORT), "<task fs_path>/files/<name>, or sources, logs, configs")
        .must()];

const PAUSED: &[Field] =
    &[field("reason", Kind::Text(SHORT), "why; shown to everybody who waits").must()];

const BRIEF: &[Field] = &[field(
    "brief",
    Kind::Bool,
    "leave out the counts over the farm's whole history: builds, tasks, errands",
)];

const EVENTS: &[Field] = &[
    field(
        "after",
        Kind::Int(0, i64::MAX),
        "number of the last event you know; default: only new ones",
    ),
    field("project_label", Kind::Text(SHORT), "only what belongs to this project"),
    field("build_label", Kind::Text(SHORT), "only this build and its tasks"),
    field("task_label", Kind::Text(SHORT), "only this task"),
    field("resource", Kind::Text(SHORT), "only these resources, separated by commas"),
    field(
        "also",
        Kind::Text(SHORT),
        "these resources as well, separated by commas, whatever the other filters say",
    ),
];

const NOTIFY: &[Field] =
    &[field("url", Kind::Text(SHORT), "where the source is; a webhook's body may name it instead")];

const REPOSITORY_FILE: &[Field] = &[
    field("generation", Kind::Int(1, i64::MAX), "number of the draft").must(),
    field("path", Kind::Text(4_096), "where it is, beneath the tag").must(),
    field("sha256", Kind::Text(64), "its SHA-256, in hexadecimal").must(),
];

const ERRANDS: &[Field] = &[
    field("project_label", Kind::Text(SHORT), "only those of this project"),
    field("build_label", Kind::Text(SHORT), "only those of this build"),
    field(
        "state",
        Kind::Choice(&["waiting", "running", "done", "refused"]),
        "only those in this state",
    ),
];

const ERRAND: &[Field] = &[field("errand", Kind::Int(1, i64::MAX), "its id").must()];

const SEARCH: &[Field] = &[
    field("mf_search_query", Kind::Text(200), "what to look for").must().also(&["search", "word"]),
    field("limit", Kind::Int(1, 100), "at most this many of each resource; default: 20"),
];

const PLUGIN: &[Field] = &[field(
    "plugin",
    Kind::Text(SHORT),
    "its id, or the first 8 or more digits of its file's SHA-256",
)
.must()];

/// The util, in the table.
pub const UTIL: Resource = Resource {
    name: "util",
    about: "what belongs to no other resource",
    scope: Scope::NoRows,
    fields: &[],
    rights: [Who::NOBODY; 4],
    functions: &[
        Function {
            name: "version",
            about: "the hub's version",
            on: On::All,
            takes: &[],
            gives: &["version"],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "status",
            about: "the farm at a glance: queue, builds, systems, errands",
            on: On::All,
            takes: BRIEF,
            gives: &["status"],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "pause",
            about: "give nobody a task until the queue is resumed; what is being built is finished",
            on: On::All,
            takes: PAUSED,
            gives: &["queue"],
            who: Who::ADMIN,
            writes: true,
        },
        Function {
            name: "resume",
            about: "give tasks again",
            on: On::All,
            takes: &[],
            gives: &["queue"],
            who: Who::ADMIN,
            writes: true,
        },
        Function {
            name: "whoami",
            about: "who the caller's key belongs to",
            on: On::All,
            takes: &[],
            gives: &["whoami"],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "search",
            about: "everything that contains a word, the newest of each resource first",
            on: On::All,
            takes: SEARCH,
            gives: &["found"],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "get_all_task_data",
            about: "a task and all that it refers to, each a whole object",
            on: On::All,
            takes: TASK_DATA,
            gives: &["task", "target", "build", "package", "package_branch", "release"],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "get_file_download_url",
            about: "where a file of a task can be fetched by a plain GET, for a limited time",
            on: On::All,
            takes: DOWNLOAD,
            gives: &["download_url"],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "events",
            about: "what happens, as server-sent events",
            on: On::All,
            takes: EVENTS,
            gives: &[],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "register_handlers",
            about: "the regulator says which handlers there are",
            on: On::All,
            takes: &[],
            gives: &["registered"],
            who: Who::REGULATOR,
            writes: true,
        },
        Function {
            name: "report_calls",
            about: "the regulator says how calls of plugins went that it made",
            on: On::All,
            takes: &[],
            gives: &[],
            who: Who::REGULATOR,
            writes: true,
        },
        Function {
            name: "enable_handlers",
            about: "the regulator enables build handlers that an enabled system has, and disables \
                    those that none has",
            on: On::All,
            takes: &[],
            gives: &["enabled", "disabled"],
            who: Who::REGULATOR,
            writes: true,
        },
        Function {
            name: "errands",
            about: "what the farm has to do in other systems, such as closing a bug; newest first",
            on: On::All,
            takes: ERRANDS,
            gives: &["errands"],
            who: Who::ANYONE,
            writes: false,
        },
        Function {
            name: "retry_errand",
            about: "try a refused or waiting errand at once",
            on: On::All,
            takes: ERRAND,
            gives: &[],
            who: Who::ADMIN,
            writes: true,
        },
        Function {
            name: "claim_errand",
            about: "a hook of the regulator asks for an errand",
            on: On::All,
            takes: &[],
            gives: &["errand"],
            who: Who::REGULATOR,
            writes: true,
        },
        Function {
            name: "renew_errand",
            about: "a hook of the regulator is still at an errand",
            on: On::All,
            takes: &[],
            gives: &[],
            who: Who::REGULATOR,
            writes: true,
        },
        Function {
            name: "end_errand",
            about: "a hook of the regulator says how an errand ended; a repository that is done \
                    is what clients see from then on",
            on: On::All,
            takes: &[],
            gives: &[],
            who: Who::REGULATOR,
            writes: true,
        },
        Function {
            name: "notify",
            about: "say that a repository has something new: builds on commit look at it at once",
            on: On::All,
            takes: NOTIFY,
            gives: &["looked_at"],
            who: Who::SIGNED_IN,
            writes: true,
        },
        Function {
            name: "heads",
            about: "the regulator asks which heads to look at",
            on: On::All,
            takes: &[],
            gives: &["heads"],
            who: Who::REGULATOR,
            writes: false,
        },
        Function {
            name: "report_head",
            about: "the regulator says where a head is; a new one is built",
            on: On::All,
            takes: &[],
            gives: &["submitted"],
            who: Who::REGULATOR,
            writes: true,
        },
        Function {
            name: "upload_repository",
            about: "the regulator stores a file of an index in a draft",
            on: On::All,
            takes: REPOSITORY_FILE,
            gives: &[],
            who: Who::REGULATOR,
            writes: true,
        },
        Function {
            name: "list_plugins",
            about: "the plugins of the farm: their handlers and hooks, how often they crashed, \
                    which are quarantined",
            on: On::All,
            takes: &[],
            gives: &["plugins"],
            who: Who::SIGNED_IN.or(Who::ADMIN).or(Who::SYSTEM).or(Who::REGULATOR),
            writes: false,
        },
        Function {
            name: "show_plugin",
            about: "a plugin with its handlers and hooks, and the evidence of its crashes",
            on: On::All,
            takes: PLUGIN,
            gives: &["plugin"],
            who: Who::ADMIN,
            writes: false,
        },
        Function {
            name: "clear_plugin",
            about: "ends the quarantine of a plugin, and forgets its crashes",
            on: On::All,
            takes: PLUGIN,
            gives: &["cleared"],
            who: Who::ADMIN,
            writes: true,
        },
    ],
};
