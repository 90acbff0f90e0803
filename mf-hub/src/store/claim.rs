//! A worker claims a task. The index in memory proposes it; the row decides.

use mf_core::error::{Code, Error};
use mf_core::task::{Event, State};
use mf_core::wire::{BUILD_LOG, Claim, Held};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Done, Tx, attempt, file, job, key, queue, ready, task};
use crate::files::{Secret, fs_path};

/// Longest nonce, in bytes.
const NONCE_LIMIT: usize = 200;

/// Checks what a worker calls its claim.
///
/// # Errors
/// [`Code::InvalidValue`].
pub fn check_nonce(nonce: &str) -> Result<(), Error> {
    if nonce.is_empty() || nonce.len() > NONCE_LIMIT {
        let told =
            format!("nonce takes 1 to {NONCE_LIMIT} bytes of random text, new for each task");
        return Err(Error::new(Code::InvalidValue, told));
    }
    Ok(())
}

/// What a claim of that nonce has already given, as long as it goes on.
///
/// # Errors
/// SQLite fails.
pub fn again(db: &Connection, system: i64, nonce: &str, secret: &Secret) -> Done<Option<Claim>> {
    let sql = "SELECT task_id, number FROM attempt \
               WHERE system_id = ?1 AND nonce = ?2 AND end_date = ''";
    let found = db
        .prepare_cached(sql)?
        .query_row(params![system, nonce], |row| {
            Ok(Held { task: row.get(0)?, attempt: row.get(1)? })
        })
        .optional()?;
    let Some(held) = found else { return Ok(None) };
    let sql = "SELECT stage FROM task WHERE id = ?1";
    let stage = db.prepare_cached(sql)?.query_row([held.task], |row| row.get(0))?;
    let job = job::of(db, held.task, secret)?;
    let token = token(secret, held, nonce);
    Ok(Some(Claim { task_id: held.task, attempt: held.attempt, token, stage, job }))
}

/// Claims a task for a system; `None` when somebody else was first, and
/// dispatch then follows what the row says; or when the queue was paused or the
/// system drained meanwhile.
///
/// # Errors
/// [`Code::Unauthorized`] when its key is no key any more.
pub fn claim(
    tx: &Tx<'_>,
    system: i64,
    id: i64,
    nonce: &str,
    secret: &Secret,
) -> Done<Option<Claim>> {
    // The same claim may have come twice and both be on their way.
    if let Some(claim) = again(tx, system, nonce, secret)? {
        return Ok(Some(claim));
    }
    let found = tx
        .prepare_cached("SELECT status, attempt FROM task WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
        .optional()?;
    let state = found.as_ref().map(|(status, _)| ready::named(status)).transpose()?;
    let (Some(State::Queued), Some((_, before))) = (state, found) else {
        ready::follow(tx, id)?;
        return Ok(None);
    };
    // It waited for this with a key that may have been revoked since.
    key::check(tx, tx.key())?;
    // It was chosen a moment ago, and this may have been told since.
    if !queue::gives(tx, system)? {
        return Ok(None);
    }
    let held = Held { task: id, attempt: before + 1 };
    let token = token(secret, held, nonce);
    let job = job::of(tx, id, secret)?;
    attempt::open(tx, held, &attempt::New { system, token: &token, nonce, job: &job })?;
    // Its log and first stage are known by now: written down with the claim,
    // they need no commit of their own.
    file::name_log(tx, held, BUILD_LOG)?;
    let (stage, plugins) = (job.first_stage(), job.plugins());
    let (now, empty, path) = (tx.now(), "", fs_path(held));
    task::apply(
        tx,
        id,
        Event::Claim,
        &[
            ("system_id", &system),
            ("attempt", &held.attempt),
            ("start_date", &now),
            ("end_date", &empty),
            ("stage", &stage),
            ("message", &empty),
            ("revision", &empty),
            ("plugins", &plugins),
            ("isolation", &empty),
            ("fs_path", &path),
        ],
    )?;
    let stage = stage.to_owned();
    Ok(Some(Claim { task_id: id, attempt: held.attempt, token, stage, job }))
}

/// The token follows from what only the hub and this worker know, so that the
/// same claim gives the same one, even after a restart, and none is stored.
fn token(secret: &Secret, held: Held, nonce: &str) -> String {
    secret.sign(&["lease", &held.task.to_string(), &held.attempt.to_string(), nonce])
}
