//! The keys of a user or a system, without their secrets; and ending them.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::Holder;
use crate::store::{Done, Tx};

/// What is shown of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The part of it that is no secret; it stands in history.
    pub key_id: String,
    /// How it is called.
    pub name: String,
    /// When it was made, UTC.
    pub create_date: String,
    /// When it ends, UTC; `""` for never.
    pub expire_date: String,
    /// When it was last used, UTC and to the minute; `""` for never.
    pub last_use_date: String,
}

/// The keys of a holder, the oldest first.
///
/// # Errors
/// SQLite fails.
pub fn list(db: &Connection, holder: Holder) -> Done<Vec<Listed>> {
    let (user, system) = holder.columns();
    let sql = "SELECT public_id, name, create_date, expire_date, last_use_date FROM api_key \
               WHERE user_id IS ?1 AND system_id IS ?2 ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![user, system], |row| {
        Ok(Listed {
            key_id: row.get(0)?,
            name: row.get(1)?,
            create_date: row.get(2)?,
            expire_date: row.get(3)?,
            last_use_date: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// When the regulator was last heard of, UTC and to the minute; empty: never.
///
/// # Errors
/// SQLite fails.
pub fn regulator_seen(db: &Connection) -> Done<String> {
    let sql = "SELECT coalesce(max(last_use_date), '') FROM api_key \
               WHERE user_id IS NULL AND system_id IS NULL";
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Ends the key of a holder that has this name or this public id; gives both,
/// or `None` when there is none.
///
/// # Errors
/// SQLite fails.
pub fn end(tx: &Tx<'_>, holder: Holder, which: &str) -> Done<Option<(String, String)>> {
    let (user, system) = holder.columns();
    let sql = "DELETE FROM api_key WHERE id = (SELECT id FROM api_key \
               WHERE user_id IS ?1 AND system_id IS ?2 AND (name = ?3 OR public_id = ?3) \
               ORDER BY name = ?3 DESC LIMIT 1) RETURNING name, public_id";
    let ended = tx
        .prepare_cached(sql)?
        .query_row(params![user, system, which], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(ended)
}
