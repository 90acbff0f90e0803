//! Systems that are given no more tasks: who said so, when and why.

use mf_core::resource::SYSTEM;
use rusqlite::{Connection, OptionalExtension, params};

use super::queue::Pause;
use super::{Done, Tx, edit, render, system};

/// Who speaks of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An admin, whose word counts.
    Admin,
    /// Its own worker, which takes back only what it has said itself.
    Itself,
}

/// Gives a system no more tasks. One that is drained already stays so, for
/// the new reason if there is one.
///
/// # Errors
/// SQLite fails.
pub fn stop(tx: &Tx<'_>, id: i64, by: By, reason: &str) -> Done<()> {
    if by == By::Itself && is_drained_by_others(tx, id)? {
        return Ok(());
    }
    if by == By::Admin {
        let sql = "DELETE FROM system_drain WHERE system_id = ?1 AND itself";
        tx.prepare_cached(sql)?.execute([id])?;
    }
    change(tx, id, false, reason, by)
}

/// Gives a system tasks again.
///
/// # Errors
/// SQLite fails.
pub fn go_on(tx: &Tx<'_>, id: i64, by: By) -> Done<()> {
    if by == By::Itself && is_drained_by_others(tx, id)? {
        return Ok(());
    }
    change(tx, id, true, "", by)
}

fn is_drained_by_others(db: &Connection, id: i64) -> Done<bool> {
    let sql = "SELECT NOT enabled AND NOT EXISTS \
               (SELECT 1 FROM system_drain WHERE system_id = s.id AND itself) \
               FROM system s WHERE id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)
}

fn change(tx: &Tx<'_>, id: i64, enabled: bool, reason: &str, by: By) -> Done<()> {
    let before = render::map(tx, &SYSTEM, id)?;
    tx.prepare_cached("UPDATE system SET enabled = ?2 WHERE id = ?1")?
        .execute(params![id, enabled])?;
    settle(tx, id, reason)?;
    if by == By::Itself {
        let sql = "UPDATE system_drain SET itself = 1 WHERE system_id = ?1";
        tx.prepare_cached(sql)?.execute([id])?;
    }
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
