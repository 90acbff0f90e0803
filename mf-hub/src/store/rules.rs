//! What a draft must be before it becomes a row: complete, allowed, with a
//! label that is free; and the columns that it sets.

use mf_core::error::{Code, Error};
use mf_core::resource::{Kind, Need, Resource, Scope, Value, Who};
use rusqlite::OptionalExtension;
use rusqlite::types::Value as Sql;

use super::draft::Draft;
use super::links::{self, Where};
use super::roles::Caller;
use super::select::{column, table};
use super::special::Context;
use super::{Done, Fault};

/// Refuses fields that the caller may not set on this object.
pub(super) fn may_set(
    caller: &Caller,
    roles: Who,
    resource: &Resource,
    draft: &Draft,
) -> Result<(), Error> {
    for field in resource.fields().filter(|field| draft.get(field.name).is_some()) {
        caller.need(
            roles,
            field.write,
            &format!("setting {} of {}", field.name, resource.one()),
        )?;
    }
    Ok(())
}

/// Refuses a draft without what must be given; with `made`, also without what
/// the hub makes up, which by then it has, where it can.
pub(super) fn missing(resource: &Resource, draft: &Draft, made: bool) -> Result<(), Error> {
    let missing: Vec<&str> = resource
        .fields()
        .filter(|field| match field.need {
            Need::Must => !field.read_only(),
            Need::Made => made && matches!(field.kind, Kind::Label),
            _ => false,
        })
        .filter(|field| draft.get(field.name).is_none())
        .map(|field| field.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let told = format!("{} needs {}", resource.one(), missing.join(", "));
    Err(Error::new(Code::MissingField, told))
}

pub(super) fn not_taken(context: &Context<'_>, resource: &Resource, draft: &Draft) -> Done<()> {
    let Some(label) = draft.text("label") else { return Ok(()) };
    let sql = format!(
        "SELECT 1 FROM {} WHERE label = ?1{}",
        table(resource.name),
        if resource.scope == Scope::Project { " AND project_id = ?2" } else { " AND ?2 IS NULL" }
    );
    let taken = context
        .tx
        .prepare_cached(&sql)?
        .query_row((label, context.project), |_| Ok(()))
        .optional()?;
    if taken.is_some() {
        let told = format!("the label {label:?} is taken by another {}", resource.name);
        return Err(Fault::told(Code::LabelTaken, told));
    }
    Ok(())
}

/// The columns that a draft sets; with `defaults`, those it does not name too.
pub(super) fn columns(
    context: &Context<'_>,
    resource: &Resource,
    draft: &Draft,
    defaults: bool,
) -> Done<Vec<(String, Sql)>> {
    let at = Where { project: context.project, sight: context.caller.sight() };
    let mut columns = Vec::new();
    for field in resource.fields() {
        let Some(column) = column(field) else { continue };
        let value = match (draft.get(field.name), field.need) {
            (Some(value), _) => value.clone(),
            (None, Need::Default(text)) if defaults => field.parse_text(text)?,
            (None, _) if defaults && !field.read_only() => field.empty(),
            (None, _) => continue,
        };
        let value = match (field.kind, value) {
            (Kind::Ref { .. }, Value::Text(label)) => {
                links::resolve(context.tx, field, &label, at)?.map_or(Sql::Null, Sql::Integer)
            }
            (_, Value::Text(text)) => Sql::Text(text),
            (_, Value::Int(number)) => Sql::Integer(number),
            (_, Value::Bool(flag)) => Sql::Integer(i64::from(flag)),
            (_, Value::List(_)) => continue,
        };
        columns.push((column, value));
    }
    Ok(columns)
}
