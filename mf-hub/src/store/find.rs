//! Finding one object by its label.

use mf_core::error::{Code, Error};
use mf_core::resource::{PROJECT, Resource, Scope};
use rusqlite::{Connection, OptionalExtension};

use super::select::{Sight, table};
use super::{Done, Fault};

/// An object that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its id.
    pub id: i64,
    /// Its label.
    pub label: String,
    /// Its project, where it is in one.
    pub project: Option<i64>,
}

/// Finds one object by its label, and its project's where it is in one.
///
/// # Errors
/// [`Code::NotFound`] also for what may not be known; [`Code::MissingField`]
/// without the project.
pub fn object(
    db: &Connection,
    resource: &Resource,
    label: &str,
    project_label: Option<&str>,
    sight: Sight,
) -> Done<Object> {
    let shown: String = label.chars().take(80).collect();
    if resource.scope != Scope::Project {
        let id = id(db, resource, label, sight)?.ok_or_else(|| {
            Error::new(Code::NotFound, format!("there is no {} {shown:?}", resource.name))
        })?;
        return Ok(Object { id, label: label.to_owned(), project: None });
    }
    let Some(project_label) = project_label.filter(|label| !label.is_empty()) else {
        let told = format!(
            "which {} {shown:?}? labels are unique within a project: give project_label",
            resource.name
        );
        return Err(Fault::told(Code::MissingField, told));
    };
    let project = project(db, project_label, sight)?;
    let sql =
        format!("SELECT id FROM {} WHERE project_id = ?1 AND label = ?2", table(resource.name));
    let found =
        db.prepare_cached(&sql)?.query_row((project, label), |row| row.get(0)).optional()?;
    let id = found.ok_or_else(|| {
        let told = format!("there is no {} {shown:?} in project {project_label:?}", resource.name);
        Error::new(Code::NotFound, told)
    })?;
    Ok(Object { id, label: label.to_owned(), project: Some(project) })
}

/// Id of a project by its label.
///
/// # Errors
/// [`Code::NotFound`] also for one that may not be known.
pub fn project(db: &Connection, label: &str, sight: Sight) -> Done<i64> {
    id(db, &PROJECT, label, sight)?.ok_or_else(|| {
        let label: String = label.chars().take(80).collect();
        Fault::told(Code::NotFound, format!("there is no project {label:?}"))
    })
}

/// Id of what is unique in the whole farm; `None` where there is none that
/// may be known.
pub(super) fn id(
    db: &Connection,
    resource: &Resource,
    label: &str,
    sight: Sight,
) -> Done<Option<i64>> {
    let mut sql = format!("SELECT t.id FROM {} t WHERE t.label = ?1", table(resource.name));
    if let Some(condition) = sight.condition(resource) {
        sql += &format!(" AND {condition}");
    }
    Ok(db.prepare_cached(&sql)?.query_row([label], |row| row.get(0)).optional()?)
}
