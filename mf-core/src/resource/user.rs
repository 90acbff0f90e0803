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
    field("about", Kind::Text(LONG), "a note for people").write(OWN_WORDS),
    field("agreed_to_terms", Kind::Bool, "whether the site's terms were agreed to")
        .write(OWN_WORDS),
    field("groups", Kind::Refs { to: "group", via: "group_user" }, "groups it is a member of")
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
            about: "make an API key for it; the answer shows it this once",
            on: On::One,
            takes: NEW_KEY,
            gives: &["key"],
            who: SELF,
            writes: true,
        },
        Function {
            name: "list_keys",
            about: "its API keys without their secrets: name, expiry, last use",
            on: On::One,
            takes: &[],
            gives: &["keys"],
            who: SELF,
            writes: false,
        },
        Function {
            name: "revoke_key",
            about: "revoke one of its API keys, at once",
            on: On::One,
            takes: OLD_KEY,
            gives: &["user"],
            who: SELF,
            writes: true,
        },
        Function {
            name: "change_password",
            about: "change your own password, by giving the old one",
            on: On::One,
            takes: PASSWORDS,
            gives: &["user"],
            who: Who::OWNER,
            writes: true,
        },
    ],
};

const PASSWORDS: &[Field] = &[
    field("old_password", Kind::Secret, "the old password; not needed if there is none"),
    field("new_password", Kind::Secret, "the new password").must(),
];
