//! Signing in by password: only to make a key or change the password, and to
//! the pages. Everything else takes a key, which is as quick to check as it is
//! hard to guess.

use axum::http::header;
use axum::http::request::Parts;
use mf_core::error::{Code, Error};
use mf_core::resource::{Function, Resource};

use super::caller::{self, Given};
use super::peer;
use super::throttle::Subject;
use crate::hub::Hub;
use crate::store::roles::{self, Caller};
use crate::store::{key, password};

/// The functions that take Basic with label and password, of a user for itself.
const BY_PASSWORD: &[(&str, &str)] = &[("user", "create_key"), ("user", "change_password")];

/// Whether a function takes a password in place of a key.
pub fn takes_password(resource: &Resource, function: &Function) -> bool {
    BY_PASSWORD.contains(&(resource.name, function.name))
}

/// Who calls a function: by key, or where that is allowed by password.
///
/// # Errors
/// As [`caller::of`]; of passwords every one counts, so that guessing is slow
/// and costs the hub little.
pub async fn caller(
    hub: &Hub,
    parts: &Parts,
    resource: &Resource,
    function: &Function,
    label: Option<&str>,
) -> Result<Caller, Error> {
    if takes_password(resource, function) && parts.headers.contains_key(header::AUTHORIZATION) {
        let given = Given::of(parts)?;
        if given.is_password()
            && let Some(user) = given.label.as_deref().filter(|user| Some(*user) == label)
        {
            return by_password(hub, parts, user, &given.secret).await;
        }
    }
    caller::of(hub, parts)
}

/// A user by label and password.
///
/// # Errors
/// They do not belong together; [`Code::TooMany`] after many tries.
pub async fn by_password(
    hub: &Hub,
    parts: &Parts,
    label: &str,
    given: &str,
) -> Result<Caller, Error> {
    let address = Subject::Address(peer::of(hub, parts));
    hub.throttle.take(&[address, Subject::Account(label)])?;
    let found = hub.readers.read(|db| password::of(db, label))?;
    let hash = found.as_ref().map_or("", |(_, hash)| hash);
    let right = hub.passwords.verify(given, hash).await?;
    match found {
        Some((id, _)) if right => hub.readers.read(|db| roles::user(db, id)),
        _ => {
            let told = "there is no user of this label with this password";
            Err(Error::new(Code::Unauthorized, told))
        }
    }
}

/// Somebody by what a form says: a label with its password, or a key.
///
/// # Errors
/// They are nobody's; [`Code::TooMany`] after many tries.
pub async fn by_form(hub: &Hub, parts: &Parts, label: &str, secret: &str) -> Result<Caller, Error> {
    if key::public_id(secret).is_none() {
        return by_password(hub, parts, label, secret).await;
    }
    match hub.readers.read(|db| roles::by_key(db, secret))? {
        Some((used, caller)) if label.is_empty() || caller.label == label => {
            hub.uses.seen(&hub.writer, used);
            Ok(caller)
        }
        _ => {
            hub.throttle.take(&[Subject::Address(peer::of(hub, parts))])?;
            Err(Error::new(Code::Unauthorized, "the key is not one of this hub's"))
        }
    }
}
