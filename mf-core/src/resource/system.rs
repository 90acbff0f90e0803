//! Systems: hosts that run a worker.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, DISPLAY, EXPIRES, HISTORY, NEW_KEY, OLD_KEY, SHORT};
use super::shape::{Field, Function, Gives, Kind, On, Resource, Scope, Who, field};

/// A system as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct System {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub display_name: String,
    pub capacity: i64,
    pub enabled: bool,
    pub drained: String,
    pub host_signature: String,
    pub build_handlers: Vec<String>,
    pub archs: Vec<String>,
    pub build_count: i64,
    pub last_seen: String,
}

const OWN: &[Field] = &[
    field(
        "capacity",
        Kind::Int(0, 10_000),
        "how much it builds at the same time, as a sum of footprints; unless given, its number of \
         CPUs once its worker registers",
    )
    .made(),
    field("enabled", Kind::Bool, "whether it gets tasks").or("true").filter(),
    field(
        "drained",
        Kind::Computed(Gives::Text),
        "who drained it, since when and why; empty while it gets tasks",
    )
    .derived(),
    field("host_signature", Kind::Computed(Gives::Text), "fingerprint of its key").derived(),
    field("build_handlers", Kind::Computed(Gives::List), "build handlers it has").derived(),
    field("archs", Kind::Computed(Gives::List), "archs it serves").derived(),
    field("build_count", Kind::Computed(Gives::Int), "tasks it is building now").derived(),
    field("last_seen", Kind::Computed(Gives::Time), "when it was last heard of, UTC").derived(),
];

const DRAINED: &[Field] =
    &[field("reason", Kind::Text(SHORT), "why; shown to everybody whose tasks wait")];

const TOKEN_EXPIRES: Field =
    Field { about: "when it expires: 12h, 90d, or a date or time in UTC; default: 24h", ..EXPIRES };

/// The system, in the table.
pub const SYSTEM: Resource = Resource {
    name: "system",
    about: "a host that runs a worker",
    scope: Scope::Site,
    fields: &[COMMON, DISPLAY, OWN],
    rights: [Who::ANYONE, Who::ADMIN, Who::ADMIN, Who::ADMIN],
    functions: &[
        Function {
            name: "create_key",
            about: "make a key for its worker; the answer shows it this once",
            on: On::One,
            takes: NEW_KEY,
            gives: &["key"],
            who: Who::ADMIN,
            writes: true,
        },
        Function {
            name: "list_keys",
            about: "its keys without their secrets: name, expiry, last use",
            on: On::One,
            takes: &[],
            gives: &["keys"],
            who: Who::ADMIN,
            writes: false,
        },
        Function {
            name: "revoke_key",
            about: "revoke one of its keys, at once",
            on: On::One,
            takes: OLD_KEY,
            gives: &["system"],
            who: Who::ADMIN,
            writes: true,
        },
        Function {
            name: "create_token",
            about: "make a one-time token for its host to enrol with, replacing any earlier one; \
                    the answer shows it this once",
            on: On::One,
            takes: &[TOKEN_EXPIRES],
            gives: &["token"],
            who: Who::ADMIN,
            writes: true,
        },
        Function {
            name: "enrol",
            about: "a host presents its one-time token and the hash of its new key",
            on: On::All,
            takes: &[],
            gives: &["system"],
            who: Who::ANYONE,
            writes: true,
        },
        Function {
            name: "drain",
            about: "give it no more tasks; what it is building is finished",
            on: On::One,
            takes: DRAINED,
            gives: &["system"],
            who: Who::OWNER.or(Who::ADMIN),
            writes: true,
        },
        Function {
            name: "resume",
            about: "give it tasks again",
            on: On::One,
            takes: &[],
            gives: &["system"],
            who: Who::OWNER.or(Who::ADMIN),
            writes: true,
        },
        HISTORY,
        Function {
            name: "register",
            about: "a worker says who it is and what it offers",
            on: On::All,
            takes: &[],
            gives: &["system"],
            who: Who::SYSTEM,
            writes: true,
        },
        Function {
            name: "claim",
            about: "a worker asks for a task, and waits for one",
            on: On::All,
            takes: &[],
            gives: &["claim"],
            who: Who::SYSTEM,
            writes: true,
        },
        Function {
            name: "heartbeat",
            about: "a worker names the attempts that it holds",
            on: On::All,
            takes: &[],
            gives: &["heartbeat"],
            who: Who::SYSTEM,
            writes: true,
        },
    ],
};
