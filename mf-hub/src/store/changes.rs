//! One object's history, for those who may know of the object.

use mf_core::error::{Code, Error};
use mf_core::resource::{Resource, Who};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Done, history};

/// Changes in one page, unless the caller says how many.
pub const PAGE: i64 = 50;
/// Bytes after which a page ends even so: each change may have long texts, as
/// they were and as they became.
const BYTES: usize = 1 << 20;

/// One change of one object.
#[derive(Debug, Serialize)]
pub struct Change {
    /// Number of the change, which is that of its event.
    pub id: i64,
    /// When, UTC.
    pub date: String,
    /// Who: a user's, system's or daemon's name as it was then.
    pub actor: String,
    /// The public id of the key that was used; empty for the hub itself.
    pub key: String,
    /// `create`, `update` or `delete`.
    pub verb: String,
    /// The object's label after it, or before it was deleted.
    pub label: String,
    /// By field, `from` and `to`; only `to` of what was not there before.
    pub changes: Map<String, Value>,
}

/// One page of an object's history.
#[derive(Debug, Default)]
pub struct Page {
    /// Its changes, the newest first.
    pub changes: Vec<Change>,
    /// What to give as `after` for the next page; `None` at the end.
    pub next: Option<i64>,
}

/// Reads a page of at most `limit` changes, fewer where they are large, those
/// older than `after`, with the fields that somebody with these roles sees.
///
/// # Errors
/// SQLite fails.
pub fn page(
    db: &Connection,
    resource: &Resource,
    object: i64,
    roles: Who,
    after: Option<i64>,
    limit: i64,
) -> Done<Page> {
    let sql = "SELECT id, date, actor, key, verb, label, before, changes FROM history \
               WHERE resource = ?1 AND object = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4";
    let mut statement = db.prepare_cached(sql)?;
    let after = after.unwrap_or(i64::MAX);
    let mut rows = statement.query(params![resource.key(), object, after, limit + 1])?;
    let (mut page, mut bytes) = (Page::default(), 0);
    while let Some(row) = rows.next()? {
        if page.changes.len() as i64 == limit || bytes > BYTES {
            page.next = page.changes.last().map(|change| change.id);
            break;
        }
        let (before, changes): (String, String) = (row.get(6)?, row.get(7)?);
        bytes += before.len() + changes.len();
        page.changes.push(Change {
            id: row.get(0)?,
            date: row.get(1)?,
            actor: row.get(2)?,
            key: row.get(3)?,
            verb: row.get(4)?,
            label: row.get(5)?,
            changes: from_to(resource, roles, &map(&before), &map(&changes)),
        });
    }
    Ok(page)
}

fn map(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// What each field was, and what it became.
fn from_to(
    resource: &Resource,
    roles: Who,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Map<String, Value> {
    let seen = |name: &&String| history::readers(resource, name).meets(roles);
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let names = after.keys().chain(gone).filter(seen);
    let change = |name: &String| match (before.get(name), after.get(name)) {
        (Some(from), Some(to)) => json!({ "from": from, "to": to }),
        (Some(from), None) => json!({ "from": from }),
        (None, to) => json!({ "to": to }),
    };
    names.map(|name| (name.clone(), change(name))).collect()
}

/// The last object that had this label when it was deleted.
///
/// # Errors
/// [`Code::NotFound`].
pub fn deleted(
    db: &Connection,
    resource: &Resource,
    label: &str,
    project: Option<&str>,
) -> Done<i64> {
    let sql = "SELECT object FROM history WHERE resource = ?1 AND label = ?2 AND verb = 'delete' \
               AND (?3 IS NULL OR project_label = ?3) ORDER BY id DESC LIMIT 1";
    let found = db
        .prepare_cached(sql)?
        .query_row(params![resource.key(), label, project], |row| row.get(0))
        .optional()?;
    found.ok_or_else(|| {
        let label: String = label.chars().take(80).collect();
        let told = format!("there is no {} {label:?}, and never was one deleted", resource.name);
        Error::new(Code::NotFound, told).into()
    })
}
