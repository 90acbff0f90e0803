//! Deleting: refused while something refers to it; what it owns goes too.

use mf_core::error::Code;
use mf_core::resource::{ALL, Field, Kind, Resource};
use rusqlite::ErrorCode;
use serde_json::Map;

use super::edit::Address;
use super::history::{self, Verb};
use super::roles::{self, Caller};
use super::select::{column, ends, table};
use super::{Done, Fault, Tx, find, render, special};

/// How many labels of each resource that refers to an object are named.
const NAMED: usize = 5;
/// Up to how many they are counted.
const COUNTED: usize = 1_000;

/// Deletes an object for a caller.
///
/// # Errors
/// It is not there or not the caller's to delete, something refers to it, or
/// its state forbids it.
pub fn delete(tx: &Tx<'_>, caller: &Caller, resource: &Resource, at: &Address) -> Done<()> {
    let object = find::object(tx, resource, &at.label, at.project.as_deref(), caller.sight())?;
    let roles = roles::on(tx, caller, resource, object.id)?;
    caller.need(roles, resource.deleters(), &format!("deleting {}", resource.many()))?;
    remove(tx, resource, object.id, &object.label)?;
    special::after_delete(tx, resource)
}

/// Deletes an object whose time is over.
///
/// # Errors
/// As [`delete`], but for who may.
pub fn by_hub(tx: &Tx<'_>, resource: &Resource, id: i64, label: &str) -> Done<()> {
    remove(tx, resource, id, label)?;
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
    let before = render::map(tx, resource, id)?;
    history::record_with(tx, Verb::Delete, resource, id, &before, Map::new())?;
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

/// Refuses to delete what something refers to, naming all that does.
fn refuse_referred(tx: &Tx<'_>, resource: &Resource, id: i64, label: &str) -> Done<()> {
    let mut named = Vec::new();
    for (other, field) in references_to(resource) {
        // What goes with this object does not keep it.
        if matches!(field.kind, Kind::Ref { owned: false, .. }) {
            let found = referring(tx, other, field, id, COUNTED as i64 + 1)?;
            let found: Vec<_> = found.into_iter().map(|(_, label)| label).collect();
            named.extend(sentence(other.name, &other.plural(), &found));
        }
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
                     WHERE v.{mine} = ?1 ORDER BY o.label LIMIT ?2",
                    table(other.name),
                );
                named.extend(sentence(other.name, &other.plural(), &labels(tx, &sql, id)?));
            }
        }
    }
    if resource.name == "user" {
        let sql = "SELECT b.label FROM build_comment c JOIN build b ON b.id = c.build_id \
                   WHERE c.user_id = ?1 ORDER BY b.label LIMIT ?2";
        named.extend(sentence("comment", "comments", &labels(tx, sql, id)?));
    }
    if named.is_empty() {
        return Ok(());
    }
    let told = format!(
        "{} {label:?} cannot be deleted, because of what refers to it: {}",
        resource.name,
        named.join("; ")
    );
    Err(Fault::told(Code::StillReferred, told))
}

fn labels(tx: &Tx<'_>, sql: &str, id: i64) -> Done<Vec<String>> {
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map([id, COUNTED as i64 + 1], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
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

/// How many there are, and the first of them; `None` for none.
fn sentence(one: &str, many: &str, found: &[String]) -> Option<String> {
    let mut named = found.to_vec();
    named.dedup();
    let more = if named.len() > NAMED { ", …" } else { "" };
    named.truncate(NAMED);
    let named = format!("({}{more})", named.join(", "));
    match found.len() {
        0 => None,
        1 => Some(format!("1 {one} {named}")),
        count if count > COUNTED => Some(format!("more than {COUNTED} {many} {named}")),
        count => Some(format!("{count} {many} {named}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_refers_is_counted_and_a_few_are_named() {
        let labels = |n: usize| (0..n).map(|n| format!("b{n}")).collect::<Vec<_>>();
        let said = |n| sentence("build", "builds", &labels(n));
        assert_eq!(said(0), None);
        assert_eq!(said(1).as_deref(), Some("1 build (b0)"));
        assert_eq!(said(6).as_deref(), Some("6 builds (b0, b1, b2, b3, b4, …)"));
        assert!(said(1_001).unwrap().starts_with("more than 1000 builds (b0, "));
    }
}
