//! The queue as a whole: how long it is, and whether it is paused.

use std::fmt;

use mf_core::error::{Code, Error};
use mf_core::resource::UTIL;
use mf_core::time;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::{Map, json};

use super::history::{self, Verb};
use super::select::Sight;
use super::{Done, Fault, Tx, status};

/// What waits for a worker.
#[derive(Clone, Debug, Serialize)]
pub struct Queue {
    /// How many tasks.
    pub length: i64,
    /// How long the oldest of them has existed, in seconds.
    pub oldest_seconds: i64,
    /// Why nobody gets a task; null while the queue is not paused.
    pub paused: Option<Pause>,
}

/// Why nobody gets a task, or a system gets none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pause {
    /// Who paused the queue, or drained the system.
    pub user_label: String,
    /// When, UTC.
    pub date: String,
    /// Why; of a system it may be empty.
    pub reason: String,
}

impl Pause {
    /// Actor, date and reason of a row, from this column on.
    pub(super) fn of_row(row: &Row<'_>, from: usize) -> rusqlite::Result<Self> {
        let (user_label, date) = (row.get(from)?, row.get(from + 1)?);
        Ok(Self { user_label, date, reason: row.get(from + 2)? })
    }
}

/// `by ada since 2026-01-31 12:00:00 UTC, because of: new disks`.
impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "by {} since {} UTC", self.user_label, self.date)?;
        match self.reason.as_str() {
            "" => Ok(()),
            reason => write!(f, ", because of: {reason}"),
        }
    }
}

/// Reads the queue, as far as somebody with this sight may know of it.
///
/// # Errors
/// SQLite fails.
pub fn read(db: &Connection, sight: Sight) -> Done<Queue> {
    let known = status::known(db, sight)?;
    let sql =
        format!("SELECT count(*), min(create_date) FROM task WHERE status = 'Queued' AND {known}");
    let (length, oldest): (i64, Option<String>) =
        db.prepare_cached(&sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let age = oldest.and_then(|date| time::seconds_between(&date, &time::now()));
    Ok(Queue { length, oldest_seconds: age.unwrap_or(0).max(0), paused: pause(db)? })
}

/// Who paused the queue and why, if it is paused.
///
/// # Errors
/// SQLite fails.
pub fn pause(db: &Connection) -> Done<Option<Pause>> {
    let sql = "SELECT actor, date, reason FROM queue_pause";
    let pause = db.prepare_cached(sql)?.query_row([], |row| Pause::of_row(row, 0));
    Ok(pause.optional()?)
}

/// The systems, each with who drained it where that is known, if there are any
/// and none of them gets a task.
///
/// # Errors
/// SQLite fails.
pub fn drained(db: &Connection) -> Done<Vec<(String, Option<Pause>)>> {
    let sql = "SELECT s.label, d.actor, d.date, d.reason FROM system s \
               LEFT JOIN system_drain d ON d.system_id = s.id \
               WHERE NOT EXISTS (SELECT 1 FROM system WHERE enabled) ORDER BY s.label";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let by = match row.get_ref(1)? {
            ValueRef::Null => None,
            _ => Some(Pause::of_row(row, 1)?),
        };
        Ok((row.get(0)?, by))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a system may be given a task at all.
///
/// # Errors
/// SQLite fails.
pub fn gives(db: &Connection, system: i64) -> Done<bool> {
    let sql = "SELECT enabled AND NOT EXISTS (SELECT 1 FROM queue_pause) FROM system WHERE id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([system], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// Gives nobody a task any more.
///
/// # Errors
/// There is no reason; [`Code::IllegalMove`] when it is paused already.
pub fn stop(tx: &Tx<'_>, reason: &str) -> Done<()> {
    if reason.is_empty() {
        let told = "reason is empty: say why, for everybody who waits";
        return Err(Error::new(Code::InvalidValue, told).into());
    }
    if let Some(pause) = pause(tx)? {
        let told = format!("the queue is paused {pause}; resume it first");
        return Err(Fault::told(Code::IllegalMove, told));
    }
    tx.prepare_cached("INSERT INTO queue_pause (id, actor, date, reason) VALUES (1, ?1, ?2, ?3)")?
        .execute(params![tx.actor(), tx.now(), reason])?;
    follow(tx, reason)
}

/// Gives tasks again.
///
/// # Errors
/// [`Code::IllegalMove`] when it is not paused.
pub fn go_on(tx: &Tx<'_>) -> Done<()> {
    if tx.prepare_cached("DELETE FROM queue_pause")?.execute([])? == 0 {
        return Err(Fault::told(Code::IllegalMove, "the queue is not paused"));
    }
    follow(tx, "")
}

fn follow(tx: &Tx<'_>, reason: &str) -> Done<()> {
    let changes = Map::from_iter([("paused".to_owned(), json!(reason))]);
    history::record(tx, Verb::Update, &UTIL, 0, changes)?;
    let paused = !reason.is_empty();
    tx.then(move |dispatch| dispatch.pause(paused));
    Ok(())
}
