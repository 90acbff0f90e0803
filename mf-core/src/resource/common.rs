//! Groups of fields that several resources share.

use super::shape::{Field, Function, Gives, Kind, On, Who, field};

/// Largest short text (names, URLs), in bytes.
pub const SHORT: usize = 1_000;
/// Largest long text (descriptions, notes, configurations), in bytes.
pub const LONG: usize = 64_000;

const ADMINS: Who = Who::PROJECT.or(Who::ADMIN);

/// What every resource has.
pub const COMMON: &[Field] = &[
    field("id", Kind::Int(1, i64::MAX), "a number that never changes").derived(),
    field("label", Kind::Label, "the name it is known by")
        .must()
        .search()
        .write(ADMINS.or(Who::OWNER).or(Who::SIGNED_IN).or(Who::NEWCOMER)),
    field("create_date", Kind::Time, "when it was made, UTC").derived(),
    field("update_date", Kind::Time, "when it was last changed, UTC").derived(),
];

/// The same, where the farm names things itself.
pub const COMMON_DERIVED: &[Field] = &[
    field("id", Kind::Int(1, i64::MAX), "a number that never changes").derived(),
    field("label", Kind::Label, "the name it is known by").search().derived(),
    field("create_date", Kind::Time, "when it was made, UTC").derived(),
    field("update_date", Kind::Time, "when it was last changed, UTC").derived(),
];

/// The project of what is in one.
pub const PROJECT: Field =
    field("project_label", Kind::Ref { to: "project", owned: false }, "the project it belongs to")
        .must()
        .filter()
        .write(ADMINS.or(Who::SIGNED_IN));

/// What every project-scoped resource has.
pub const SCOPED: &[Field] = &[PROJECT];

/// The same, where it follows from something else.
pub const SCOPED_DERIVED: &[Field] = &[field(
    "project_label",
    Kind::Ref { to: "project", owned: false },
    "the project it belongs to",
)
.filter()
.derived()];

/// A name for people.
pub const DISPLAY: &[Field] =
    &[field("display_name", Kind::Text(SHORT), "the name shown to people")
        .search()
        .write(ADMINS.or(Who::OWNER).or(Who::NEWCOMER))];

/// What the farm has to do elsewhere for an object.
pub const ERRANDS: &str = "what the farm does for it in other systems: id, about, state (waiting, \
                           running, done, refused), attempts, next_try, message";

/// What is said of a new API key.
pub const NEW_KEY: &[Field] = &[
    field("name", Kind::Text(SHORT), "its name, such as where it is used; default: key-N"),
    EXPIRES,
];

/// When something new ends by itself.
pub const EXPIRES: Field =
    field("expires", Kind::Text(SHORT), "when it expires: 12h, 90d, or a date or time in UTC");

/// Which API key is meant.
pub const OLD_KEY: &[Field] =
    &[field("key", Kind::Text(SHORT), "the key's name or id; never the key itself").must()];

/// What the three kinds of handlers have: the regulator registers them.
pub const HANDLER: &[Field] = &[
    field("config", Kind::Text(LONG), "the handler's configuration, usually TOML"),
    field("plugin", Kind::Text(SHORT), "plugin that provides it").filter().derived(),
    field("version", Kind::Text(SHORT), "version of that plugin").derived(),
    field("digest", Kind::Text(64), "SHA-256 of the plugin's file").derived(),
    field("enabled", Kind::Bool, "whether it can be used").filter().derived(),
    field(
        "schemas",
        Kind::Computed(Gives::Json),
        "JSON Schemas of its own `config` (handler), of a target's (target) and of a host's \
         (local)",
    )
    .derived(),
    field("systems", Kind::Computed(Gives::List), "systems that have it").derived(),
];

const PAGE: &[Field] = &[
    field("limit", Kind::Int(1, 1_000), "at most this many; default: 50"),
    field("after", Kind::Int(1, i64::MAX), "the `after` of the page before: only what is older"),
];

/// What every change takes beside its own parameters: nothing is kept of it,
/// and the answer is what it would have been.
pub const DRY_RUN: Field = field("dry_run", Kind::Bool, "only say what would come of it");

/// What every resource with rows answers: who changed an object, and how.
pub const HISTORY: Function = Function {
    name: "history",
    about: "who changed it, when, with which key, from what to what; the newest first",
    on: On::One,
    takes: PAGE,
    gives: &["history", "after"],
    who: Who::ANYONE,
    writes: false,
};
