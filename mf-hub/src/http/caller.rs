//! Who sent a request: its key.

use axum::http::{HeaderMap, header};
use base64ct::{Base64, Encoding};
use mf_core::error::{Code, Error};
use rusqlite::Connection;

use crate::hub::Hub;
use crate::store::Done;
use crate::store::roles::{self, Caller};

/// Who sent a request with these headers.
///
/// # Errors
/// [`Code::Unauthorized`] when there is a key that is nobody's; without a key
/// it is [`Caller::nobody`].
pub fn of(hub: &Hub, headers: &HeaderMap) -> Result<Caller, Error> {
    match headers.get(header::AUTHORIZATION) {
        Some(_) => hub.readers.read(|db| find(db, headers)),
        None => Ok(Caller::nobody()),
    }
}

/// As [`of`], in a snapshot that something else is read from too.
///
/// # Errors
/// As [`of`].
pub fn find(db: &Connection, headers: &HeaderMap) -> Done<Caller> {
    let Some(header) = headers.get(header::AUTHORIZATION) else { return Ok(Caller::nobody()) };
    let given = header.to_str().ok().and_then(Given::read).ok_or_else(|| {
        Error::new(Code::Unauthorized, "the header Authorization is not `Bearer <key>`")
    })?;
    match roles::by_key(db, &given.key)? {
        Some(caller) if given.label.as_ref().is_none_or(|label| *label == caller.label) => {
            Ok(caller)
        }
        _ => Err(Error::new(Code::Unauthorized, "the key is not one of this hub's").into()),
    }
}

/// A key as it was sent.
struct Given {
    /// Only with Basic.
    label: Option<String>,
    key: String,
}

impl Given {
    fn read(header: &str) -> Option<Self> {
        let (scheme, rest) = header.split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self { label: None, key: rest.to_owned() });
        }
        if scheme.eq_ignore_ascii_case("basic") {
            let text = String::from_utf8(Base64::decode_vec(rest).ok()?).ok()?;
            let (label, key) = text.split_once(':')?;
            return Some(Self { label: Some(label.to_owned()), key: key.to_owned() });
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
        assert_eq!((bearer.label, bearer.key.as_str()), (None, "mf_a_b"));
        let basic = Given::read("Basic YWRtaW46bWZfYV9i").unwrap();
        assert_eq!((basic.label.as_deref(), basic.key.as_str()), (Some("admin"), "mf_a_b"));
        for header in ["", "Bearer", "Basic ???", "Digest x", "Basic YWRtaW4="] {
            assert!(Given::read(header).is_none(), "{header}");
        }
    }
}
