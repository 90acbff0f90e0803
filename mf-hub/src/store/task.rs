//! A task moves: the only place where its status changes, and its build's.

use mf_core::error::Code;
use mf_core::resource::{BUILD, TASK};
use mf_core::task::{Event, State, of_build};
use rusqlite::{OptionalExtension, ToSql};

use super::{Done, Fault, Tx, edit, pre_tag, ready};

/// Moves a task, and its build with it: rows, history, events, dispatch.
/// `also` are further columns of the task that change with it.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::IllegalMove`] with the state as it is.
pub fn apply(
    tx: &Tx<'_>,
    id: i64,
    event: Event,
    also: &[(&str, &dyn ToSql)],
) -> Done<State> {
    let state = step(tx, id, event, also)?;
    let build = tx
        .prepare_cached("SELECT build_id FROM task WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    settle(tx, build)?;
    Ok(state)
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
    ready::follow(tx, id)?;
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
