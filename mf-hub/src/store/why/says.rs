//! What one system says of a task that waits, with the names of things.

use mf_core::resource::TASK;
use rusqlite::{Connection, OptionalExtension};

use super::SystemSays;
use super::advice::advice;
use crate::dispatch::{Answer, Facts, Reason, Says};
use crate::store::select::Sight;
use crate::store::{Done, drain};

/// Puts names to what a system says.
pub(super) fn named(
    db: &Connection,
    answer: &Answer,
    facts: &Facts,
    sight: Sight,
) -> Done<SystemSays> {
    let sql = "SELECT label, last_seen FROM system WHERE id = ?1";
    let found = db
        .prepare_cached(sql)?
        .query_row([answer.system], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (system, last_seen) = found.unwrap_or_default();
    let mut said = SystemSays { system, last_seen, asks: answer.asks, ..SystemSays::default() };
    let (says, reasons): (_, &[Reason]) = match &answer.says {
        Says::Next => ("next", &[]),
        Says::Behind(ahead) => {
            said.ahead = *ahead;
            ("behind", &[])
        }
        Says::Kept(task) => {
            said.ahead = 1;
            said.tasks = labels(db, &[*task], sight)?;
            ("kept", &[])
        }
        Says::Busy { reason, tasks, keeps } => {
            said.keeps_room = *keeps;
            said.tasks = labels(db, tasks, sight)?;
            let held = matches!(reason, Reason::SourceNameBusy(_) | Reason::OnePerSystem);
            (if held { "held" } else { "busy" }, std::slice::from_ref(reason))
        }
        Says::Never(reasons) => ("never", reasons),
    };
    said.says = says.to_owned();
    for reason in reasons {
        said.reasons.push(told(db, answer.system, reason)?);
        said.advice.extend(advice(db, reason, &said.system, facts)?);
    }
    Ok(said)
}

/// A reason in words, with who is behind it.
fn told(db: &Connection, system: i64, reason: &Reason) -> Done<String> {
    let drained = if *reason == Reason::SystemDisabled { drain::of(db, system)? } else { None };
    Ok(drained.map_or_else(|| reason.to_string(), |pause| format!("{reason} {pause}")))
}

/// Label of a system; empty when it is no more.
pub(super) fn label(db: &Connection, system: i64) -> Done<String> {
    let sql = "SELECT label FROM system WHERE id = ?1";
    Ok(db
        .prepare_cached(sql)?
        .query_row([system], |row| row.get(0))
        .optional()?
        .unwrap_or_default())
}

/// Labels of the tasks that somebody with this sight may know of.
fn labels(db: &Connection, tasks: &[i64], sight: Sight) -> Done<Vec<String>> {
    let condition = sight.condition(&TASK).unwrap_or_else(|| "1".into());
    let sql = format!("SELECT t.label FROM task t WHERE t.id = ?1 AND {condition}");
    let mut statement = db.prepare_cached(&sql)?;
    let mut labels = Vec::new();
    for task in tasks {
        labels.extend(statement.query_row([task], |row| row.get(0)).optional()?);
    }
    Ok(labels)
}
