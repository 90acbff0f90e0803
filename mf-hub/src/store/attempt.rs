//! Attempts: who may write for one, and how it ends.

use std::time::Duration;

use mf_core::error::Code;
use mf_core::resource::common::{LONG, SHORT};
use mf_core::task::{ATTEMPT_LIMIT, Event, Lease, State};
use mf_core::wire::{Complete, Held, Job, Outcome};
use rusqlite::{Connection, OptionalExtension, ToSql, params};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Done, Fault, Tx, quarantine, ready, task};
use crate::dispatch::Silence;

/// How an attempt ended whose worker was lost.
const LOST: &str = "lost";
/// The same, of an attempt before its task was retried: it no longer counts.
const FORGIVEN: &str = "forgiven";

/// Hash of a token, as it is stored.
pub fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// An attempt that begins.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// Whose it is.
    pub system: i64,
    /// What its writes are known by.
    pub token: &'a str,
    /// What its worker calls the claim.
    pub nonce: &'a str,
    /// What it is given: of the crashes of these plugins it is believed.
    pub job: &'a Job,
}

/// Begins an attempt.
///
/// # Errors
/// SQLite fails.
pub fn open(tx: &Tx<'_>, held: Held, new: &New<'_>) -> Done<()> {
    tx.prepare_cached(
        "INSERT INTO attempt (task_id, number, system_id, token_hash, nonce, start_date, \
         build_digest, vcs_digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        held.task,
        held.attempt,
        new.system,
        hash(new.token),
        new.nonce,
        tx.now(),
        new.job.build_handler.digest,
        new.job.vcs_handler.digest
    ])?;
    Ok(())
}

/// Checks that a worker's write is for an attempt that goes on and is its.
///
/// # Errors
/// [`Code::Forbidden`] for another system's, [`Code::StaleAttempt`] for one
/// that is over or never was.
pub fn check(db: &Connection, system: i64, lease: &Lease) -> Done<Held> {
    match of(db, system, lease)?.as_str() {
        "" => Ok(Held { task: lease.task, attempt: lease.attempt }),
        _ => Err(stale(lease)),
    }
}

/// How an attempt of this system ended; empty while it goes on.
fn of(db: &Connection, system: i64, lease: &Lease) -> Done<String> {
    let found = db
        .prepare_cached(
            "SELECT system_id, token_hash, outcome FROM attempt \
             WHERE task_id = ?1 AND number = ?2",
        )?
        .query_row([lease.task, lease.attempt], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?))
        })
        .optional()?;
    match found {
        Some((Some(owner), _, _)) if owner != system => {
            let told = format!(
                "attempt {} of task {} was claimed by another system",
                lease.attempt, lease.task
            );
            Err(Fault::told(Code::Forbidden, told))
        }
        Some((_, stored, outcome)) if bool::from(stored.ct_eq(&hash(&lease.token))) => Ok(outcome),
        _ => Err(stale(lease)),
    }
}

fn stale(lease: &Lease) -> Fault {
    let told = format!(
        "attempt {} of task {} is no longer this worker's; stop that build",
        lease.attempt, lease.task
    );
    Fault::told(Code::StaleAttempt, told)
}

/// Attempts that a system has not ended.
///
/// # Errors
/// SQLite fails.
pub fn of_system(db: &Connection, system: i64) -> Done<Vec<Held>> {
    let sql = "SELECT task_id, number FROM attempt WHERE system_id = ?1 AND end_date = ''";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement
        .query_map([system], |row| Ok(Held { task: row.get(0)?, attempt: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether an attempt goes on.
fn is_open(db: &Connection, held: Held) -> Done<bool> {
    let sql = "SELECT end_date = '' FROM attempt WHERE task_id = ?1 AND number = ?2";
    let open = db.prepare_cached(sql)?.query_row([held.task, held.attempt], |row| row.get(0));
    Ok(open.optional()?.unwrap_or(false))
}

fn close(tx: &Tx<'_>, held: Held, outcome: &str) -> Done<()> {
    tx.prepare_cached(
        "UPDATE attempt SET end_date = ?3, outcome = ?4 WHERE task_id = ?1 AND number = ?2",
    )?
    .execute(params![held.task, held.attempt, tx.now(), outcome])?;
    Ok(())
}

/// Ends an attempt as its worker says. Said again it changes nothing.
///
/// # Errors
/// As [`check`]; [`Code::IllegalMove`] when the worker says that it was
/// stopped, and nobody told it to.
pub fn complete(tx: &Tx<'_>, system: i64, lease: &Lease, said: &Complete) -> Done<()> {
    let (outcome, event) = match said.outcome {
        Outcome::Success => ("success", Event::Succeed),
        Outcome::Failure => ("failure", Event::Fail),
        Outcome::Stopped => ("stopped", Event::HandBack),
        Outcome::HandedBack => ("handed_back", Event::HandBack),
    };
    let before = of(tx, system, lease)?;
    if before == outcome {
        return Ok(());
    }
    if !before.is_empty() {
        return Err(stale(lease));
    }
    let held = Held { task: lease.task, attempt: lease.attempt };
    let state = task::state(tx, held.task)?;
    if said.outcome == Outcome::Stopped && state != State::Cancelling {
        let told = format!("task {} was not to be stopped; it is {state}", held.task);
        return Err(Fault::told(Code::IllegalMove, told));
    }
    close(tx, held, outcome)?;
    if said.outcome == Outcome::Success {
        quarantine::worked(tx, held)?;
    }
    if let Some(crash) = &said.crash {
        quarantine::crashed_in_call(tx, held, crash)?;
    }
    let (message, isolation) = (cut(&said.message, LONG), cut(&said.isolation, SHORT));
    let mut also: Vec<(&str, &dyn ToSql)> = vec![("stage", &"")];
    if !isolation.is_empty() {
        also.push(("isolation", &isolation));
    }
    // Who cancelled it is worth more than how its worker ended it.
    if state != State::Cancelling {
        also.push(("message", &message));
    }
    task::apply(tx, held.task, event, &also)?;
    Ok(())
}

/// Ends an attempt whose worker is gone: its task is queued again, or `Lost`
/// after too many of them. One that has ended meanwhile stays as it is;
/// whether it had not.
///
/// # Errors
/// SQLite fails.
pub fn lose(tx: &Tx<'_>, held: Held, why: &str) -> Done<bool> {
    if !is_open(tx, held)? {
        ready::follow(tx, held.task)?;
        return Ok(false);
    }
    close(tx, held, LOST)?;
    let lost: i64 = tx
        .prepare_cached("SELECT count(*) FROM attempt WHERE task_id = ?1 AND outcome = ?2")?
        .query_row(params![held.task, LOST], |row| row.get(0))?;
    let state = task::state(tx, held.task)?;
    if state == State::Cancelling {
        task::apply(tx, held.task, Event::LoseWorker, &[("stage", &"")])?;
    } else if lost < ATTEMPT_LIMIT {
        let message = format!("attempt {}: {why}; queued again", held.attempt);
        task::apply(tx, held.task, Event::LoseWorker, &[("stage", &""), ("message", &message)])?;
    } else {
        let message = format!(
            "attempt {}: {why}; it lost its worker {lost} times, so that it may be what kills them",
            held.attempt
        );
        task::apply(tx, held.task, Event::GiveUp, &[("stage", &""), ("message", &message)])?;
    }
    Ok(true)
}

/// Lets the workers that a task has lost so far no longer count.
///
/// # Errors
/// SQLite fails.
pub fn forgive(tx: &Tx<'_>, task: i64) -> Done<()> {
    tx.prepare_cached("UPDATE attempt SET outcome = ?2 WHERE task_id = ?1 AND outcome = ?3")?
        .execute(params![task, FORGIVEN, LOST])?;
    Ok(())
}

/// Ends an attempt whose lease is over. What its host may still be building
/// keeps its place there.
///
/// # Errors
/// SQLite fails.
pub fn expire(tx: &Tx<'_>, held: Held, silence: Silence, lease: Duration) -> Done<bool> {
    tx.then(move |dispatch| dispatch.lose(held));
    match silence {
        Silence::Lease => {
            lose(tx, held, &format!("its worker was silent for {} s", lease.as_secs()))
        }
        Silence::HungUp => lose(tx, held, "its worker hung up and did not come back"),
    }
}

/// At most `limit` bytes of a text, and whole characters.
pub fn cut(text: &str, limit: usize) -> String {
    let end = text.floor_char_boundary(limit.min(text.len()));
    text[..end].replace('\0', "\u{fffd}")
}
