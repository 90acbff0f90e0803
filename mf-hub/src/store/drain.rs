//! Draining systems, which get no more tasks: who drained them, when and why.

use mf_core::resource::SYSTEM;
use rusqlite::{Connection, OptionalExtension, params};

use super::queue::Pause;
use super::{Done, Tx, edit, render, system};

/// Gives a system no more tasks. One that is drained already stays so, for
/// the new reason if there is one.
///
/// # Errors
/// SQLite fails.
pub fn stop(tx: &Tx<'_>, id: i64, reason: &str) -> Done<()> {
    change(tx, id, false, reason)
}

/// Gives a system tasks again.
///
/// # Errors
/// SQLite fails.
pub fn go_on(tx: &Tx<'_>, id: i64) -> Done<()> {
    change(tx, id, true, "")
}

fn change(tx: &Tx<'_>, id: i64, enabled: bool, reason: &str) -> Done<()> {
    let before = render::map(tx, &SYSTEM, id)?;
    tx.prepare_cached("UPDATE system SET enabled = ?2 WHERE id = ?1")?
        .execute(params![id, enabled])?;
    settle(tx, id, reason)?;
    if edit::record_update(tx, &SYSTEM, id, &before)? {
        system::follow(tx, id)?;
    }
    Ok(())
}

/// Keeps who drained a system that is drained now, and of no other.
///
/// # Errors
/// SQLite fails.
pub fn settle(tx: &Tx<'_>, id: i64, reason: &str) -> Done<()> {
    let gone = "DELETE FROM system_drain WHERE system_id = ?1 AND (?2 NOT IN ('', reason) \
                OR (SELECT enabled FROM system WHERE id = ?1))";
    tx.prepare_cached(gone)?.execute(params![id, reason])?;
    let new = "INSERT OR IGNORE INTO system_drain (system_id, actor, date, reason) \
               SELECT id, ?2, ?3, ?4 FROM system WHERE id = ?1 AND NOT enabled";
    tx.prepare_cached(new)?.execute(params![id, tx.actor(), tx.now(), reason])?;
    Ok(())
}

/// Who drained a system and why, if that is known of it.
///
/// # Errors
/// SQLite fails.
pub fn of(db: &Connection, system: i64) -> Done<Option<Pause>> {
    let sql = "SELECT actor, date, reason FROM system_drain WHERE system_id = ?1";
    let pause = db.prepare_cached(sql)?.query_row([system], |row| Pause::of_row(row, 0));
    Ok(pause.optional()?)
}
