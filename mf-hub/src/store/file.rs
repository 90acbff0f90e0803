//! The files of a task, by the names that its worker gave them.

use mf_core::error::Code;
use mf_core::resource::TASK;
use mf_core::wire::{Held, TaskFile};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, json};

use super::history::{self, Verb};
use super::{Done, Fault, Tx};

/// Most files of one attempt, logs and all: so that no worker can fill the
/// database with names.
pub const LIMIT: i64 = 10_000;

/// Kind of a file that may grow.
pub const LOG: &str = "log";

/// A file, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name on disk.
    pub stored: String,
    /// Its SHA-256; empty for a log that is appended to.
    pub sha256: String,
}

/// A file of an attempt.
///
/// # Errors
/// SQLite fails.
pub fn find(db: &Connection, of: Held, kind: &str, name: &str) -> Done<Option<Found>> {
    let sql = "SELECT stored, sha256 FROM task_file \
               WHERE task_id = ?1 AND attempt = ?2 AND kind = ?3 AND name = ?4";
    let found =
        db.prepare_cached(sql)?.query_row(params![of.task, of.attempt, kind, name], |row| {
            Ok(Found { stored: row.get(0)?, sha256: row.get(1)? })
        });
    Ok(found.optional()?)
}

/// Names a log before the first bytes of it are written; gives its name on
/// disk.
///
/// # Errors
/// [`Code::Refused`] when there are too many files; SQLite fails.
pub fn name_log(tx: &Tx<'_>, of: Held, name: &str) -> Done<Found> {
    if let Some(found) = find(tx, of, LOG, name)? {
        return Ok(found);
    }
    let sql = "SELECT count(*) FROM task_file WHERE task_id = ?1 AND attempt = ?2 AND kind = 'log'";
    let logs: i64 = tx.prepare_cached(sql)?.query_row([of.task, of.attempt], |row| row.get(0))?;
    let file = TaskFile {
        kind: LOG.into(),
        name: name.into(),
        attempt: of.attempt,
        ..TaskFile::default()
    };
    let stored = format!("log-{}", logs + 1);
    insert(tx, of, &file, &stored)?;
    Ok(Found { stored, sha256: String::new() })
}

/// Records a file that is stored. The same again is fine.
///
/// # Errors
/// [`Code::Refused`] when there is another file of that name, or too many.
pub fn record(tx: &Tx<'_>, of: Held, file: &TaskFile, stored: &str) -> Done<()> {
    match find(tx, of, &file.kind, &file.name)? {
        None => insert(tx, of, file, stored),
        Some(found) if found.sha256 == file.sha256 => Ok(()),
        Some(_) => {
            let told = format!(
                "this attempt has another {} called {:?}; give this one another name",
                file.kind, file.name
            );
            Err(Fault::told(Code::Refused, told))
        }
    }
}

fn insert(tx: &Tx<'_>, of: Held, file: &TaskFile, stored: &str) -> Done<()> {
    let sql = "SELECT count(*) FROM task_file WHERE task_id = ?1 AND attempt = ?2";
    let count: i64 = tx.prepare_cached(sql)?.query_row([of.task, of.attempt], |row| row.get(0))?;
    if count >= LIMIT {
        let told = format!("this attempt has {LIMIT} files, which is the limit");
        return Err(Fault::told(Code::Refused, told));
    }
    tx.prepare_cached(
        "INSERT INTO task_file (task_id, attempt, kind, name, size, sha256, stored, create_date) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        of.task,
        of.attempt,
        file.kind,
        file.name,
        file.size,
        file.sha256,
        stored,
        tx.now()
    ])?;
    tx.prepare_cached("UPDATE task SET update_date = ?2 WHERE id = ?1")?
        .execute(params![of.task, tx.now()])?;
    // Only what is new: a difference of the lists would grow with each file.
    let added = json!({ "kind": file.kind, "name": file.name, "size": file.size });
    history::record(tx, Verb::Update, &TASK, of.task, Map::from_iter([("added".into(), added)]))
}

/// Names on disk of the logs that an attempt appended to.
///
/// # Errors
/// SQLite fails.
pub fn logs(db: &Connection, of: Held) -> Done<Vec<String>> {
    let sql = "SELECT stored FROM task_file \
               WHERE task_id = ?1 AND attempt = ?2 AND kind = 'log' AND sha256 = ''";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([of.task, of.attempt], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every file of every attempt of a task, the last attempt's first, each
/// with its name on disk.
///
/// # Errors
/// SQLite fails.
pub fn list(db: &Connection, task: i64) -> Done<Vec<(TaskFile, String)>> {
    let sql = "SELECT kind, name, size, sha256, attempt, stored FROM task_file \
               WHERE task_id = ?1 ORDER BY attempt DESC, kind, name";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([task], |row: &Row<'_>| {
        let file = TaskFile {
            kind: row.get(0)?,
            name: row.get(1)?,
            size: row.get(2)?,
            sha256: row.get(3)?,
            attempt: row.get(4)?,
        };
        Ok((file, row.get(5)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
