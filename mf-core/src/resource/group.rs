//! Groups of users; members of `admin` are the site's admins.

use serde::{Deserialize, Serialize};

use super::common::{COMMON, DISPLAY, HISTORY, LONG, SHORT};
use super::shape::{Field, Function, Kind, On, Resource, Scope, Who, field};

/// A group as it is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field's meaning is in the table below.
pub struct Group {
    pub id: i64,
    pub label: String,
    pub create_date: String,
    pub update_date: String,
    pub display_name: String,
    pub about: String,
    pub users: Vec<String>,
    pub pending_users: Vec<String>,
    pub restricted: bool,
}

const OWN: &[Field] = &[
    field("about", Kind::Text(LONG), "a note for people"),
    field("users", Kind::Refs { to: "user", via: "group_user" }, "members").also(&["user"]),
    field(
        "pending_users",
        Kind::Refs { to: "user", via: "group_pending_user" },
        "users waiting for a member's approval",
    )
    .derived(),
    field("restricted", Kind::Bool, "whether joining needs a member's approval"),
];

/// The group, in the table.
pub const GROUP: Resource = Resource {
    name: "group",
    about: "users who share rights; members of admin are the site's admins",
    scope: Scope::Site,
    fields: &[COMMON, DISPLAY, OWN],
    rights: [Who::ANYONE, Who::ADMIN, Who::ADMIN, Who::ADMIN],
    functions: &[
        HISTORY,
        Function {
            name: "join",
            about: "become a member; if membership gives rights over others, wait for approval",
            on: On::One,
            takes: &[],
            gives: &["group"],
            who: Who::SIGNED_IN,
            writes: true,
        },
        Function {
            name: "leave",
            about: "stop being a member, or waiting to be one",
            on: On::One,
            takes: &[field(
                "user_label",
                Kind::Text(SHORT),
                "who leaves; default: the caller. Members may turn away users who wait, site \
                 admins may remove anybody",
            )],
            gives: &["group"],
            who: Who::SIGNED_IN,
            writes: true,
        },
        Function {
            name: "approve",
            about: "make somebody who waits to join a member",
            on: On::One,
            takes: &[field("user_label", Kind::Text(SHORT), "the user who waits").must()],
            gives: &["group"],
            who: Who::OWNER.or(Who::ADMIN),
            writes: true,
        },
    ],
};
