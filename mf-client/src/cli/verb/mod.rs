//! Verbs that have a file of their own.

pub mod download;
pub mod events;
pub mod files;
pub mod log;
pub mod plan;
pub mod status;
pub mod submit;
pub mod version;
pub mod watch;
pub mod whoami;
pub mod why;
pub mod workon;

use clap::{ArgMatches, Command};

use super::cx::Cx;
use super::exit::Outcome;
use super::{demo, up};

/// One verb.
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub command: fn() -> Command,
    /// What it does.
    pub call: fn(&Cx, &ArgMatches) -> Outcome,
}

/// Those that stand directly after `mf`.
pub const ALONE: &[Verb] = &[
    Verb { name: "demo", command: demo::command, call: demo::call },
    Verb { name: "up", command: up::command, call: up::call },
    Verb { name: "workon", command: workon::command, call: workon::call },
    Verb { name: "status", command: status::command, call: status::call },
    Verb { name: "why", command: why::command, call: why::call },
    Verb { name: "whoami", command: whoami::command, call: whoami::call },
    Verb { name: "version", command: version::command, call: version::call },
];

/// Those of a resource.
pub const OF_RESOURCES: &[(&str, Verb)] = &[
    ("build", Verb { name: "create", command: submit::command, call: submit::call }),
    ("build", Verb { name: "watch", command: watch::command, call: watch::call }),
    ("task", Verb { name: "log", command: log::command, call: log::call }),
    ("task", Verb { name: "files", command: files::command, call: files::call }),
    ("task", Verb { name: "download", command: download::command, call: download::call }),
    ("util", Verb { name: "events", command: events::command, call: events::call }),
];
