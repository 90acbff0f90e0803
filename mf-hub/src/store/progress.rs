//! How far an attempt has come.

use mf_core::resource::{BUILD, TASK};
use mf_core::wire::{Advance, Advanced, Held};
use rusqlite::ToSql;

use super::{Done, Tx, edit};

/// Records the stage of a task and the revision that it builds; what is not
/// said stays. The first revision of a build's tasks is the build's, and what
/// this gives.
///
/// # Errors
/// SQLite fails.
pub fn advance(tx: &Tx<'_>, held: Held, said: &Advance) -> Done<Advanced> {
    let mut columns: Vec<(&str, &dyn ToSql)> = Vec::new();
    if !said.stage.is_empty() {
        columns.push(("stage", &said.stage));
    }
    if !said.revision.is_empty() {
        columns.push(("revision", &said.revision));
    }
    if !said.isolation.is_empty() {
        columns.push(("isolation", &said.isolation));
    }
    edit::update_columns(tx, &TASK, held.task, &columns)?;
    let (build, known): (i64, String) = tx
        .prepare_cached(
            "SELECT b.id, b.revision FROM task k JOIN build b ON b.id = k.build_id WHERE k.id = ?1",
        )?
        .query_row([held.task], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if known.is_empty() && !said.revision.is_empty() {
        edit::update_columns(tx, &BUILD, build, &[("revision", &said.revision)])?;
        return Ok(Advanced { revision: said.revision.clone() });
    }
    Ok(Advanced { revision: known })
}
