//! Errands: work that others do for the hub, as rows. They are made in the
//! transaction of the change that causes them, and hooks of the regulator do
//! them.

mod claim;
mod effect;
mod end;
mod list;

use mf_core::errand::{NAME, State, Subject};
use mf_core::time;
use rusqlite::{OptionalExtension, params};
use serde_json::{Map, json};

use super::history::{self, Verb};
use super::{Done, Fault, Tx};

pub use claim::{check_nonce, claim};
pub use end::{check, end, lose, retry, subject};
pub use list::{Wanted, counts, list, troubles};

/// How long an errand that is over can still be seen, in seconds.
const KEPT: i64 = 30 * 24 * 60 * 60;
/// Most of them that are removed whenever another is made.
const SWEPT: i64 = 20;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// What it is about.
    pub subject: &'a Subject,
    /// Where it goes, such as `bug_handler:github`: what waits for one server
    /// waits together.
    pub lane: &'a str,
    /// The project that says who may know of it.
    pub project: Option<i64>,
    /// The build that it belongs to.
    pub build: Option<i64>,
    /// The tag that it belongs to.
    pub tag: Option<i64>,
}

/// Writes down an errand. One about the same that waits is that errand, and
/// waits no longer than the place where it goes; one that is running may have
/// missed what is wanted now, and is done once more.
///
/// # Errors
/// SQLite fails.
pub fn make(tx: &Tx<'_>, new: &New<'_>) -> Done<()> {
    let subject = text_of(new.subject)?;
    let sql = "SELECT id, state FROM errand WHERE subject = ?1 AND state IN ('waiting', 'running')";
    let open: Option<(i64, String)> = tx
        .prepare_cached(sql)?
        .query_row([&subject], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((id, state)) = open {
        if state == State::Running.name() {
            tx.prepare_cached("UPDATE errand SET again = 1 WHERE id = ?1")?.execute([id])?;
            return Ok(());
        }
        let sooner = "UPDATE errand SET next_try = ?2 WHERE id = ?1 AND next_try > ?2";
        return match tx.prepare_cached(sooner)?.execute(params![id, tx.now()])? {
            0 => Ok(()),
            _ => record(tx, id, Verb::Update),
        };
    }
    sweep(tx, &subject)?;
    let about = new.subject.to_string();
    tx.prepare_cached(
        "INSERT INTO errand (kind, subject, about, lane, project_id, build_id, tag_id, state, \
         create_date, next_try) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting', ?8, ?8)",
    )?
    .execute(params![
        new.subject.kind().name(),
        subject,
        about,
        new.lane,
        new.project,
        new.build,
        new.tag,
        tx.now()
    ])?;
    record(tx, tx.last_insert_rowid(), Verb::Create)
}

/// Nothing is to be done about a subject any more.
///
/// # Errors
/// SQLite fails.
pub fn forget(tx: &Tx<'_>, subject: &Subject) -> Done<()> {
    let text = text_of(subject)?;
    tx.prepare_cached("DELETE FROM errand WHERE subject = ?1")?.execute([text])?;
    Ok(())
}

/// The one text of a subject: by it errands about the same are found.
fn text_of(subject: &Subject) -> Done<String> {
    serde_json::to_string(subject).map_err(|error| Fault::Broken(format!("{subject}: {error}")))
}

/// Removes what was about the same and is over, and some of what is old.
fn sweep(tx: &Tx<'_>, subject: &str) -> Done<()> {
    tx.prepare_cached("DELETE FROM errand WHERE subject = ?1 AND end_date <> ''")?
        .execute([subject])?;
    let sql = "DELETE FROM errand WHERE id IN \
               (SELECT id FROM errand WHERE end_date > '' AND end_date < ?1 LIMIT ?2)";
    if let Some(old) = time::in_seconds(-KEPT) {
        tx.prepare_cached(sql)?.execute(params![old, SWEPT])?;
    }
    Ok(())
}

/// Tells watchers of an errand, above all the hook that does its kind.
fn record(tx: &Tx<'_>, id: i64, verb: Verb) -> Done<()> {
    let sql = "SELECT e.kind, e.about, e.state, e.message, e.next_try, e.project_id, \
               coalesce(p.label, ''), coalesce(b.label, '') FROM errand e \
               LEFT JOIN project p ON p.id = e.project_id LEFT JOIN build b ON b.id = e.build_id \
               WHERE e.id = ?1";
    let (object, changes) = tx.prepare_cached(sql)?.query_row([id], |row| {
        let text = |column: usize| row.get::<_, String>(column);
        let mut changes = Map::new();
        for (column, name) in ["kind", "about", "state", "message", "next_try"].iter().enumerate() {
            changes.insert((*name).to_owned(), json!(text(column)?));
        }
        let object = history::Named {
            label: text(1)?,
            project: row.get(5)?,
            project_label: text(6)?,
            build_label: text(7)?,
        };
        Ok((object, changes))
    })?;
    history::record_as(tx, verb, NAME, id, object, &Map::new(), changes)
}
