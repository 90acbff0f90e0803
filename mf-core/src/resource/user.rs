//! Users: people and programs with a key.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, DISPLAY, HISTORY, LONG, NEW_KEY, OLD_KEY};
use super::shape::{Field, Function, Kind, On, Resource, Scope, Who, field};

/// A user as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct User {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub display_name: String,
    pub email: String,
    pub about: String,
    pub agreed_to_terms: bool,
    pub groups: Vec<String>,
}

const SELF: Who = Who::OWNER.or(Who::ADMIN);
/// Users themselves, also while they register.
const OWN_WORDS: Who = SELF.or(Who::NEWCOMER);

const OWN: &[Field] = &[
    field("email", Kind::Text(254), "address, shown to those signed in")
        .read(Who::SIGNED_IN.or(SELF))
        .write(OWN_WORDS),
    field("password", Kind::Secret, "never shown; its owner changes it with change_password")
        .write(Who::ADMIN.or(Who::NEWCOMER)),
    field("about", Kind::Text(LONG), "what people should know").write(OWN_WORDS),
    field("agreed_to_terms", Kind::Bool, "whether the site's terms were agreed to")
        .write(OWN_WORDS),
    field("groups", Kind::Refs { to: "group", via: "group_user" }, "groups that it is a member of")
        .derived(),
];

/// The user, in the table.
pub const USER: Resource = Resource {
    name: "user",
    about: "a person or program that uses the farm",
    scope: Scope::Site,
    fields: &[COMMON, DISPLAY, OWN],
    rights: [Who::ANYONE, Who::ADMIN.or(Who::NEWCOMER), Who::OWNER.or(Who::ADMIN), Who::ADMIN],
    functions: &[
        HISTORY,
        Function {
            name: "create_key",
            about: "make an API key for it; the answer shows it once, and nothing does again",
            on: On::One,
            takes: NEW_KEY,
            gives: &["key"],
            who: SELF,
            writes: true,
        },
        Function {
            name: "list_keys",
            about: "its API keys without their secrets: name, end, last use",
            on: On::One,
            takes: &[],
            gives: &["keys"],
            who: SELF,
            writes: false,
        },
        Function {
            name: "revoke_key",
            about: "end one of its API keys, now",
            on: On::One,
            takes: OLD_KEY,
            gives: &["user"],
            who: SELF,
            writes: true,
        },
        Function {
            name: "change_password",
            about: "change one's own password; the old one is asked for",
            on: On::One,
            takes: PASSWORDS,
            gives: &["user"],
            who: Who::OWNER,
            writes: true,
        },
    ],
};

const PASSWORDS: &[Field] = &[
    field("old_password", Kind::Secret, "the one until now; not asked for where there is none"),
    field("new_password", Kind::Secret, "the one from now on").must(),
];
