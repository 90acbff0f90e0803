//! Heads that are in trouble, reported as errands are.

use mf_core::errand::{ErrandStatus, State};
use rusqlite::{Connection, params};

use super::super::Done;
use super::super::select::Sight;

/// What such a look is called where errands have their kind.
const KIND: &str = "head";

/// Heads that cannot be looked at, or were not built; at most so many, those
/// that are looked at next first.
///
/// # Errors
/// SQLite fails.
pub fn troubles(db: &Connection, sight: Sight, most: i64) -> Done<Vec<ErrandStatus>> {
    let known = sight.of_project("b.project_id").unwrap_or_else(|| "1".to_owned());
    let sql = format!(
        "SELECT b.label, p.label, h.failures, datetime(h.next_look, 'unixepoch'), h.problem \
         FROM branch_head h JOIN package_branch b ON b.id = h.package_branch_id \
         JOIN project p ON p.id = b.project_id \
         WHERE h.problem <> '' AND {known} ORDER BY h.next_look, b.id LIMIT ?1"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![most], |row| {
        Ok(ErrandStatus {
            id: None,
            kind: KIND.to_owned(),
            about: format!("look at the head of {}", row.get::<_, String>(0)?),
            project_label: row.get(1)?,
            build_label: String::new(),
            tag_label: String::new(),
            state: State::Waiting,
            attempts: row.get(2)?,
            next_try: row.get(3)?,
            message: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
