//! The farm at a glance.

use std::collections::BTreeMap;

use mf_core::errand::ErrandStatus;
use mf_core::task::STATUSES;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::Serialize;

use super::quarantine::Quarantined;
use super::queue::{self, Pause, Queue};
use super::select::Sight;
use super::{Done, errand, key};
use crate::dispatch::Busy;

/// The farm at a glance.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The hub's version.
    pub version: &'static str,
    /// Number of builds by status; not there where it is to be brief.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub builds: BTreeMap<String, i64>,
    /// Number of tasks by status.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tasks: BTreeMap<String, i64>,
    /// What waits for a worker.
    pub queue: Queue,
    /// Number of errands by state; those that are done do not count.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errands: BTreeMap<String, i64>,
    /// Every system.
    pub systems: Vec<SystemStatus>,
    /// Errands that were refused or put off, the newest first.
    pub troubles: Vec<ErrandStatus>,
    /// Plugins that are not used any more, since they crashed; told to those
    /// who are signed in.
    pub quarantined: Vec<Quarantined>,
    /// When the regulator was last heard of, UTC, to the minute; empty: never.
    pub regulator_seen: String,
    /// Bytes that are free where the hub keeps files, once it takes no more
    /// of them; null while there is room.
    pub scarce_bytes: Option<u64>,
}

/// One system.
#[derive(Clone, Debug, Serialize)]
pub struct SystemStatus {
    /// Its label.
    pub label: String,
    /// Whether it gets tasks.
    pub enabled: bool,
    /// Who drained it, when and why; null where it gets tasks.
    pub drained: Option<Pause>,
    /// Sum of footprints that it builds at the same time.
    pub capacity: i64,
    /// Sum of footprints that it is building.
    pub load: i64,
    /// Tasks that it is building.
    pub running: i64,
    /// Requests of its worker that wait for a task.
    pub waiting: usize,
    /// When it was last heard of, UTC; to the minute.
    pub last_seen: String,
}

/// Reads what somebody with this sight may know of; `busy` is what dispatch
/// says that each system is doing. With `brief` nothing is counted but what is
/// there now.
///
/// # Errors
/// SQLite fails.
pub fn read(
    db: &Connection,
    busy: &BTreeMap<i64, Busy>,
    sight: Sight,
    brief: bool,
) -> Done<Status> {
    let known = known(db, sight)?;
    let mut status = Status {
        version: mf_core::VERSION,
        builds: BTreeMap::new(),
        tasks: BTreeMap::new(),
        queue: queue::read(db, sight)?,
        errands: BTreeMap::new(),
        systems: systems(db, busy, &known)?,
        troubles: errand::troubles(db, sight)?,
        quarantined: Vec::new(),
        regulator_seen: key::regulator_seen(db)?,
        scarce_bytes: None,
    };
    if !brief {
        status.builds = counts(db, "build", sight)?;
        status.tasks = counts(db, "task", sight)?;
        status.errands = errand::counts(db, sight)?;
    }
    Ok(status)
}

/// The condition on what is counted. Where no project is restricted there is
/// none, and nothing but an index is read.
pub(super) fn known(db: &Connection, sight: Sight) -> Done<String> {
    let sql = "SELECT EXISTS (SELECT 1 FROM project WHERE restricted = 1)";
    let any: bool = db.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    let condition = sight.of_project("project_id").filter(|_| any);
    Ok(condition.unwrap_or_else(|| "1".to_owned()))
}

/// How many there are in each status. All of them are counted by an index
/// alone; those that may not be known, which are few or none, are then taken off.
fn counts(db: &Connection, table: &str, sight: Sight) -> Done<BTreeMap<String, i64>> {
    let mut counts: BTreeMap<String, i64> =
        STATUSES.iter().map(|status| ((*status).to_owned(), 0)).collect();
    let hidden = sight.of_project("p.id").map(|known| {
        format!("WHERE project_id IN (SELECT p.id FROM project p WHERE NOT ({known}))")
    });
    for (sign, which) in [(1, Some(String::new())), (-1, hidden)] {
        let Some(which) = which else { continue };
        // The state that is not shown counts as the one that is.
        let sql = format!(
            "SELECT replace(status, 'Cancelling', 'Building'), count(*) FROM {table} {which} \
             GROUP BY status"
        );
        let mut statement = db.prepare_cached(&sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for row in rows {
            let (status, count): (String, i64) = row?;
            *counts.entry(status).or_default() += sign * count;
        }
    }
    Ok(counts)
}

/// Every system alone, without what is counted for the rest.
///
/// # Errors
/// SQLite fails.
pub fn systems_seen(
    db: &Connection,
    busy: &BTreeMap<i64, Busy>,
    sight: Sight,
) -> Done<Vec<SystemStatus>> {
    let known = known(db, sight)?;
    systems(db, busy, &known)
}

fn systems(db: &Connection, busy: &BTreeMap<i64, Busy>, known: &str) -> Done<Vec<SystemStatus>> {
    let sql = format!(
        "SELECT s.id, s.label, s.enabled, s.capacity, s.last_seen, \
         (SELECT count(*) FROM task WHERE system_id = s.id \
         AND status IN ('Building', 'Cancelling') AND {known}), d.actor, d.date, d.reason \
         FROM system s LEFT JOIN system_drain d ON d.system_id = s.id ORDER BY s.label"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], |row| {
        let Busy { load, waiting } = busy.get(&row.get(0)?).copied().unwrap_or_default();
        Ok(SystemStatus {
            load,
            waiting,
            label: row.get(1)?,
            enabled: row.get(2)?,
            capacity: row.get(3)?,
            last_seen: row.get(4)?,
            running: row.get(5)?,
            drained: match row.get_ref(6)? {
                ValueRef::Null => None,
                _ => Some(Pause::of_row(row, 6)?),
            },
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
