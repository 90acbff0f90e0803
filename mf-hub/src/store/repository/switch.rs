//! A draft becomes the repository; old ones go.

use mf_core::error::Code;
use mf_core::resource::TAG;
use mf_core::time;
use mf_core::wire::Held;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, json};

use super::super::history::{self, Verb};
use super::super::{Done, Fault, Tx};

/// A file of a generation, as it is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Where it is in the repository.
    pub path: String,
    /// Its SHA-256, which is its name on disk.
    pub sha256: String,
    /// The attempt that made it, and its task's label; `None` for what an
    /// index is made of.
    pub made_by: Option<(Held, String)>,
}

/// The draft of a tag, if there is one.
fn draft(db: &Connection, tag: i64) -> Done<Option<i64>> {
    let sql = "SELECT id FROM repository_generation WHERE tag_id = ?1 AND state = 'draft'";
    Ok(db.prepare_cached(sql)?.query_row([tag], |row| row.get(0)).optional()?)
}

/// All files of the draft of a tag; none without one.
///
/// # Errors
/// [`Code::Refused`] when some never came.
pub fn blobs(db: &Connection, tag: i64) -> Done<Vec<Blob>> {
    let Some(generation) = draft(db, tag)? else { return Ok(Vec::new()) };
    let sql = "SELECT f.path, f.sha256, f.size, f.task, f.attempt, coalesce(k.label, '') \
               FROM repository_file f LEFT JOIN task k ON k.id = f.task WHERE f.generation_id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([generation])?;
    let mut blobs = Vec::new();
    while let Some(row) = rows.next()? {
        let blob = Blob {
            path: row.get(0)?,
            sha256: row.get(1)?,
            made_by: match row.get(3)? {
                0 => None,
                task => Some((Held { task, attempt: row.get(4)? }, row.get(5)?)),
            },
        };
        if row.get::<_, i64>(2)? < 0 {
            let told = format!("the bytes of {:?} never came; begin anew", blob.path);
            return Err(Fault::told(Code::Refused, told));
        }
        blobs.push(blob);
    }
    Ok(blobs)
}

/// Makes the draft of a tag current, in one step: whoever asks from now on is
/// given it. Without a draft nothing happens.
///
/// # Errors
/// SQLite fails.
pub fn switch(tx: &Tx<'_>, tag: i64) -> Done<()> {
    let Some(generation) = draft(tx, tag)? else { return Ok(()) };
    tx.prepare_cached(
        "UPDATE repository_generation SET state = 'old', since = ?2 \
         WHERE tag_id = ?1 AND state = 'current'",
    )?
    .execute([tag, time::unix_now()])?;
    tx.prepare_cached(
        "UPDATE repository_generation SET state = 'current', date = ?2 WHERE id = ?1",
    )?
    .execute(params![generation, tx.now()])?;
    let files = "SELECT count(*) FROM repository_file WHERE generation_id = ?1";
    let files: i64 = tx.prepare_cached(files)?.query_row([generation], |row| row.get(0))?;
    let told = json!({ "generation": generation, "files": files });
    let changes = Map::from_iter([("repository".to_owned(), told)]);
    history::record(tx, Verb::Update, &TAG, tag, changes)
}

/// Forgets generations that nobody reads any more; gives how many.
///
/// # Errors
/// SQLite fails.
pub fn sweep(tx: &Tx<'_>, kept_seconds: i64) -> Done<usize> {
    let sql = "DELETE FROM repository_generation WHERE state = 'old' AND since <= ?1";
    Ok(tx.prepare_cached(sql)?.execute([time::unix_now() - kept_seconds])?)
}
