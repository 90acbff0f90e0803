//! The farm as its start page shows it: a few rows of each kind, whatever
//! there is.

use rusqlite::Connection;

use super::select::Sight;
use super::{Done, status};

/// Most rows of each kind.
pub const ROWS: i64 = 10;
/// How many rows are looked through for those that somebody may know of, where
/// no index has them apart.
pub const LOOKED: i64 = 2_000;

/// A task that runs or waits.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Its id.
    pub id: i64,
    /// Its label.
    pub label: String,
    /// Its project's.
    pub project: String,
    /// Its target's.
    pub target: String,
    /// Its build's.
    pub build: String,
    /// Label of the system that has it; empty while it waits.
    pub system: String,
    /// Finer progress.
    pub stage: String,
    /// Since when it runs or waits, UTC.
    pub since: String,
}

/// What waits for one target.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// The target's label.
    pub target: String,
    /// How many tasks.
    pub length: i64,
    /// When the oldest of them was made, UTC.
    pub oldest: String,
}

/// What runs, the newest first.
///
/// # Errors
/// SQLite fails.
pub fn running(db: &Connection, sight: Sight) -> Done<Vec<Work>> {
    work(db, sight, "status IN ('Building', 'Cancelling')", "t.start_date", "id DESC")
}

/// What waits, the oldest first; of very many the first [`LOOKED`] are looked
/// through.
///
/// # Errors
/// SQLite fails.
pub fn waiting(db: &Connection, sight: Sight) -> Done<Vec<Work>> {
    work(db, sight, "status = 'Queued'", "t.create_date", "id")
}

fn work(db: &Connection, sight: Sight, which: &str, since: &str, order: &str) -> Done<Vec<Work>> {
    // What has ended is most of a farm, and is never gone along here.
    let shown = within_reach(db, "task INDEXED BY task_status", which, order, sight)?;
    let sql = format!(
        "SELECT t.id, t.label, p.label, a.label, b.label, coalesce(s.label, ''), t.stage, {since} \
         FROM task t JOIN project p ON p.id = t.project_id JOIN target a ON a.id = t.target_id \
         JOIN build b ON b.id = t.build_id LEFT JOIN system s ON s.id = t.system_id \
         WHERE t.id IN ({shown}) ORDER BY t.{order}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Work {
            id: row.get(0)?,
            label: row.get(1)?,
            project: row.get(2)?,
            target: row.get(3)?,
            build: row.get(4)?,
            system: row.get(5)?,
            stage: row.get(6)?,
            since: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The first rows of a table that somebody may know of, as ids. Where all may
/// be known, no more are looked at than are shown; else at most [`LOOKED`].
pub(super) fn within_reach(
    db: &Connection,
    table: &str,
    which: &str,
    order: &str,
    sight: Sight,
) -> Done<String> {
    let known = status::known(db, sight)?;
    let looked = if known == "1" { ROWS } else { LOOKED };
    Ok(format!(
        "SELECT id FROM (SELECT id, project_id FROM {table} WHERE {which} ORDER BY {order} \
         LIMIT {looked}) WHERE {known} ORDER BY {order} LIMIT {ROWS}"
    ))
}

/// What waits for each target, the longest queue first.
///
/// # Errors
/// SQLite fails.
pub fn queues(db: &Connection, sight: Sight) -> Done<Vec<Queue>> {
    let known = sight.of_project("t.project_id").unwrap_or_else(|| "1".into());
    let sql = format!(
        "SELECT a.label, q.length, q.oldest FROM \
         (SELECT t.target_id, count(*) AS length, min(t.create_date) AS oldest FROM task t \
         WHERE t.status = 'Queued' AND {known} GROUP BY t.target_id) q \
         JOIN target a ON a.id = q.target_id ORDER BY q.length DESC, a.label"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Queue { target: row.get(0)?, length: row.get(1)?, oldest: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
