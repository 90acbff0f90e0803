//! How long things take, from how long they took.

use std::collections::HashMap;

use mf_core::time;
use rusqlite::{Connection, OptionalExtension, params};

use super::Of;
use super::estimate::NEVER;
use crate::store::Done;

/// How many of the last times count.
const TIMES: usize = 5;
/// How many of a package's last builds are looked at for them.
const BUILDS: usize = 100;
/// For how many packages and tasks it is looked up at most; others take as
/// long as these do on average.
const LOOKED_UP: usize = 100;

/// How much later than usual something may be before nobody can know when it
/// ends: as late again as it usually takes, and this, in seconds.
const LATE: i64 = 60;

/// How much longer something takes that usually takes so long and has taken so
/// long; `None` when it is much too late for that to say anything.
pub(super) fn left(usual: i64, since: i64) -> Option<i64> {
    let late = usual.saturating_mul(2).saturating_add(LATE);
    match since {
        _ if since <= usual => Some(usual - since),
        _ if since < late => Some(late - since),
        _ => None,
    }
}

/// How long a package usually takes for a target, in seconds; for any target,
/// where it was never built for this one. `None` where it was never built.
pub(super) fn of(db: &Connection, of: Of) -> Done<Option<i64>> {
    match last(db, of.package, Some(of.target))? {
        None => last(db, of.package, None),
        known => Ok(known),
    }
}

/// The middle one of the last times.
fn last(db: &Connection, package: i64, target: Option<i64>) -> Done<Option<i64>> {
    let sql = format!(
        "SELECT k.start_date, k.end_date \
         FROM (SELECT id FROM build WHERE package_id = ?1 ORDER BY id DESC LIMIT {BUILDS}) b \
         CROSS JOIN task k ON k.build_id = b.id \
         WHERE k.status = 'BuildSuccess' AND (?2 IS NULL OR k.target_id = ?2) \
         ORDER BY k.id DESC LIMIT {TIMES}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![package, target], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut times = Vec::new();
    for row in rows {
        let (start, end) = row?;
        times.extend(time::seconds_between(&start, &end).map(|seconds| seconds.max(0)));
    }
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied())
}

/// What is looked up for one estimate.
pub(super) struct Durations<'a> {
    db: &'a Connection,
    packages: HashMap<i64, Option<i64>>,
    tasks: usize,
}

impl<'a> Durations<'a> {
    /// Nothing is known yet.
    pub fn new(db: &'a Connection) -> Self {
        Self { db, packages: HashMap::new(), tasks: 0 }
    }

    /// How long a package usually takes, for any target.
    pub fn of_package(&mut self, package: i64) -> Done<Option<i64>> {
        if let Some(known) = self.packages.get(&package) {
            return Ok(*known);
        }
        if self.packages.len() >= LOOKED_UP {
            return Ok(None);
        }
        let usual = last(self.db, package, None)?;
        self.packages.insert(package, usual);
        Ok(usual)
    }

    /// How much longer a task that is being built will take.
    pub fn left(&mut self, task: i64) -> Done<Option<i64>> {
        self.tasks += 1;
        if self.tasks > LOOKED_UP {
            return Ok(None);
        }
        let sql = "SELECT b.package_id, k.target_id, k.start_date FROM task k \
                   JOIN build b ON b.id = k.build_id WHERE k.id = ?1";
        let row = self.db.prepare_cached(sql)?.query_row([task], |row| {
            Ok((Of { package: row.get(0)?, target: row.get(1)? }, row.get::<_, String>(2)?))
        });
        let Some((task, start)) = row.optional()? else { return Ok(None) };
        let usual = of(self.db, task)?;
        // It counts for the average, too.
        self.packages.entry(task.package).or_insert(usual);
        let since = time::seconds_between(&start, &time::now()).unwrap_or(0);
        Ok(usual.map(|usual| left(usual, since).unwrap_or(NEVER)))
    }

    /// How long those that are known take on average.
    pub fn mean(&self) -> Option<i64> {
        let known: Vec<i64> = self.packages.values().copied().flatten().collect();
        let count = i64::try_from(known.len()).ok().filter(|count| *count > 0)?;
        Some(known.iter().sum::<i64>() / count)
    }
}

#[cfg(test)]
mod tests {
    use super::left;

    #[test]
    fn what_is_much_too_late_says_nothing() {
        let table = [(0, Some(100)), (100, Some(0)), (101, Some(159)), (259, Some(1)), (260, None)];
        for (since, said) in table {
            assert_eq!(left(100, since), said, "after {since} s");
        }
    }
}
