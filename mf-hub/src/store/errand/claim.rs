//! A hook of the regulator claims an errand.

use mf_core::errand::{ClaimErrand, ErrandClaim, ErrandLease, State, Work};
use mf_core::error::Error;
use mf_core::time;
use rusqlite::{Connection, OptionalExtension, params};

use super::{effect, end};
use crate::errand::Leases;
use crate::files::Secret;
use crate::store::{Done, Fault, Tx, attempt, claim as task_claim};

/// Most errands that one claim looks at: some cannot be done as things are,
/// and are put off.
const LOOKS: usize = 100;

/// Checks what a hook calls its claim.
///
/// # Errors
/// [`mf_core::error::Code::InvalidValue`].
pub fn check_nonce(said: &ClaimErrand) -> Result<(), Error> {
    task_claim::check_nonce(&said.nonce)
}

/// Claims the errand that has been due longest; `None` when there is none.
/// One whose hook was not heard of for a whole lease is claimed anew.
///
/// # Errors
/// SQLite fails.
pub fn claim(
    tx: &Tx<'_>,
    said: &ClaimErrand,
    leases: &Leases,
    secret: &Secret,
) -> Done<Option<ErrandClaim>> {
    if let Some(id) = claimed(tx, &said.nonce)? {
        let subject = end::row(tx, id)?.subject()?;
        return match effect::work(tx, &subject)? {
            Ok(work) => Ok(Some(whole(tx, id, work, said, leases, secret)?)),
            Err(_) => Ok(None),
        };
    }
    for _ in 0..LOOKS {
        let Some(id) = next(tx, said, leases)? else { return Ok(None) };
        let subject = end::row(tx, id)?.subject()?;
        tx.prepare_cached(
            "UPDATE errand SET failures = failures + (state = 'running'), state = 'running', \
             attempt = attempt + 1, nonce = ?2, ended = '', again = 0 WHERE id = ?1",
        )?
        .execute(params![id, said.nonce])?;
        match effect::work(tx, &subject)? {
            Ok(work) => return Ok(Some(whole(tx, id, work, said, leases, secret)?)),
            Err(ended) => end::settle(tx, id, &ended)?,
        }
    }
    Ok(None)
}

/// What a claim of that nonce has already given, as long as it goes on.
fn claimed(db: &Connection, nonce: &str) -> Done<Option<i64>> {
    let sql = "SELECT id FROM errand WHERE nonce = ?1 AND state = 'running'";
    Ok(db.prepare_cached(sql)?.query_row([nonce], |row| row.get(0)).optional()?)
}

fn next(db: &Connection, said: &ClaimErrand, leases: &Leases) -> Done<Option<i64>> {
    let kinds: Vec<&str> = said.kinds.iter().map(|kind| kind.name()).collect();
    let kinds = serde_json::to_string(&kinds).map_err(|error| Fault::Broken(error.to_string()))?;
    let running = "SELECT id FROM errand WHERE state = ?2 \
                   AND kind IN (SELECT value FROM json_each(?1)) ORDER BY next_try, id";
    let mut statement = db.prepare_cached(running)?;
    let rows = statement.query_map(params![kinds, State::Running.name()], |row| row.get(0))?;
    for id in rows {
        let id = id?;
        if leases.is_over(id) {
            return Ok(Some(id));
        }
    }
    let waiting = "SELECT id FROM errand e WHERE state = ?2 AND next_try <= ?3 \
                   AND kind IN (SELECT value FROM json_each(?1)) \
                   AND NOT EXISTS (SELECT 1 FROM errand_lane l \
                       WHERE l.lane = e.lane AND l.not_before > ?3) \
                   ORDER BY next_try, id LIMIT 1";
    let params = params![kinds, State::Waiting.name(), time::now()];
    Ok(db.prepare_cached(waiting)?.query_row(params, |row| row.get(0)).optional()?)
}

fn whole(
    tx: &Tx<'_>,
    id: i64,
    work: Work,
    said: &ClaimErrand,
    leases: &Leases,
    secret: &Secret,
) -> Done<ErrandClaim> {
    let attempt: i64 = tx
        .prepare_cached("SELECT attempt FROM errand WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    let (number, times) = (id.to_string(), attempt.to_string());
    // The same claim gives the same token, even after a restart.
    let token = secret.sign(&["errand", &number, &times, &said.nonce]);
    tx.prepare_cached("UPDATE errand SET token_hash = ?2 WHERE id = ?1")?
        .execute(params![id, attempt::hash(&token)])?;
    let mut marker = secret.sign(&["errand marker", &number]);
    marker.truncate(MARKER);
    // Should this job be undone, a lease of what nobody has claimed says
    // nothing.
    leases.start(id);
    Ok(ErrandClaim {
        lease: ErrandLease { errand: id, attempt, token },
        lease_seconds: leases.length().as_secs(),
        marker,
        work,
    })
}

/// Length of a marker, in hexadecimal digits: 80 bits that nobody can guess.
const MARKER: usize = 20;
