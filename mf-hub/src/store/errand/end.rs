//! An attempt at an errand ends: what follows from it, and when it is tried
//! again.

use mf_core::errand::{Ended, ErrandLease, State, Subject, pause};
use mf_core::error::Code;
use mf_core::resource::common::LONG;
use mf_core::time;
use rusqlite::{Connection, OptionalExtension, params};
use subtle::ConstantTimeEq;

use super::super::history::Verb;
use super::effect;
use super::record;
use crate::store::{Done, Fault, Tx, attempt};

/// The longest that a server may make an errand wait, in seconds: a week.
const LONGEST: i64 = 7 * 24 * 60 * 60;

/// How an attempt ended whose hook has died; no hook says this.
const LOST: &str = "lost";

/// An errand's row, as far as its end goes.
pub(super) struct Row {
    id: i64,
    subject: String,
    lane: String,
    state: String,
    attempt: i64,
    token_hash: Vec<u8>,
    ended: String,
    failures: i64,
    again: bool,
}

impl Row {
    /// What it is about.
    pub(super) fn subject(&self) -> Done<Subject> {
        serde_json::from_str(&self.subject)
            .map_err(|error| Fault::Broken(format!("errand {}: {error}", self.id)))
    }
}

/// The row of an errand that there is.
pub(super) fn row(db: &Connection, id: i64) -> Done<Row> {
    find(db, id)?.ok_or_else(|| Fault::Broken(format!("errand {id} is gone")))
}

fn find(db: &Connection, id: i64) -> Done<Option<Row>> {
    let sql = "SELECT id, subject, lane, state, attempt, token_hash, ended, failures, again \
               FROM errand WHERE id = ?1";
    let found = db.prepare_cached(sql)?.query_row([id], |row| {
        Ok(Row {
            id: row.get(0)?,
            subject: row.get(1)?,
            lane: row.get(2)?,
            state: row.get(3)?,
            attempt: row.get(4)?,
            token_hash: row.get(5)?,
            ended: row.get(6)?,
            failures: row.get(7)?,
            again: row.get(8)?,
        })
    });
    Ok(found.optional()?)
}

/// Checks that a hook still has the lease of what it does.
///
/// # Errors
/// [`Code::StaleAttempt`].
pub fn check(db: &Connection, lease: &ErrandLease) -> Done<()> {
    if of(db, lease)?.state != State::Running.name() {
        return Err(stale(lease));
    }
    Ok(())
}

/// What the attempt of a lease is about, as long as it goes on.
///
/// # Errors
/// [`Code::StaleAttempt`].
pub fn subject(db: &Connection, lease: &ErrandLease) -> Done<Option<Subject>> {
    let row = of(db, lease)?;
    let goes_on = row.state == State::Running.name();
    goes_on.then(|| row.subject()).transpose()
}

/// The errand whose last attempt this is, whether it goes on or not.
fn of(db: &Connection, lease: &ErrandLease) -> Done<Row> {
    let row = find(db, lease.errand)?.ok_or_else(|| stale(lease))?;
    let same = bool::from(row.token_hash.ct_eq(&attempt::hash(&lease.token)));
    if !same || row.attempt != lease.attempt {
        return Err(stale(lease));
    }
    Ok(row)
}

fn stale(lease: &ErrandLease) -> Fault {
    let told = format!(
        "attempt {} at errand {} is no longer this hook's; leave it",
        lease.attempt, lease.errand
    );
    Fault::told(Code::StaleAttempt, told)
}

/// Ends an attempt as its hook says. Said again it changes nothing.
///
/// # Errors
/// As [`check`].
pub fn end(tx: &Tx<'_>, lease: &ErrandLease, ended: &Ended) -> Done<()> {
    let row = of(tx, lease)?;
    if row.ended == ended.name() {
        return Ok(());
    }
    if row.state != State::Running.name() {
        return Err(stale(lease));
    }
    settle(tx, row.id, ended)
}

/// Writes down how the attempt that goes on has ended, and all that follows.
pub(super) fn settle(tx: &Tx<'_>, id: i64, ended: &Ended) -> Done<()> {
    let row = row(tx, id)?;
    let subject = row.subject()?;
    match ended {
        Ended::Done(done) => {
            effect::done(tx, &subject, done.found.as_ref())?;
            open_lane(tx, &row.lane)?;
            if row.again {
                wait(tx, &row, ended.name(), 0, 0, "")?;
            } else {
                over(tx, &row, ended, State::Done, "")?;
            }
        }
        Ended::Later { why, seconds, all } => {
            let failures = row.failures.saturating_add(1);
            let seconds = (*seconds).clamp(0, LONGEST).max(pause(failures));
            let why = sentence(why);
            effect::later(tx, &subject, &why)?;
            if *all {
                close_lane(tx, &row.lane, seconds)?;
            }
            wait(tx, &row, ended.name(), failures, seconds, &why)?;
        }
        Ended::Refused { why } => {
            let why = sentence(why);
            effect::refused(tx, &subject, &why)?;
            if row.again {
                wait(tx, &row, ended.name(), 0, 0, &why)?;
            } else {
                over(tx, &row, ended, State::Refused, &why)?;
            }
        }
    }
    record(tx, id, Verb::Update)
}

/// One line, cut to a length that can be stored.
fn sentence(why: &str) -> String {
    attempt::cut(&why.replace(char::is_control, " "), LONG)
}

/// Lets the attempt of a hook that has died be followed by another: the first
/// time at once, then after a pause, since the errand may be what kills its
/// hooks. Nothing happens if the attempt has ended meanwhile.
///
/// # Errors
/// SQLite fails.
pub fn lose(tx: &Tx<'_>, lease: &ErrandLease) -> Done<()> {
    let goes_on = |row: &Row| row.attempt == lease.attempt && row.state == State::Running.name();
    let Some(row) = find(tx, lease.errand)?.filter(goes_on) else { return Ok(()) };
    let seconds = if row.failures == 0 { 0 } else { pause(row.failures) };
    let failures = row.failures.saturating_add(1);
    wait(tx, &row, LOST, failures, seconds, "its hook ended without a report")?;
    record(tx, row.id, Verb::Update)
}

fn wait(tx: &Tx<'_>, row: &Row, ended: &str, failures: i64, seconds: i64, why: &str) -> Done<()> {
    let next = time::in_seconds(seconds).unwrap_or_else(time::now);
    tx.prepare_cached(
        "UPDATE errand SET state = 'waiting', ended = ?2, failures = ?3, next_try = ?4, \
         message = ?5, again = 0 WHERE id = ?1",
    )?
    .execute(params![row.id, ended, failures, next, why])?;
    Ok(())
}

fn over(tx: &Tx<'_>, row: &Row, ended: &Ended, state: State, why: &str) -> Done<()> {
    tx.prepare_cached(
        "UPDATE errand SET state = ?2, ended = ?3, failures = 0, next_try = '', end_date = ?4, \
         message = ?5 WHERE id = ?1",
    )?
    .execute(params![row.id, state.name(), ended.name(), tx.now(), why])?;
    Ok(())
}

/// No errand goes to that place for so many seconds.
fn close_lane(tx: &Tx<'_>, lane: &str, seconds: i64) -> Done<()> {
    let Some(until) = time::in_seconds(seconds) else { return Ok(()) };
    tx.prepare_cached(
        "INSERT INTO errand_lane (lane, not_before) VALUES (?1, ?2) \
         ON CONFLICT (lane) DO UPDATE SET not_before = excluded.not_before",
    )?
    .execute([lane, &until])?;
    Ok(())
}

/// An errand to that place has succeeded.
fn open_lane(tx: &Tx<'_>, lane: &str) -> Done<()> {
    tx.prepare_cached("DELETE FROM errand_lane WHERE lane = ?1")?.execute([lane])?;
    Ok(())
}

/// Lets an errand be tried at once: one that was refused as well as one that
/// waits, and all else that waits for the same place may go there again.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::IllegalMove`] for one that is being done or was.
pub fn retry(tx: &Tx<'_>, id: i64) -> Done<()> {
    let none = || Fault::told(Code::NotFound, format!("there is no errand {id}"));
    let row = find(tx, id)?.ok_or_else(none)?;
    let state = State::named(&row.state);
    if !matches!(state, Some(State::Waiting | State::Refused)) {
        let told = format!("errand {id} is {}: only one that waits or was refused is", row.state);
        return Err(Fault::told(Code::IllegalMove, format!("{told} tried again")));
    }
    let same = "SELECT EXISTS (SELECT 1 FROM errand WHERE subject = ?1 AND id <> ?2 \
                AND state IN ('waiting', 'running'))";
    if tx.prepare_cached(same)?.query_row(params![row.subject, id], |row| row.get(0))? {
        let told = format!("errand {id} has been made anew since, and is on its way");
        return Err(Fault::told(Code::IllegalMove, told));
    }
    open_lane(tx, &row.lane)?;
    tx.prepare_cached(
        "UPDATE errand SET state = 'waiting', next_try = ?2, end_date = '' WHERE id = ?1",
    )?
    .execute(params![id, tx.now()])?;
    record(tx, id, Verb::Update)
}
