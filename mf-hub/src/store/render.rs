//! Rows to JSON bytes, without a tree in between.

use mf_core::error::Code;
use mf_core::resource::{Field, Gives, Kind, PROJECT, Resource, Scope, Who};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde::Serialize;
use serde_json::{Map, Value};

use super::roles::{self, Caller};
use super::select::{self, LIST_LIMIT, Select, Sight};
use super::{Done, Fault, find};

/// Appends one row of a resource's SELECT to `out` as a JSON object, with the
/// fields that somebody with these `roles` sees.
///
/// # Errors
/// SQLite fails.
pub fn row(select: &Select, row: &Row<'_>, roles: Who, out: &mut Vec<u8>) -> Done<()> {
    out.push(b'{');
    let mut first = true;
    for (index, (field, key)) in select.fields.iter().zip(&select.keys).enumerate() {
        if !field.read.meets(roles) {
            continue;
        }
        let value = row.get_ref(index)?;
        if field.grows() && value == ValueRef::Null {
            continue; // A list that was not asked for.
        }
        // The comma belongs to all but the first.
        out.extend_from_slice(&key.as_bytes()[usize::from(std::mem::take(&mut first))..]);
        if one(field, value, out)? {
            out.extend_from_slice(format!(",\"{}_more\":true", field.name).as_bytes());
        }
    }
    out.push(b'}');
    Ok(())
}

/// Appends one value; whether its list was cut.
fn one(field: &Field, value: ValueRef<'_>, out: &mut Vec<u8>) -> Done<bool> {
    match (field.kind, value) {
        (Kind::Bool, ValueRef::Integer(number)) => {
            out.extend_from_slice(if number == 0 { b"false" } else { b"true" });
        }
        (_, ValueRef::Integer(number)) => write(&number, out)?,
        (Kind::Refs { .. } | Kind::Back { .. }, ValueRef::Text(json)) if field.grows() => {
            return list(json, out);
        }
        (Kind::Refs { .. } | Kind::Computed(Gives::List | Gives::Json), ValueRef::Text(json)) => {
            out.extend_from_slice(json)
        }
        (_, ValueRef::Text(value)) => text(value, out)?,
        (Kind::Int(..) | Kind::Computed(Gives::Int), ValueRef::Null) => out.push(b'0'),
        (_, ValueRef::Null) => out.extend_from_slice(b"\"\""),
        (_, ValueRef::Real(_) | ValueRef::Blob(_)) => {
            return Err(Fault::Broken(format!("column {} is of no known type", field.name)));
        }
    }
    Ok(false)
}

/// Appends a JSON string. Nearly all are labels and dates, which stand in JSON
/// as they are: one look at their bytes, all at once, shows it.
fn text(value: &[u8], out: &mut Vec<u8>) -> Done<()> {
    let odd = |byte: u8| !(b' '..=b'~').contains(&byte) || byte == b'"' || byte == b'\\';
    // No `any`: a look that may end early is at one byte at a time.
    if value.iter().fold(false, |found, &byte| found | odd(byte)) {
        let value = std::str::from_utf8(value)
            .map_err(|_| Fault::Broken("text in the database is not UTF-8".into()))?;
        return write(value, out);
    }
    out.reserve(value.len() + 2);
    out.push(b'"');
    out.extend_from_slice(value);
    out.push(b'"');
    Ok(())
}

/// Appends a JSON array, cut at [`LIST_LIMIT`]; whether it was.
fn list(json: &[u8], out: &mut Vec<u8>) -> Done<bool> {
    // Every entry is at least `"",`: most lists are seen to be short at once.
    if json.len() < LIST_LIMIT * 3 {
        out.extend_from_slice(json);
        return Ok(false);
    }
    let mut labels: Vec<&serde_json::value::RawValue> = serde_json::from_slice(json)
        .map_err(|error| Fault::Broken(format!("a list is no JSON: {error}")))?;
    let more = labels.len() > LIST_LIMIT;
    labels.truncate(LIST_LIMIT);
    write(&labels, out)?;
    Ok(more)
}

fn write<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Done<()> {
    serde_json::to_writer(out, value).map_err(|error| Fault::Broken(error.to_string()))
}

/// One whole object as JSON bytes, as somebody with these `roles` sees it.
///
/// # Errors
/// [`Code::NotFound`], or SQLite fails.
pub fn object(db: &Connection, resource: &Resource, id: i64, roles: Who) -> Done<Vec<u8>> {
    let select = select::of(resource);
    let mut statement = db.prepare_cached(&select.by_id)?;
    let mut rows = statement.query([id])?;
    let mut out = Vec::with_capacity(1_024);
    match rows.next()? {
        Some(found) => row(select, found, roles, &mut out)?,
        None => {
            let told = format!("there is no {} with the id {id}", resource.name);
            return Err(Fault::told(Code::NotFound, told));
        }
    }
    Ok(out)
}

/// One whole object by its label, as this caller sees it.
///
/// # Errors
/// As [`find::object`]; [`Code::Forbidden`] where not everybody may read.
pub fn named(
    db: &Connection,
    caller: &Caller,
    resource: &Resource,
    label: &str,
    project_label: Option<&str>,
) -> Done<Vec<u8>> {
    let select = select::of(resource);
    if select.open
        && let Some(found) = at_once(db, caller.sight(), select, label, project_label)?
    {
        return Ok(found);
    }
    // Step by step: to know the roles on it, or to say what there is not.
    let found = find::object(db, resource, label, project_label, caller.sight())?;
    let roles = roles::on(db, caller, resource, found.id)?;
    caller.need(roles, resource.readers(), &format!("reading {}", resource.many()))?;
    object(db, resource, found.id, roles)
}

/// By one statement what everybody may read who may know of it.
fn at_once(
    db: &Connection,
    sight: Sight,
    select: &Select,
    label: &str,
    project_label: Option<&str>,
) -> Done<Option<Vec<u8>>> {
    let mut statement = db.prepare_cached(select.by_label(sight))?;
    let scoped = select.resource.scope == Scope::Project;
    statement.raw_bind_parameter(1, label)?;
    if scoped {
        statement.raw_bind_parameter(2, project_label)?;
    }
    if let Sight::User(user) = sight
        && (scoped || select.resource.name == PROJECT.name)
    {
        statement.raw_bind_parameter(3, user)?;
    }
    let mut rows = statement.raw_query();
    let Some(found) = rows.next()? else { return Ok(None) };
    let mut out = Vec::with_capacity(1_024);
    row(select, found, Who::ANYONE, &mut out)?;
    Ok(Some(out))
}

/// One whole object as a map, with every field: what history compares.
///
/// # Errors
/// As [`object`].
pub fn map(db: &Connection, resource: &Resource, id: i64) -> Done<Map<String, Value>> {
    let bytes = object(db, resource, id, Who::ANYONE)?;
    serde_json::from_slice(&bytes).map_err(|error| Fault::Broken(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_the_same_json_whichever_way_it_is_written() {
        let odd = ["", "a", "p-1.2~rc", "a\"b", "a\\b", "a\nb", "\u{7f}", "\u{e9}\u{1f412}", "\0"];
        for value in odd {
            let mut out = b"{".to_vec();
            text(value.as_bytes(), &mut out).unwrap();
            assert_eq!(out, format!("{{{}", serde_json::json!(value)).into_bytes());
        }
        assert!(text(b"\xff", &mut Vec::new()).is_err());
    }
}
