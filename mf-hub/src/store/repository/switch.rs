//! A draft becomes the repository, or comes to nothing; old ones go.

use mf_core::error::Code;
use mf_core::resource::TAG;
use mf_core::time;
use mf_core::wire::Held;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, json};

use super::super::history::{self, Verb};
use super::super::{Done, Fault, Tx};

/// How long a draft may take before it counts as left behind, in seconds.
const DRAFT_SECONDS: i64 = 24 * 60 * 60;
/// Longest wait after a failure, in seconds.
const LONGEST_WAIT: i64 = 60 * 60;
/// Longest sentence of a failure that is kept, in characters.
const WHY: usize = 1_000;

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

/// The tag of a generation that is still a draft.
///
/// # Errors
/// [`Code::NotFound`].
pub fn is_draft(db: &Connection, generation: i64) -> Done<i64> {
    let sql = "SELECT tag_id FROM repository_generation WHERE id = ?1 AND state = 'draft'";
    let tag = db.prepare_cached(sql)?.query_row([generation], |row| row.get(0)).optional()?;
    tag.ok_or_else(|| {
        let told = format!("repository generation {generation} is no draft any more; begin anew");
        Fault::told(Code::NotFound, told)
    })
}

/// All files of a draft, and its tag.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Refused`] when some never came.
pub fn blobs(db: &Connection, generation: i64) -> Done<(i64, Vec<Blob>)> {
    let tag = is_draft(db, generation)?;
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
    Ok((tag, blobs))
}

/// Makes a draft current, in one step: whoever asks from now on is given it.
/// One that follows less than the present one does is only dropped.
///
/// # Errors
/// [`Code::NotFound`] when it is no draft any more.
pub fn switch(tx: &Tx<'_>, generation: i64) -> Done<()> {
    let tag = is_draft(tx, generation)?;
    let sql = "SELECT g.follows, r.followed FROM repository_generation g \
               JOIN repository r ON r.tag_id = g.tag_id WHERE g.id = ?1";
    let (follows, followed): (i64, i64) =
        tx.prepare_cached(sql)?.query_row([generation], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if follows > followed {
        let now = time::unix_now();
        tx.prepare_cached(
            "UPDATE repository_generation SET state = 'old', since = ?2 \
             WHERE tag_id = ?1 AND state = 'current'",
        )?
        .execute([tag, now])?;
        tx.prepare_cached(
            "UPDATE repository_generation SET state = 'current', date = ?2 WHERE id = ?1",
        )?
        .execute(params![generation, tx.now()])?;
        tx.prepare_cached(
            "UPDATE repository SET followed = ?2, problem = '', failures = 0, next_try = 0 \
             WHERE tag_id = ?1",
        )?
        .execute([tag, follows])?;
        let files = "SELECT count(*) FROM repository_file WHERE generation_id = ?1";
        let files: i64 = tx.prepare_cached(files)?.query_row([generation], |row| row.get(0))?;
        let told = json!({ "generation": generation, "files": files });
        let changes = Map::from_iter([("repository".to_owned(), told)]);
        history::record(tx, Verb::Update, &TAG, tag, changes)?;
    }
    // Whoever still fills in one of less is told to begin anew.
    tx.prepare_cached(
        "DELETE FROM repository_generation WHERE tag_id = ?1 AND state = 'draft' AND follows <= ?2",
    )?
    .execute([tag, follows.max(followed)])?;
    Ok(())
}

/// A draft comes to nothing: the repository stays as it is, says why it lags,
/// and is tried again later, each time after longer.
///
/// # Errors
/// [`Code::NotFound`] when it is no draft any more.
pub fn fail(tx: &Tx<'_>, generation: i64, why: &str) -> Done<()> {
    let tag = is_draft(tx, generation)?;
    let failures: i64 = tx
        .prepare_cached("SELECT failures FROM repository WHERE tag_id = ?1")?
        .query_row([tag], |row| row.get(0))?;
    let why: String = why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WHY).collect();
    let next_try = time::unix_now() + wait_after(failures);
    tx.prepare_cached(
        "UPDATE repository SET problem = ?2, failures = failures + 1, next_try = ?3 \
         WHERE tag_id = ?1",
    )?
    .execute(params![tag, why, next_try])?;
    tx.prepare_cached("DELETE FROM repository_generation WHERE id = ?1")?.execute([generation])?;
    Ok(())
}

/// Seconds from a failure to the next try, after so many before it.
pub(in crate::store) fn wait_after(failures: i64) -> i64 {
    (10 << failures.clamp(0, 20)).min(LONGEST_WAIT)
}

/// Forgets generations that nobody reads any more, and drafts that were left
/// behind; gives how many.
///
/// # Errors
/// SQLite would not.
pub fn sweep(tx: &Tx<'_>, kept_seconds: i64) -> Done<usize> {
    let now = time::unix_now();
    let gone = tx
        .prepare_cached(
            "DELETE FROM repository_generation \
         WHERE (state = 'old' AND since <= ?1) OR (state = 'draft' AND since <= ?2)",
        )?
        .execute([now - kept_seconds, now - DRAFT_SECONDS])?;
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::wait_after;

    #[test]
    fn each_failure_is_followed_by_a_longer_wait_up_to_an_hour() {
        let waits: Vec<i64> = [0, 1, 2, 9, 63].into_iter().map(wait_after).collect();
        assert_eq!(waits, [10, 20, 40, 3600, 3600]);
    }
}
