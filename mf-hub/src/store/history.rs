//! What happened: a row and an event in the same transaction as the change.

use mf_core::resource::{Resource, Scope, Who};
use mf_core::wire;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

use super::select::Sight;
use super::{Done, Effect, Tx};
use crate::events::Happened;

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It was made.
    Create,
    /// It was changed.
    Update,
    /// It is no more.
    Delete,
}

impl Verb {
    /// As it stands in an event.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Delete => "delete",
        }
    }
}

/// What is recorded of keys is no field, and for its owner and
/// admins alone.
const PRIVATE: &[&str] = &["api_key", "enrol_token"];

/// Who may read a change by its name: who reads the field, where it is one.
pub fn readers(resource: &Resource, name: &str) -> Who {
    match resource.field(name) {
        Some(field) => field.read,
        None if PRIVATE.contains(&name) => Who::OWNER.or(Who::ADMIN),
        None => Who::ANYONE,
    }
}

/// Records that `verb` was done to an object, which must still be there, and
/// tells the watchers once it is committed.
///
/// # Errors
/// SQLite fails.
pub fn record(
    tx: &Tx<'_>,
    verb: Verb,
    resource: &Resource,
    id: i64,
    changes: Map<String, Value>,
) -> Done<()> {
    record_with(tx, verb, resource, id, &Map::new(), changes)
}

/// The same, with what the fields were before.
///
/// # Errors
/// SQLite fails.
pub fn record_with(
    tx: &Tx<'_>,
    verb: Verb,
    resource: &Resource,
    id: i64,
    before: &Map<String, Value>,
    changes: Map<String, Value>,
) -> Done<()> {
    let object = named(tx, resource, id)?;
    record_as(tx, verb, &resource.key(), id, object, before, changes)
}

/// The same for what is no resource, such as an errand, by its name in events.
///
/// # Errors
/// SQLite fails.
pub fn record_as(
    tx: &Tx<'_>,
    verb: Verb,
    resource: &str,
    id: i64,
    object: Named,
    before: &Map<String, Value>,
    changes: Map<String, Value>,
) -> Done<()> {
    let text = |map| serde_json::to_string(map).unwrap_or_else(|_| "{}".into());
    tx.prepare_cached(
        "INSERT INTO history (date, actor, verb, resource, object, label, project_id, \
         project_label, build_label, changes, before, key) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        tx.now(),
        tx.actor(),
        verb.name(),
        resource,
        id,
        object.label,
        object.project,
        object.project_label,
        object.build_label,
        text(&changes),
        text(before),
        tx.key()
    ])?;
    let event = wire::Event {
        id: tx.last_insert_rowid(),
        date: tx.now().to_owned(),
        actor: tx.actor().to_owned(),
        verb: verb.name().to_owned(),
        resource: resource.to_owned(),
        object: id,
        label: object.label,
        project_label: object.project_label,
        build_label: object.build_label,
        changes,
    };
    tx.effect(Effect::Event(Box::new(Happened { event, project: object.project })));
    Ok(())
}

/// How an object is called in an event.
#[derive(Debug, Default)]
pub struct Named {
    /// Its label, or what else people call it.
    pub label: String,
    /// Its project, if it has one.
    pub project: Option<i64>,
    /// Label of that.
    pub project_label: String,
    /// Label of its build, if it has one.
    pub build_label: String,
}

fn named(tx: &Tx<'_>, resource: &Resource, id: i64) -> Done<Named> {
    let key = resource.key();
    if resource.scope == Scope::NoRows {
        // All that changes without being an object.
        return Ok(Named { label: "queue".into(), ..Named::default() });
    }
    let build = match key.as_str() {
        "build" => "t.label",
        "task" => "(SELECT label FROM build WHERE id = t.build_id)",
        _ => "''",
    };
    let sql = match (resource.scope, key.as_str()) {
        (Scope::Project, _) => format!(
            "SELECT t.label, p.id, p.label, {build} FROM \"{key}\" t \
             JOIN project p ON p.id = t.project_id WHERE t.id = ?1"
        ),
        (_, "project") => {
            "SELECT t.label, t.id, t.label, '' FROM project t WHERE t.id = ?1".to_owned()
        }
        _ => format!("SELECT t.label, NULL, '', '' FROM \"{key}\" t WHERE t.id = ?1"),
    };
    let found = tx
        .prepare_cached(&sql)?
        .query_row([id], |row| {
            Ok(Named {
                label: row.get(0)?,
                project: row.get(1)?,
                project_label: row.get(2)?,
                build_label: row.get(3)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Number of the newest event; 0 when nothing has happened yet.
///
/// # Errors
/// SQLite fails.
pub fn newest(db: &Connection) -> Done<i64> {
    Ok(db.query_row("SELECT coalesce(max(id), 0) FROM history", [], |row| row.get(0))?)
}

/// Most events of one piece of history.
const PIECE: i64 = 256;
/// How many events are looked at for one piece, by their numbers: all of them
/// may be what others only may know of.
const LOOKED_AT: i64 = 20_000;
/// Bytes after which a piece ends even so: each change may have long texts.
const BYTES: usize = 1 << 20;

/// A piece of history, as far as somebody may know of it.
#[derive(Debug, Default)]
pub struct Piece {
    /// What happened, in order.
    pub events: Vec<Happened>,
    /// Number of the last event that was looked at.
    pub last: i64,
    /// Whether there is more after that.
    pub more: bool,
}

/// What happened next after the event `last`.
///
/// # Errors
/// SQLite fails.
pub fn after(db: &Connection, last: i64, sight: Sight) -> Done<Piece> {
    let condition = match sight.of_project("project_id") {
        Some(condition) => format!(" AND (project_id IS NULL OR {condition})"),
        None => String::new(),
    };
    let sql = format!(
        "SELECT id, date, actor, verb, resource, object, label, project_id, project_label, \
         build_label, changes FROM history WHERE id > ?1 AND id <= ?2{condition} \
         ORDER BY id LIMIT ?3"
    );
    let newest = newest(db)?;
    let end = newest.min(last.saturating_add(LOOKED_AT));
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params![last, end, PIECE])?;
    let (mut events, mut bytes) = (Vec::new(), 0);
    while bytes <= BYTES
        && let Some(row) = rows.next()?
    {
        let changes: String = row.get(10)?;
        bytes += changes.len();
        let event = wire::Event {
            id: row.get(0)?,
            date: row.get(1)?,
            actor: row.get(2)?,
            verb: row.get(3)?,
            resource: row.get(4)?,
            object: row.get(5)?,
            label: row.get(6)?,
            project_label: row.get(8)?,
            build_label: row.get(9)?,
            changes: serde_json::from_str(&changes).unwrap_or_default(),
        };
        events.push(Happened { event, project: row.get(7)? });
    }
    let cut = bytes > BYTES || events.len() as i64 == PIECE;
    let last = events.last().filter(|_| cut).map_or(end, |happened| happened.event.id);
    Ok(Piece { events, last, more: last < newest })
}

/// Whether somebody with this sight may know of an event now.
///
/// # Errors
/// SQLite fails.
pub fn may_know(db: &Connection, happened: &Happened, sight: Sight) -> Done<bool> {
    let (Some(project), Some(condition)) = (happened.project, sight.of_project("?1")) else {
        return Ok(true);
    };
    let sql = format!("SELECT {condition}");
    Ok(db.prepare_cached(&sql)?.query_row([project], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::open;

    #[test]
    fn a_piece_of_history_ends_though_nothing_of_it_may_be_known() {
        let dir = tempfile::tempdir().unwrap();
        let (_lock, db) = open::open(dir.path()).unwrap();
        let many = 2 * LOOKED_AT + 10;
        db.execute_batch(&format!(
            "INSERT INTO project (label, create_date, update_date, restricted) VALUES ('p', '', '', 1);
             INSERT INTO history (date, actor, verb, resource, object, label, project_id, changes)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})
             SELECT '', '', 'update', 'build', 1, '', (SELECT id FROM project), '{{}}' FROM n;
             INSERT INTO history (date, actor, verb, resource, object, label, changes)
             VALUES ('', '', 'create', 'arch', 1, 'x', '{{}}');"
        ))
        .unwrap();
        let (mut last, mut pieces, mut labels) = (0, 0, Vec::new());
        loop {
            let piece = after(&db, last, Sight::Public).unwrap();
            labels.extend(piece.events.into_iter().map(|happened| happened.event.label));
            (last, pieces) = (piece.last, pieces + 1);
            if !piece.more {
                break;
            }
        }
        assert_eq!((last, pieces, labels), (many + 1, 3, vec!["x".to_owned()]));
        let first = after(&db, 0, Sight::All).unwrap();
        assert_eq!((first.events.len() as i64, first.last, first.more), (PIECE, PIECE, true));
    }
}
