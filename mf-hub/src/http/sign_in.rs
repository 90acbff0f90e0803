//! Signing in by password: only where a key is made or the password changed.
//! Everything else takes a key, which is as quick to check as it is hard to
//! guess.

use axum::http::header;
use axum::http::request::Parts;
use mf_core::error::{Code, Error};
use mf_core::resource::{Function, Resource};

use super::caller::{self, Given};
use super::peer;
use super::throttle::Subject;
use crate::hub::Hub;
use crate::store::password;
use crate::store::roles::{self, Caller};

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

async fn by_password(hub: &Hub, parts: &Parts, label: &str, given: &str) -> Result<Caller, Error> {
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
