//! Enrolment: a one-time token turns a host into a system with a key of its own.

use mf_core::error::{Code, Error};
use mf_core::resource::SYSTEM;
use mf_core::wire::Enrol;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value, json};
use subtle::ConstantTimeEq;

use super::history::{self, Verb};
use super::key::{self, Holder, Terms};
use super::{Done, Fault, Tx};

/// Name of the key that a host enrolled with.
pub const KEY_NAME: &str = "enrolled";

/// A new token, whole: only for the one whom it is given to.
pub struct NewToken {
    public_id: String,
    text: String,
}

impl NewToken {
    /// Makes one up.
    pub fn random() -> Self {
        let public_id = key::hex(&rand::random::<[u8; 8]>());
        let secret = key::hex(&rand::random::<[u8; 32]>());
        Self { text: format!("mfe_{public_id}_{secret}"), public_id }
    }

    /// The whole token.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Stores a token for a system. It takes the place of an earlier one, which is
/// worth nothing from then on.
///
/// # Errors
/// SQLite fails.
pub fn offer(tx: &Tx<'_>, system: i64, token: &NewToken, expires: &str) -> Done<()> {
    tx.execute(
        "INSERT OR REPLACE INTO enrol_token (system_id, public_id, hash, create_date, expire_date) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![system, token.public_id, key::hash(&token.text), tx.now(), expires],
    )?;
    let what = json!({ "created": tx.now(), "expire_date": expires });
    told(tx, system, "enrol_token", what)
}

/// The system that a token is for, by id and label; `None` when it is none of
/// ours.
///
/// # Errors
/// SQLite fails.
pub fn system_of(db: &Connection, token: &str) -> Done<Option<(i64, String)>> {
    let Some(public_id) = public_id(token) else { return Ok(None) };
    let sql = "SELECT e.hash, s.id, s.label FROM enrol_token e JOIN system s ON s.id = e.system_id \
               WHERE e.public_id = ?1";
    let found: Option<(Vec<u8>, i64, String)> = db
        .prepare_cached(sql)?
        .query_row([public_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let right = |stored: &[u8]| bool::from(stored.ct_eq(&key::hash(token)));
    Ok(found.filter(|(stored, ..)| right(stored)).map(|(_, id, label)| (id, label)))
}

/// Spends a token: its system has the key from now on, in place of the one
/// that it had enrolled with before. Asked again with the same key it is the
/// same, because the answer may have been lost.
///
/// # Errors
/// [`Code::Unauthorized`]: the token is none, is over, or was spent on another
/// key.
pub fn spend(tx: &Tx<'_>, said: &Enrol) -> Done<()> {
    let refused = |told: &str| Fault::told(Code::Unauthorized, told);
    let (system, _) = system_of(tx, &said.token)?.ok_or_else(unknown)?;
    let (spent_on, expires): (String, String) = tx.query_row(
        "SELECT spent_on, expire_date FROM enrol_token WHERE system_id = ?1",
        [system],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let hash = bytes(&said.key_sha256).ok_or_else(|| malformed("key_sha256"))?;
    if !spent_on.is_empty() {
        return match spent_on == said.key_id && has(tx, system, &said.key_id, &hash)? {
            true => Ok(()),
            false => Err(refused("the token was used already; ask an admin for a new one")),
        };
    }
    if expires.as_str() <= tx.now() {
        return Err(refused("the token is over; ask an admin for a new one"));
    }
    if bytes(&said.key_id).is_none_or(|id| id.len() != 8) || hash.len() != 32 {
        return Err(malformed("key_id").into());
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM api_key WHERE public_id = ?1)";
    if tx.query_row(sql, [&said.key_id], |row| row.get(0))? {
        let told = "there is a key of this key_id already; make another key";
        return Err(Fault::told(Code::LabelTaken, told));
    }
    key::end(tx, Holder::System(system), KEY_NAME)?;
    let terms = Terms { name: KEY_NAME.into(), ..Terms::default() };
    key::record(tx, &said.key_id, &hash, Holder::System(system), &terms)?;
    let sql = "UPDATE enrol_token SET spent_on = ?2 WHERE system_id = ?1";
    tx.execute(sql, params![system, said.key_id])?;
    told(tx, system, "api_key", json!({ "key_id": said.key_id, "name": KEY_NAME }))
}

/// What is said of a token that nobody gave.
pub fn unknown() -> Error {
    Error::new(Code::Unauthorized, "the token is not one of this hub's")
}

fn has(tx: &Tx<'_>, system: i64, key_id: &str, hash: &[u8]) -> Done<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM api_key \
               WHERE system_id = ?1 AND public_id = ?2 AND hash = ?3)";
    Ok(tx.query_row(sql, params![system, key_id, hash], |row| row.get(0))?)
}

fn told(tx: &Tx<'_>, system: i64, name: &str, what: Value) -> Done<()> {
    history::record(tx, Verb::Update, &SYSTEM, system, Map::from_iter([(name.to_owned(), what)]))
}

fn public_id(token: &str) -> Option<&str> {
    token.strip_prefix("mfe_")?.split_once('_').map(|(public_id, _)| public_id)
}

/// The bytes of lower-case hexadecimal.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

fn malformed(name: &str) -> Error {
    let told = format!(
        "{name} takes lower-case hexadecimal: 16 digits of the key's id, 64 of its SHA-256"
    );
    Error::new(Code::InvalidValue, told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_strictly() {
        assert_eq!(bytes("00ff1a"), Some(vec![0, 255, 26]));
        for wrong in ["0", "0g", "FF", "ä"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_token_is_no_key() {
        let token = NewToken::random();
        assert_eq!(public_id(token.text()), Some(token.public_id.as_str()));
        assert_eq!(key::public_id(token.text()), None);
    }
}
