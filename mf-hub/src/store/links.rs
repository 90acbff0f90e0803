//! References: labels to ids, and the link tables of lists of them.

use mf_core::error::Code;
use mf_core::resource::{self, Field, Kind, Need, Resource, Scope, Value};
use rusqlite::{Connection, OptionalExtension};

use super::select::{Sight, ends, table};
use super::{Done, Fault, Tx, find};

/// Where labels are looked up.
#[derive(Clone, Copy, Debug)]
pub struct Where {
    /// The project of the object that refers, for labels unique in it.
    pub project: Option<i64>,
    /// What the caller may know of.
    pub sight: Sight,
}

/// Id of what a reference names; `None` for `""`.
///
/// # Errors
/// [`Code::UnknownReference`], or [`Code::InvalidValue`] for `""` where the
/// field must be given.
pub fn resolve(db: &Connection, field: &Field, label: &str, at: Where) -> Done<Option<i64>> {
    let (Kind::Ref { to, .. } | Kind::Refs { to, .. }) = field.kind else {
        return Err(Fault::Broken(format!("{} is no reference", field.name)));
    };
    if label.is_empty() {
        if field.need == Need::Must {
            let told = format!("{} cannot be empty: {}", field.name, field.about);
            return Err(Fault::told(Code::InvalidValue, told));
        }
        return Ok(None);
    }
    let to = resource::find(to).ok_or_else(|| Fault::Broken(format!("no resource {to}")))?;
    let found = match (to.scope, at.project) {
        (Scope::Project, Some(project)) => {
            let sql =
                format!("SELECT id FROM {} WHERE project_id = ?1 AND label = ?2", table(to.name));
            db.prepare_cached(&sql)?.query_row((project, label), |row| row.get(0)).optional()?
        }
        (Scope::Project, None) => None,
        _ => find::id(db, to, label, at.sight)?,
    };
    if found.is_none() {
        let label: String = label.chars().take(80).collect();
        let place = if to.scope == Scope::Project { " in this project" } else { "" };
        let told = format!("{}: there is no {} {label:?}{place}", field.name, to.name);
        return Err(Fault::told(Code::UnknownReference, told));
    }
    Ok(found)
}

/// Replaces all entries of a list of references.
///
/// # Errors
/// As [`resolve`].
pub fn replace(
    tx: &Tx<'_>,
    resource: &Resource,
    id: i64,
    field: &Field,
    value: &Value,
    at: Where,
) -> Done<()> {
    let (Kind::Refs { to, via }, Value::List(labels)) = (field.kind, value) else {
        return Err(Fault::Broken(format!("{} is no list of references", field.name)));
    };
    let (mine, theirs) = ends(resource, to);
    tx.prepare_cached(&format!("DELETE FROM {via} WHERE {mine} = ?1"))?.execute([id])?;
    let sql = format!("INSERT OR IGNORE INTO {via} ({mine}, {theirs}) VALUES (?1, ?2)");
    for label in labels {
        if let Some(other) = resolve(tx, field, label, at)? {
            tx.prepare_cached(&sql)?.execute([id, other])?;
        }
    }
    Ok(())
}
