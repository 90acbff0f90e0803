//! Sessions of people who are signed in to the pages.

use mf_core::time;
use rusqlite::{Connection, OptionalExtension, params};

use super::key;
use super::roles::{self, Caller};
use super::{Done, Tx};

/// How long a session lives, in seconds: a day's work.
pub const SECONDS: i64 = 12 * 60 * 60;

/// Begins a session of a user, and forgets those that are over. It ends with
/// the key of this public id, where it was begun with one.
///
/// # Errors
/// SQLite fails.
pub fn begin(tx: &Tx<'_>, secret: &str, user: i64, public_id: &str) -> Done<()> {
    tx.prepare_cached("DELETE FROM session WHERE expire_date <= ?1")?.execute([tx.now()])?;
    let key = "SELECT id, expire_date FROM api_key WHERE public_id = ?1";
    let key: Option<(i64, String)> = tx
        .prepare_cached(key)?
        .query_row([public_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let end = time::in_seconds(SECONDS).unwrap_or_default();
    let (key, end) = match key {
        Some((key, over)) if !over.is_empty() => (Some(key), end.min(over)),
        Some((key, _)) => (Some(key), end),
        None => (None, end),
    };
    tx.prepare_cached(
        "INSERT INTO session (hash, user_id, key_id, create_date, expire_date) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![key::hash(secret), user, key, tx.now(), end])?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// SQLite fails.
pub fn end(tx: &Tx<'_>, secret: &str) -> Done<()> {
    tx.prepare_cached("DELETE FROM session WHERE hash = ?1")?.execute([key::hash(secret)])?;
    Ok(())
}

/// Whose session it is; `None` when it is over or never was.
///
/// # Errors
/// SQLite fails.
pub fn caller(db: &Connection, secret: &str) -> Done<Option<Caller>> {
    let sql = "SELECT s.user_id, coalesce(k.public_id, '') FROM session s \
               LEFT JOIN api_key k ON k.id = s.key_id WHERE s.hash = ?1 AND s.expire_date > ?2";
    // Found by its hash: how long that takes tells nothing of a secret.
    let found: Option<(i64, String)> = db
        .prepare_cached(sql)?
        .query_row(params![key::hash(secret), time::now()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((user, key)) = found else { return Ok(None) };
    Ok(Some(Caller { key, ..roles::user(db, user)? }))
}
