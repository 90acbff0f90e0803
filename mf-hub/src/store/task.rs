//! A task moves: the only place where its status changes, and its build's.

use std::collections::HashSet;

use mf_core::error::Code;
use mf_core::resource::{BUILD, TASK};
use mf_core::task::{Event, State, of_build};
use mf_core::wire::Held;
use rusqlite::{Connection, OptionalExtension, ToSql};

use super::select::Sight;
use super::{Done, Fault, Tx, attempt, edit, pre_tag, ready};

/// Moves a task, and its build with it: rows, history, events, dispatch.
/// `also` are further columns of the task that change with it.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::IllegalMove`] with the state as it is.
pub fn apply(tx: &Tx<'_>, id: i64, event: Event, also: &[(&str, &dyn ToSql)]) -> Done<State> {
    let state = step(tx, id, event, also)?;
    settle(tx, build_of(tx, id)?)?;
    Ok(state)
}

fn build_of(tx: &Tx<'_>, id: i64) -> Done<i64> {
    let sql = "SELECT build_id FROM task WHERE id = ?1";
    Ok(tx.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)
}

/// Stops a task: what waits is cancelled at once, what a worker holds when
/// that says that nothing is left. Said again it changes nothing.
///
/// # Errors
/// As [`apply`].
pub fn cancel(tx: &Tx<'_>, id: i64) -> Done<()> {
    if state(tx, id)? == State::Cancelling {
        return Ok(());
    }
    apply(tx, id, Event::Cancel, &[("message", &cancelled_by(tx))])?;
    Ok(())
}

/// Stops every task of a build that has not ended.
///
/// # Errors
/// [`Code::IllegalMove`] when the build has ended.
pub fn cancel_build(tx: &Tx<'_>, build: i64) -> Done<()> {
    let all = states(tx, build)?;
    let status = of_build(all.iter().map(|(_, state)| *state));
    if status.ended() {
        let told = format!("a build that is {status} cannot be cancelled");
        return Err(Fault::told(Code::IllegalMove, told));
    }
    let message = cancelled_by(tx);
    for (task, state) in all {
        if !state.ended() && state != State::Cancelling {
            step(tx, task, Event::Cancel, &[("message", &message)])?;
        }
    }
    settle(tx, build)
}

/// Lets a task be built once more; what its last attempt left stays. Workers
/// that it lost before no longer count.
///
/// # Errors
/// As [`apply`].
pub fn retry(tx: &Tx<'_>, id: i64) -> Done<()> {
    retry_alone(tx, id)?;
    settle(tx, build_of(tx, id)?)
}

/// The same of every task of a build that ended and is not built.
///
/// # Errors
/// [`Code::IllegalMove`] when there is none.
pub fn retry_build(tx: &Tx<'_>, build: i64) -> Done<()> {
    let all = states(tx, build)?;
    let again = |state: &State| state.on(Event::Retry).is_ok();
    if !all.iter().any(|(_, state)| again(state)) {
        let status = of_build(all.into_iter().map(|(_, state)| state));
        let told =
            format!("a build that is {status} cannot be retried: none of its tasks has failed");
        return Err(Fault::told(Code::IllegalMove, told));
    }
    for (task, _) in all.iter().filter(|(_, state)| again(state)) {
        retry_alone(tx, *task)?;
    }
    settle(tx, build)
}

/// Lets what waits of a build go before others, or after them.
///
/// # Errors
/// [`Code::IllegalMove`] when the build has ended: nothing of it waits.
pub fn prioritize(tx: &Tx<'_>, build: i64, priority: i64) -> Done<()> {
    let status = of_build(states(tx, build)?.into_iter().map(|(_, state)| state));
    if status.ended() {
        let told = format!("a build that is {status} has no turn: nothing of it waits");
        return Err(Fault::told(Code::IllegalMove, told));
    }
    edit::update_columns(tx, &BUILD, build, &[("priority", &priority)])?;
    ready::follow_of(tx, "b.id", build)
}

fn retry_alone(tx: &Tx<'_>, id: i64) -> Done<State> {
    let message = format!("retried by {}", tx.actor());
    let state = step(tx, id, Event::Retry, &[("message", &message), ("end_date", &"")])?;
    attempt::forgive(tx, id)?;
    Ok(state)
}

fn cancelled_by(tx: &Tx<'_>) -> String {
    format!("cancelled by {}", tx.actor())
}

/// The state of a task.
///
/// # Errors
/// [`Code::NotFound`].
pub fn state(tx: &Tx<'_>, id: i64) -> Done<State> {
    let status: Option<String> = tx
        .prepare_cached("SELECT status FROM task WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let none = || Fault::told(Code::NotFound, format!("there is no task with the id {id}"));
    ready::named(&status.ok_or_else(none)?)
}

/// A task's last attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// It; its number is 0 when there was none yet.
    pub held: Held,
    /// Whether the task waits for the next one.
    pub waits: bool,
}

/// The last attempt of a task.
///
/// # Errors
/// SQLite fails.
pub fn last(db: &Connection, id: i64) -> Done<Last> {
    let sql = "SELECT attempt, status FROM task WHERE id = ?1";
    let (attempt, status): (i64, String) =
        db.prepare_cached(sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let state = ready::named(&status)?;
    Ok(Last { held: Held { task: id, attempt }, waits: !state.held() && !state.ended() })
}

/// Whether an attempt has ended, or will never begin.
///
/// # Errors
/// SQLite fails.
pub fn is_over(db: &Connection, of: Held) -> Done<bool> {
    let sql = "SELECT end_date <> '' FROM attempt WHERE task_id = ?1 AND number = ?2";
    let ended = db.prepare_cached(sql)?.query_row([of.task, of.attempt], |row| row.get(0));
    if let Some(ended) = ended.optional()? {
        return Ok(ended);
    }
    let sql = "SELECT status FROM task WHERE id = ?1";
    let status: Option<String> =
        db.prepare_cached(sql)?.query_row([of.task], |row| row.get(0)).optional()?;
    status.map_or(Ok(true), |status| Ok(ready::named(&status)?.ended()))
}

/// The largest number that a task ever had, and those of all that there are.
///
/// # Errors
/// SQLite fails.
pub fn all(db: &Connection) -> Done<(i64, HashSet<i64>)> {
    let newest = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'task'";
    let newest = db.query_row(newest, [], |row| row.get(0))?;
    let mut statement = db.prepare("SELECT id FROM task")?;
    let ids = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok((newest, ids))
}

/// Whether somebody may know of a task.
///
/// # Errors
/// SQLite fails.
pub fn may_know(db: &Connection, id: i64, sight: Sight) -> Done<bool> {
    let condition = sight.condition(&TASK).unwrap_or_else(|| "1".into());
    let sql = format!("SELECT EXISTS (SELECT 1 FROM task t WHERE t.id = ?1 AND {condition})");
    Ok(db.prepare_cached(&sql)?.query_row([id], |row| row.get(0))?)
}

/// Moves a task alone.
fn step(tx: &Tx<'_>, id: i64, event: Event, also: &[(&str, &dyn ToSql)]) -> Done<State> {
    let state = state(tx, id)?;
    let next =
        state.on(event).map_err(|illegal| Fault::told(Code::IllegalMove, illegal.to_string()))?;
    let (name, now) = (next.name(), tx.now());
    let mut columns: Vec<(&str, &dyn ToSql)> = vec![("status", &name)];
    if next.ended() {
        columns.push(("end_date", &now));
    }
    columns.extend_from_slice(also);
    edit::update_columns(tx, &TASK, id, &columns)?;
    if next.ended() {
        // Dispatch needs to know no more of it.
        tx.then(move |dispatch| dispatch.forget(id));
    } else {
        ready::follow(tx, id)?;
    }
    Ok(next)
}

/// Brings a build's status to what its tasks make of it, and tags it in the
/// same transaction that makes it a success.
fn settle(tx: &Tx<'_>, build: i64) -> Done<()> {
    let next = of_build(states(tx, build)?.into_iter().map(|(_, state)| state));
    let old: String = tx
        .prepare_cached("SELECT status FROM build WHERE id = ?1")?
        .query_row([build], |row| row.get(0))?;
    if next.name() == old {
        return Ok(());
    }
    edit::update_columns(tx, &BUILD, build, &[("status", &next.name())])?;
    if next == State::BuildSuccess {
        pre_tag::apply(tx, build)?;
    }
    Ok(())
}

fn states(tx: &Tx<'_>, build: i64) -> Done<Vec<(i64, State)>> {
    let mut statement = tx.prepare_cached("SELECT id, status FROM task WHERE build_id = ?1")?;
    let rows = statement.query_map([build], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| row.map_err(Fault::from).and_then(|(id, name)| Ok((id, ready::named(&name)?))))
        .collect()
}
