//! Users: people and programs with a key.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, DISPLAY, HISTORY, LONG};
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

const OWN: &[Field] = &[
    field("email", Kind::Text(254), "address, shown to those signed in")
        .read(Who::SIGNED_IN.or(Who::ADMIN))
        .write(SELF),
    field("password", Kind::Secret, "never shown").write(SELF),
    field("about", Kind::Text(LONG), "what people should know").write(SELF),
    field("agreed_to_terms", Kind::Bool, "whether the site's terms were agreed to").write(SELF),
    field("groups", Kind::Refs { to: "group", via: "group_user" }, "groups that it is a member of")
        .derived(),
];

/// The user, in the table.
pub const USER: Resource = Resource {
    name: "user",
    about: "a person or program that uses the farm",
    scope: Scope::Site,
    fields: &[COMMON, DISPLAY, OWN],
    rights: [Who::ANYONE, Who::ADMIN, Who::OWNER.or(Who::ADMIN), Who::ADMIN],
    functions: &[
        HISTORY,
        Function {
            name: "create_key",
            about: "make an API key for it; the answer shows it once, and nothing does again",
            on: On::One,
            takes: &[],
            gives: &["key"],
            who: SELF,
            writes: true,
        },
    ],
};
