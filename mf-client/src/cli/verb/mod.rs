//! Verbs that have a file of their own.

pub mod bugs;
pub mod compare;
pub mod completion;
pub mod config;
pub mod doctor;
pub mod download;
pub mod events;
pub mod files;
pub mod from_checkout;
pub mod log;
pub mod login;
pub mod man;
pub mod plan;
pub mod status;
pub mod submit;
pub mod top;
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
    Verb { name: "submit", command: from_checkout::command, call: from_checkout::call },
    Verb { name: "bug", command: bugs::command, call: bugs::call },
    Verb { name: "login", command: login::command, call: login::call },
    Verb { name: "config", command: config::command, call: config::call },
    Verb { name: "doctor", command: doctor::command, call: doctor::call },
    Verb { name: "status", command: status::command, call: status::call },
    Verb { name: "top", command: top::command, call: top::call },
    Verb { name: "why", command: why::command, call: why::call },
    Verb { name: "whoami", command: whoami::command, call: whoami::call },
    Verb { name: "completion", command: completion::command, call: completion::call },
    Verb { name: "man", command: man::command, call: man::call },
    Verb { name: "version", command: version::command, call: version::call },
];

/// Those of a resource.
pub const OF_RESOURCES: &[(&str, Verb)] = &[
    ("build", Verb { name: "create", command: submit::command, call: submit::call }),
    ("build", Verb { name: "watch", command: watch::command, call: watch::call }),
    ("build", Verb { name: "compare", command: compare::command, call: compare::call }),
    ("task", Verb { name: "log", command: log::command, call: log::call }),
    ("task", Verb { name: "files", command: files::command, call: files::call }),
    ("task", Verb { name: "download", command: download::command, call: download::call }),
    ("util", Verb { name: "events", command: events::command, call: events::call }),
];
