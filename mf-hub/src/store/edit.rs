//! Changing objects: POST and PUT through the table, and the hub's own
//! changes of its columns.

use mf_core::error::Code;
use mf_core::resource::{Field, Kind, Resource, Scope, Who};
use rusqlite::types::Value as Sql;
use rusqlite::{ToSql, params_from_iter};
use serde_json::{Map, json};

use super::draft::Draft;
use super::history::{self, Verb};
use super::links::{self, Where};
use super::roles::{self, Caller};
use super::rules::{columns, may_set, missing, not_taken};
use super::select::table;
use super::special::{self, Context};
use super::{Done, Fault, Tx, find, render};

/// How one object is addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its label.
    pub label: String,
    /// Its project's label, where it is in one.
    pub project: Option<String>,
}

/// Makes an object for a caller: its id, and the object as JSON.
///
/// # Errors
/// The caller may not, or the draft cannot become an object.
pub fn create(
    tx: &Tx<'_>,
    caller: &Caller,
    resource: &'static Resource,
    draft: &Draft,
) -> Done<(i64, Vec<u8>)> {
    let mut draft = draft.clone();
    let project = match (resource.scope, draft.text("project_label")) {
        (Scope::Project, Some(label)) => {
            let field = field(resource, "project_label")?;
            links::resolve(tx, field, label, Where { project: None, sight: caller.sight() })?
        }
        _ => None,
    };
    let roles = match project {
        Some(project) => roles::in_project(tx, caller, project)?,
        None => caller.roles(),
    };
    // Who registers is the owner of what comes of it.
    let roles = if caller.newcomer { roles.or(Who::OWNER) } else { roles };
    caller.need(roles, resource.creators(), &format!("creating {}", resource.many()))?;
    may_set(caller, roles, resource, &draft)?;
    if draft.id.is_some() {
        let told = format!("id of {} cannot be set: the hub numbers them", resource.one());
        return Err(Fault::told(Code::ReadOnlyField, told));
    }
    let context = Context { tx, caller, roles, project };
    missing(resource, &draft, false)?;
    special::before_create(&context, resource, &mut draft)?;
    missing(resource, &draft, true)?;
    let id = insert(&context, resource, &draft)?;
    replace_links(&context, resource, id, &draft)?;
    special::after_create(&context, resource, id)?;
    let mut made = render::map(tx, resource, id)?;
    hide_secrets(resource, &draft, &mut made);
    history::record(tx, Verb::Create, resource, id, made)?;
    special::follow_made(tx, resource, id)?;
    Ok((id, render::object(tx, resource, id, roles)?))
}

/// Changes an object for a caller: the object as JSON.
///
/// # Errors
/// It is not there, the caller may not, or the draft does not fit.
pub fn update(
    tx: &Tx<'_>,
    caller: &Caller,
    resource: &'static Resource,
    at: &Address,
    draft: &Draft,
) -> Done<Vec<u8>> {
    let mut draft = draft.clone();
    let object = find::object(tx, resource, &at.label, at.project.as_deref(), caller.sight())?;
    let roles = roles::on(tx, caller, resource, object.id)?;
    caller.need(roles, resource.updaters(), &format!("changing {}", resource.many()))?;
    if let Some(id) = draft.id.filter(|id| *id != object.id) {
        let told = format!("id is {}, not {id}: it never changes", object.id);
        return Err(Fault::told(Code::InvalidValue, told));
    }
    may_set(caller, roles, resource, &draft)?;
    let context = Context { tx, caller, roles, project: object.project };
    let before = render::map(tx, resource, object.id)?;
    special::before_update(&context, resource, object.id, &mut draft)?;
    if draft.text("label").is_some_and(|label| label != object.label) {
        not_taken(&context, resource, &draft)?;
    }
    let columns = columns(&context, resource, &draft, false)?;
    let columns: Vec<(&str, &dyn ToSql)> =
        columns.iter().map(|(name, value)| (name.as_str(), value as &dyn ToSql)).collect();
    set(tx, resource, object.id, &columns)?;
    replace_links(&context, resource, object.id, &draft)?;
    special::after_update(&context, resource, object.id)?;
    let mut hidden = Map::new();
    hide_secrets(resource, &draft, &mut hidden);
    if record_difference(tx, resource, object.id, &before, hidden)? {
        special::follow_changed(tx, resource, object.id)?;
    }
    render::object(tx, resource, object.id, roles)
}

/// Sets columns of one object as the hub itself, with history: a task's
/// move in one line. A change that changes nothing leaves no trace; gives
/// whether anything changed.
///
/// Columns are those of the database (`status`, `system_id`).
///
/// # Errors
/// There is no such object, or SQLite fails.
pub fn update_columns(
    tx: &Tx<'_>,
    resource: &Resource,
    id: i64,
    columns: &[(&str, &dyn ToSql)],
) -> Done<bool> {
    let before = render::map(tx, resource, id)?;
    // Nearly always something differs: its date is set with it.
    let now = tx.now();
    let mut dated = columns.to_vec();
    dated.push((DATE, &now));
    set(tx, resource, id, &dated)?;
    let mut changes = render::map(tx, resource, id)?;
    changes.retain(|name, value| name != DATE && before.get(name) != Some(value));
    if changes.is_empty() {
        let was = before.get(DATE).and_then(serde_json::Value::as_str);
        set(tx, resource, id, &[(DATE, &was.unwrap_or_default())])?;
        return Ok(false);
    }
    history::record_with(tx, Verb::Update, resource, id, &former(&before, &changes), changes)?;
    Ok(true)
}

/// When an object was last changed.
const DATE: &str = "update_date";

/// What the fields that have changed were before.
fn former(
    before: &Map<String, serde_json::Value>,
    changes: &Map<String, serde_json::Value>,
) -> Map<String, serde_json::Value> {
    let old = |name: &String| Some((name.clone(), before.get(name)?.clone()));
    changes.keys().filter_map(old).collect()
}

/// Compares an object with what it was ([`render::map`]): where it differs,
/// its `update_date` is set and the difference recorded. Whether it differs.
///
/// # Errors
/// SQLite fails.
pub fn record_update(
    tx: &Tx<'_>,
    resource: &Resource,
    id: i64,
    before: &Map<String, serde_json::Value>,
) -> Done<bool> {
    record_difference(tx, resource, id, before, Map::new())
}

fn record_difference(
    tx: &Tx<'_>,
    resource: &Resource,
    id: i64,
    before: &Map<String, serde_json::Value>,
    hidden: Map<String, serde_json::Value>,
) -> Done<bool> {
    let mut changes = render::map(tx, resource, id)?;
    changes.retain(|name, value| before.get(name) != Some(value));
    let old = former(before, &changes);
    changes.extend(hidden);
    if changes.is_empty() {
        return Ok(false);
    }
    touch(tx, resource, id)?;
    history::record_with(tx, Verb::Update, resource, id, &old, changes)?;
    Ok(true)
}

/// Sets an object's `update_date` alone, where its history is written apart.
///
/// # Errors
/// SQLite fails.
pub fn touch(tx: &Tx<'_>, resource: &Resource, id: i64) -> Done<()> {
    set(tx, resource, id, &[(DATE, &tx.now())])
}

/// `UPDATE … SET … WHERE id = …`.
fn set(tx: &Tx<'_>, resource: &Resource, id: i64, columns: &[(&str, &dyn ToSql)]) -> Done<()> {
    if columns.is_empty() {
        return Ok(());
    }
    let sets: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(n, (name, _))| format!("\"{name}\" = ?{}", n + 2))
        .collect();
    let sql = format!("UPDATE {} SET {} WHERE id = ?1", table(resource.name), sets.join(", "));
    let mut values: Vec<&dyn ToSql> = vec![&id];
    values.extend(columns.iter().map(|(_, value)| *value));
    tx.prepare_cached(&sql)?.execute(values.as_slice())?;
    Ok(())
}

fn insert(context: &Context<'_>, resource: &Resource, draft: &Draft) -> Done<i64> {
    not_taken(context, resource, draft)?;
    let now = Sql::Text(context.tx.now().to_owned());
    let mut columns = columns(context, resource, draft, true)?;
    columns.push(("create_date".into(), now.clone()));
    columns.push(("update_date".into(), now));
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let marks: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        table(resource.name),
        names.join(", "),
        marks.join(", ")
    );
    let values = columns.into_iter().map(|(_, value)| value);
    context.tx.prepare_cached(&sql)?.execute(params_from_iter(values))?;
    Ok(context.tx.last_insert_rowid())
}

fn replace_links(context: &Context<'_>, resource: &Resource, id: i64, draft: &Draft) -> Done<()> {
    let at = Where { project: context.project, sight: context.caller.sight() };
    for field in resource.fields().filter(|field| matches!(field.kind, Kind::Refs { .. })) {
        if let Some(value) = draft.get(field.name) {
            links::replace(context.tx, resource, id, field, value, at)?;
        }
    }
    Ok(())
}

/// Secrets leave only a trace in history.
fn hide_secrets(resource: &Resource, draft: &Draft, changes: &mut Map<String, serde_json::Value>) {
    for field in resource.fields().filter(|field| field.kind == Kind::Secret) {
        if draft.get(field.name).is_some() {
            changes.insert(field.name.to_owned(), json!("***"));
        }
    }
}

fn field(resource: &'static Resource, name: &str) -> Done<&'static Field> {
    resource.field(name).ok_or_else(|| Fault::Broken(format!("{} has no {name}", resource.name)))
}
