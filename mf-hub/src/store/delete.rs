//! Deleting: refused while something refers to it; what it owns goes too.

use mf_core::error::Code;
use mf_core::resource::{ALL, Field, Kind, Resource};
use rusqlite::ErrorCode;
use serde_json::Map;

use super::edit::Address;
use super::history::{self, Verb};
use super::roles::{self, Caller};
use super::select::{column, ends, table};
use super::{Done, Fault, Tx, find, special};

/// How many labels of what refers to an object are named.
const NAMED: usize = 5;

/// Deletes an object for a caller.
///
/// # Errors
/// It is not there or not the caller's to delete, something refers to it, or
/// its state forbids it.
pub fn delete(tx: &Tx<'_>, caller: &Caller, resource: &Resource, at: &Address) -> Done<()> {
    let object = find::object(tx, resource, &at.label, at.project.as_deref(), caller.sight())?;
    let roles = roles::on(tx, caller, resource, object.id)?;
    caller.need(roles, resource.deleters(), &format!("deleting {}", resource.plural()))?;
    remove(tx, resource, object.id, &object.label)?;
    special::after_delete(tx, resource)
}

fn remove(tx: &Tx<'_>, resource: &Resource, id: i64, label: &str) -> Done<()> {
    special::before_delete(tx, resource, id, label)?;
    refuse_referred(tx, resource, id, label)?;
    for (other, field) in references_to(resource) {
        if matches!(field.kind, Kind::Ref { owned: true, .. }) {
            for (child, label) in referring(tx, other, field, id, i64::MAX)? {
                remove(tx, other, child, &label)?;
            }
        }
    }
    history::record(tx, Verb::Delete, resource, id, Map::new())?;
    match tx.execute(&format!("DELETE FROM {} WHERE id = ?1", table(resource.name)), [id]) {
        Ok(_) => Ok(()),
        // What the table does not show, such as attempts that a system made.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            let told = format!(
                "{} {label:?} cannot be deleted: the farm's records still refer to it",
                resource.name
            );
            Err(Fault::told(Code::StillReferred, told))
        }
        Err(error) => Err(error.into()),
    }
}

/// Every field of a resource that is a reference to this one.
fn references_to(resource: &Resource) -> impl Iterator<Item = (&'static Resource, &'static Field)> {
    let name = resource.name;
    ALL.iter().flat_map(move |other| {
        let refers = move |field: &&Field| matches!(field.kind, Kind::Ref { to, .. } if to == name);
        other.fields().filter(refers).map(move |field| (*other, field))
    })
}

fn refuse_referred(tx: &Tx<'_>, resource: &Resource, id: i64, label: &str) -> Done<()> {
    for (other, field) in references_to(resource) {
        if !matches!(field.kind, Kind::Ref { owned: false, .. }) {
            continue;
        }
        let found = referring(tx, other, field, id, NAMED as i64 + 1)?;
        // What goes with this object does not keep it.
        let found: Vec<_> = found.into_iter().map(|(_, label)| label).collect();
        refuse(resource, label, other, &found)?;
    }
    for other in ALL {
        for field in other.fields().filter(|field| !field.read_only()) {
            let Kind::Refs { to, via } = field.kind else { continue };
            let mine_too = resource
                .fields()
                .any(|field| matches!(field.kind, Kind::Refs { via: mine, .. } if mine == via));
            if to == resource.name && !mine_too {
                let (theirs, mine) = ends(other, to);
                let sql = format!(
                    "SELECT o.label FROM {via} v JOIN {} o ON o.id = v.{theirs} \
                     WHERE v.{mine} = ?1 ORDER BY o.label LIMIT {}",
                    table(other.name),
                    NAMED + 1
                );
                let mut statement = tx.prepare_cached(&sql)?;
                let found =
                    statement.query_map([id], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()?;
                refuse(resource, label, other, &found)?;
            }
        }
    }
    Ok(())
}

fn referring(
    tx: &Tx<'_>,
    other: &Resource,
    field: &Field,
    id: i64,
    limit: i64,
) -> Done<Vec<(i64, String)>> {
    let column =
        column(field).ok_or_else(|| Fault::Broken(format!("{} has no column", field.name)))?;
    let sql = format!(
        "SELECT id, label FROM {} WHERE \"{column}\" = ?1 ORDER BY label LIMIT ?2",
        table(other.name)
    );
    let mut statement = tx.prepare_cached(&sql)?;
    let rows = statement.query_map([id, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

fn refuse(resource: &Resource, label: &str, other: &Resource, found: &[String]) -> Done<()> {
    if found.is_empty() {
        return Ok(());
    }
    let mut named = found[..found.len().min(NAMED)].join(", ");
    if found.len() > NAMED {
        named += " and more";
    }
    let told = format!(
        "{} {label:?} cannot be deleted: {} {named} still refer{} to it",
        resource.name,
        if found.len() == 1 { other.name.to_owned() } else { other.plural() },
        if found.len() == 1 { "s" } else { "" },
    );
    Err(Fault::told(Code::StillReferred, told))
}
