//! Changing objects: POST and PUT through the table, and the hub's own
//! changes of its columns.

use mf_core::resource::Resource;
use rusqlite::ToSql;
use serde_json::{Map, Value};

use super::history::{self, Verb};
use super::select::table;
use super::{Done, Tx, render};

/// Sets columns of one object as the hub itself, with history: a task's
/// move in one line. What is as it was leaves no trace; whether it was not.
///
/// Columns are those of the database (`status`, `system_id`).
///
/// # Errors
/// There is no such object, or SQLite would not.
pub fn update_columns(
    tx: &Tx<'_>,
    resource: &Resource,
    id: i64,
    columns: &[(&str, &dyn ToSql)],
) -> Done<bool> {
    let before = render::map(tx, resource, id)?;
    set(tx, resource, id, columns)?;
    record_update(tx, resource, id, &before)
}

/// `UPDATE … SET … WHERE id = …`.
fn set(tx: &Tx<'_>, resource: &Resource, id: i64, columns: &[(&str, &dyn ToSql)]) -> Done<()> {
    if columns.is_empty() {
        return Ok(());
    }
    let sets: Vec<String> =
        columns.iter().enumerate().map(|(n, (name, _))| format!("\"{name}\" = ?{}", n + 2)).collect();
    let sql = format!("UPDATE {} SET {} WHERE id = ?1", table(resource.name), sets.join(", "));
    let mut values: Vec<&dyn ToSql> = vec![&id];
    values.extend(columns.iter().map(|(_, value)| *value));
    tx.prepare_cached(&sql)?.execute(values.as_slice())?;
    Ok(())
}

/// Compares an object with what it was: where it differs, its `update_date`
/// is set and the difference recorded. Whether it differs.
///
/// # Errors
/// SQLite would not.
pub fn record_update(
    tx: &Tx<'_>,
    resource: &Resource,
    id: i64,
    before: &Map<String, Value>,
) -> Done<bool> {
    let mut changes = render::map(tx, resource, id)?;
    changes.retain(|name, value| before.get(name) != Some(value));
    if changes.is_empty() {
        return Ok(false);
    }
    set(tx, resource, id, &[("update_date", &tx.now())])?;
    history::record(tx, Verb::Update, resource, id, changes)?;
    Ok(true)
}
