//! Who sent a request: by its key, or by the session of somebody who reads
//! pages.

use axum::http::header;
use axum::http::request::Parts;
use base64ct::{Base64, Encoding};
use mf_core::error::{Code, Error};
use rusqlite::Connection;

use super::throttle::Subject;
use super::{peer, session};
use crate::hub::Hub;
use crate::store::roles::{self, Caller};
use crate::store::session as sessions;
use crate::store::{Done, key};

/// Who sent a request.
///
/// # Errors
/// [`Code::Unauthorized`] when there is a key that is nobody's, and
/// [`Code::TooMany`] after too many such; without a key it is
/// [`Caller::nobody`].
pub fn of(hub: &Hub, parts: &Parts) -> Result<Caller, Error> {
    let named = parts.headers.contains_key(header::AUTHORIZATION) || session::of(parts).is_some();
    match named {
        true => hub.readers.read(|db| find(hub, db, parts)),
        false => Ok(Caller::nobody(hub.config.registration)),
    }
}

/// As [`of`], in a snapshot that something else is read from too.
///
/// A right key is always let in: it cannot be guessed, and so nobody can lock
/// anybody out by guessing.
///
/// # Errors
/// As [`of`].
pub fn find(hub: &Hub, db: &Connection, parts: &Parts) -> Done<Caller> {
    if !parts.headers.contains_key(header::AUTHORIZATION) {
        let signed_in = session::usable(parts).map(|secret| sessions::caller(db, secret));
        let signed_in = signed_in.transpose()?.flatten();
        return Ok(signed_in.unwrap_or_else(|| Caller::nobody(hub.config.registration)));
    }
    let given = Given::of(parts)?;
    if let Some((key, caller)) = roles::by_key(db, &given.secret)?
        && given.label.as_ref().is_none_or(|label| *label == caller.label)
    {
        hub.uses.seen(&hub.writer, key);
        return Ok(caller);
    }
    Err(given.refused(hub, parts).into())
}

/// What a request says of its sender.
pub(super) struct Given {
    /// Only with Basic.
    pub label: Option<String>,
    /// A key; with Basic it may be a password.
    pub secret: String,
}

impl Given {
    /// Reads the header.
    pub fn of(parts: &Parts) -> Result<Self, Error> {
        let header = parts.headers.get(header::AUTHORIZATION);
        header.and_then(|header| header.to_str().ok()).and_then(Self::read).ok_or_else(|| {
            Error::new(Code::Unauthorized, "the header Authorization is not `Bearer <key>`")
        })
    }

    /// Whether it is a password, which does not look like a key.
    pub fn is_password(&self) -> bool {
        self.label.is_some() && key::public_id(&self.secret).is_none()
    }

    fn refused(&self, hub: &Hub, parts: &Parts) -> Error {
        let address = Subject::Address(peer::of(hub, parts));
        let account = self.label.as_deref().map(Subject::Account);
        let counted: Vec<_> = std::iter::once(address).chain(account).collect();
        if let Err(slowed) = hub.throttle.take(&counted) {
            return slowed;
        }
        let told = match self.is_password() {
            false => "the key is not one of this hub's",
            true => {
                "this needs a key: a password is taken by POST /user/LABEL/create_key, \
                 which makes one, and by change_password"
            }
        };
        Error::new(Code::Unauthorized, told)
    }

    fn read(header: &str) -> Option<Self> {
        let (scheme, rest) = header.split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self { label: None, secret: rest.to_owned() });
        }
        if scheme.eq_ignore_ascii_case("basic") {
            let text = String::from_utf8(Base64::decode_vec(rest).ok()?).ok()?;
            let (label, secret) = text.split_once(':')?;
            return Some(Self { label: Some(label.to_owned()), secret: secret.to_owned() });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_schemes_give_the_key() {
        let bearer = Given::read("Bearer mf_a_b").unwrap();
        assert_eq!((bearer.is_password(), bearer.secret.as_str()), (false, "mf_a_b"));
        let basic = Given::read("Basic YWRtaW46bWZfYV9i").unwrap();
        assert_eq!((basic.label.as_deref(), basic.secret.as_str()), (Some("admin"), "mf_a_b"));
        assert!(!basic.is_password());
        assert!(Given::read("Basic YWRtaW46c2VjcmV0").unwrap().is_password());
        for header in ["", "Bearer", "Basic ???", "Digest x", "Basic YWRtaW4="] {
            assert!(Given::read(header).is_none(), "{header}");
        }
    }
}
