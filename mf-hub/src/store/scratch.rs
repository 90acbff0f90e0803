//! Scratch builds are deleted when their time is over.

use mf_core::resource::BUILD;
use mf_core::time;

use super::{Done, Tx, delete};

/// How many go at a time.
const AT_ONCE: i64 = 50;

/// Deletes scratch builds that have ended and were submitted longer ago than
/// that; at most some. Gives how many.
///
/// # Errors
/// SQLite fails.
pub fn sweep(tx: &Tx<'_>, kept_seconds: i64) -> Done<usize> {
    let Some(before) = time::in_seconds(-kept_seconds) else { return Ok(0) };
    let sql = "SELECT id, label FROM build WHERE scratch = 1 AND create_date <= ?1 \
               AND status NOT IN ('New', 'Queued', 'Building') ORDER BY id LIMIT ?2";
    let old: Vec<(i64, String)> = {
        let mut statement = tx.prepare_cached(sql)?;
        let rows = statement.query_map((before, AT_ONCE), |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<Result<_, _>>()?
    };
    for (id, label) in &old {
        delete::by_hub(tx, &BUILD, *id, label)?;
    }
    Ok(old.len())
}
