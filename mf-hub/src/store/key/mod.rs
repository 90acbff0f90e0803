//! Keys: `mf_<public id>_<secret>`, shown once, stored as a hash.

mod list;
mod new;
mod used;

use mf_core::error::{Code, Error};
use mf_core::time;
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Done, Fault};
pub use list::{Listed, end, list, regulator_seen};
pub use new::{NewKey, Terms, record, store};
pub use used::Uses;

/// Whose a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A user, by id.
    User(i64),
    /// A worker's system, by id.
    System(i64),
    /// The regulator.
    Regulator,
}

impl Holder {
    /// The columns that say so: the user's id, the system's id.
    fn columns(self) -> (Option<i64>, Option<i64>) {
        match self {
            Holder::User(id) => (Some(id), None),
            Holder::System(id) => (None, Some(id)),
            Holder::Regulator => (None, None),
        }
    }

    pub(super) fn of(columns: (Option<i64>, Option<i64>)) -> Self {
        match columns {
            (Some(id), _) => Holder::User(id),
            (_, Some(id)) => Holder::System(id),
            _ => Holder::Regulator,
        }
    }
}

/// Whether a stored hash is that of the key `text`.
pub fn is(text: &str, stored: &[u8]) -> bool {
    stored.ct_eq(&hash(text)).into()
}

/// Refuses a key by its end, `""` for none.
///
/// # Errors
/// [`Code::Unauthorized`].
pub fn not_over(expires: &str) -> Result<(), Error> {
    if expires.is_empty() || time::now().as_str() < expires {
        return Ok(());
    }
    let told = format!("the key is over since {expires} UTC; ask for a new one");
    Err(Error::new(Code::Unauthorized, told))
}

/// Refuses a key, by its public id, that is no key any more.
///
/// # Errors
/// [`Code::Unauthorized`].
pub fn check(db: &Connection, public_id: &str) -> Done<()> {
    let sql = "SELECT expire_date FROM api_key WHERE public_id = ?1";
    let found = db.prepare_cached(sql)?.query_row([public_id], |row| row.get::<_, String>(0));
    match found.optional()? {
        Some(expires) => Ok(not_over(&expires)?),
        None => Err(Fault::told(Code::Unauthorized, "the key was revoked")),
    }
}

/// The part of a key by which it is found, and which may be shown; `None`
/// when `text` is no key.
pub fn public_id(text: &str) -> Option<&str> {
    let (public, secret) = text.strip_prefix("mf_")?.split_once('_')?;
    (!public.is_empty() && !secret.is_empty()).then_some(public)
}

/// What is stored of a key or of a token.
pub(super) fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
