//! Rows to JSON bytes, without a tree in between.

use std::io::Write;

use mf_core::error::Code;
use mf_core::resource::{Field, Gives, Kind, Resource, Who};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value};

use super::select::{self, LIST_LIMIT, Select};
use super::{Done, Fault};

/// Appends one row of a resource's SELECT to `out` as a JSON object, with the
/// fields that somebody with these `roles` sees.
///
/// # Errors
/// SQLite would not.
pub fn row(select: &Select, row: &Row<'_>, roles: Who, out: &mut Vec<u8>) -> Done<()> {
    out.push(b'{');
    let mut first = true;
    for (index, field) in select.fields.iter().enumerate() {
        if !field.read.meets(roles) {
            continue;
        }
        let value = row.get_ref(index)?;
        if field.grows() && value == ValueRef::Null {
            continue; // A list that was not asked for.
        }
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(field.name.as_bytes());
        out.extend_from_slice(b"\":");
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
        (_, ValueRef::Integer(number)) => {
            // Writing to a Vec cannot fail.
            let _ = write!(out, "{number}");
        }
        (Kind::Refs { .. } | Kind::Back { .. }, ValueRef::Text(json)) => {
            return list(json, out);
        }
        (Kind::Computed(Gives::List | Gives::Json), ValueRef::Text(json)) => {
            out.extend_from_slice(json);
        }
        (_, ValueRef::Text(text)) => string(text, out)?,
        (Kind::Int(..) | Kind::Computed(Gives::Int), ValueRef::Null) => out.push(b'0'),
        (_, ValueRef::Null) => out.extend_from_slice(b"\"\""),
        (_, ValueRef::Real(_) | ValueRef::Blob(_)) => {
            return Err(Fault::Broken(format!("column {} is of no known type", field.name)));
        }
    }
    Ok(false)
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
    serde_json::to_writer(out, &labels).map_err(|error| Fault::Broken(error.to_string()))?;
    Ok(more)
}

fn string(text: &[u8], out: &mut Vec<u8>) -> Done<()> {
    let text = std::str::from_utf8(text)
        .map_err(|_| Fault::Broken("text in the database is not UTF-8".into()))?;
    serde_json::to_writer(out, text).map_err(|error| Fault::Broken(error.to_string()))
}

/// One whole object as JSON bytes, as somebody with these `roles` sees it.
///
/// # Errors
/// [`Code::NotFound`], or SQLite would not.
pub fn object(db: &Connection, resource: &Resource, id: i64, roles: Who) -> Done<Vec<u8>> {
    let select = select::of(resource);
    let mut statement = db.prepare_cached(&format!("{} WHERE t.id = ?1", select.whole))?;
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

/// One whole object as a map, with every field: what history compares.
///
/// # Errors
/// As [`object`].
pub fn map(db: &Connection, resource: &Resource, id: i64) -> Done<Map<String, Value>> {
    let bytes = object(db, resource, id, Who::ANYONE)?;
    serde_json::from_slice(&bytes).map_err(|error| Fault::Broken(error.to_string()))
}
