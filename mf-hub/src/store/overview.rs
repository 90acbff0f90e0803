//! The farm as its start page shows it: a few rows of each kind, whatever
//! there is.

use rusqlite::{Connection, OptionalExtension, Row};

use super::Done;
use super::select::Sight;

/// Most rows of each kind.
pub const ROWS: i64 = 10;

/// A task that runs or waits.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Its id.
    pub id: i64,
    /// Its label.
    pub label: String,
    /// Its project's.
    pub project: String,
    /// Its target's.
    pub target: String,
    /// Its build's.
    pub build: String,
    /// Label of the system that has it; empty while it waits.
    pub system: String,
    /// Finer progress.
    pub stage: String,
    /// Since when it runs or waits, UTC.
    pub since: String,
}

/// A build or a task, and what became of it.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    /// Its label.
    pub label: String,
    /// Its project's.
    pub project: String,
    /// What has become of it.
    pub status: String,
    /// When that was, UTC.
    pub date: String,
    /// Who submitted it; empty for nobody.
    pub user: String,
    /// The first of its tasks that failed, and why; empty where none did.
    pub failed: (String, String),
}

/// What waits for one target.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// The target's label.
    pub target: String,
    /// How many tasks.
    pub length: i64,
    /// When the oldest of them was made, UTC.
    pub oldest: String,
}

/// What runs, the newest first.
///
/// # Errors
/// SQLite would not.
pub fn running(db: &Connection, sight: Sight) -> Done<Vec<Work>> {
    work(db, sight, "t.status IN ('Building', 'Cancelling')", "t.start_date", "t.id DESC")
}

/// What waits, the oldest first.
///
/// # Errors
/// SQLite would not.
pub fn waiting(db: &Connection, sight: Sight) -> Done<Vec<Work>> {
    work(db, sight, "t.status = 'Queued'", "t.create_date", "t.id")
}

fn work(db: &Connection, sight: Sight, which: &str, since: &str, order: &str) -> Done<Vec<Work>> {
    let known = sight.of_project("+t.project_id").unwrap_or_else(|| "1".into());
    let sql = format!(
        "SELECT t.id, t.label, p.label, a.label, b.label, coalesce(s.label, ''), t.stage, {since} \
         FROM task t JOIN project p ON p.id = t.project_id JOIN target a ON a.id = t.target_id \
         JOIN build b ON b.id = t.build_id LEFT JOIN system s ON s.id = t.system_id \
         WHERE {which} AND {known} ORDER BY {order} LIMIT {ROWS}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Work {
            id: row.get(0)?,
            label: row.get(1)?,
            project: row.get(2)?,
            target: row.get(3)?,
            build: row.get(4)?,
            system: row.get(5)?,
            stage: row.get(6)?,
            since: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The builds that failed or were lost last, the newest first.
///
/// # Errors
/// SQLite would not.
pub fn failed(db: &Connection, sight: Sight) -> Done<Vec<Recent>> {
    let mut all = builds(db, sight, "b.status = 'BuildFail' AND ?1 IS NULL", None)?;
    all.extend(builds(db, sight, "b.status = 'Lost' AND ?1 IS NULL", None)?);
    all.sort_by(|(one, _), (other, _)| other.cmp(one));
    all.truncate(ROWS as usize);
    // Of those that are shown alone.
    let sql = "SELECT label, message FROM task WHERE build_id = ?1 \
               AND status IN ('BuildFail', 'Lost') ORDER BY id LIMIT 1";
    let mut statement = db.prepare_cached(sql)?;
    for (id, build) in &mut all {
        let first = statement.query_row([*id], |row| Ok((row.get(0)?, row.get(1)?)));
        build.failed = first.optional()?.unwrap_or_default();
    }
    Ok(all.into_iter().map(|(_, build)| build).collect())
}

/// The builds that were submitted last, the newest first.
///
/// # Errors
/// SQLite would not.
pub fn newest(db: &Connection, sight: Sight) -> Done<Vec<Recent>> {
    Ok(builds(db, sight, "?1 IS NULL", None)?.into_iter().map(|(_, build)| build).collect())
}

/// What builds belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A package, by id.
    Package(i64),
    /// A package-branch.
    Branch(i64),
    /// A project.
    Project(i64),
    /// Who submitted them.
    User(i64),
    /// Why they were submitted.
    Type(i64),
    /// A tag that they have.
    Tag(i64),
}

/// The builds of something that were submitted last, the newest first.
///
/// # Errors
/// SQLite would not.
pub fn builds_of(db: &Connection, of: Of, sight: Sight) -> Done<Vec<Recent>> {
    let (which, id) = match of {
        Of::Package(id) => ("b.package_id = ?1", id),
        Of::Branch(id) => ("b.package_branch_id = ?1", id),
        Of::Project(id) => ("b.project_id = ?1", id),
        Of::User(id) => ("b.user_id = ?1", id),
        Of::Type(id) => ("b.build_type_id = ?1", id),
        Of::Tag(id) => ("b.id IN (SELECT build_id FROM build_tag WHERE tag_id = ?1)", id),
    };
    Ok(builds(db, sight, which, Some(id))?.into_iter().map(|(_, build)| build).collect())
}

/// The newest tasks of a system, or for a target, by its id.
///
/// # Errors
/// SQLite would not.
pub fn tasks_of(
    db: &Connection,
    system: Option<i64>,
    target: Option<i64>,
    sight: Sight,
) -> Done<Vec<Recent>> {
    let known = sight.of_project("+t.project_id").unwrap_or_else(|| "1".into());
    let (which, id) = if system.is_some() { ("system_id", system) } else { ("target_id", target) };
    let sql = format!(
        "SELECT t.label, p.label, replace(t.status, 'Cancelling', 'Building'), t.update_date \
         FROM task t JOIN project p ON p.id = t.project_id \
         WHERE t.{which} = ?1 AND {known} ORDER BY t.id DESC LIMIT {ROWS}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([id], |row| {
        Ok(Recent {
            label: row.get(0)?,
            project: row.get(1)?,
            status: row.get(2)?,
            date: row.get(3)?,
            ..Recent::default()
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn builds(db: &Connection, sight: Sight, which: &str, id: Option<i64>) -> Done<Vec<(i64, Recent)>> {
    let known = sight.of_project("+b.project_id").unwrap_or_else(|| "1".into());
    let sql = format!(
        "SELECT b.id, b.label, p.label, b.status, b.update_date, coalesce(u.label, '') \
         FROM build b JOIN project p ON p.id = b.project_id LEFT JOIN \"user\" u ON u.id = b.user_id \
         WHERE {which} AND {known} ORDER BY b.id DESC LIMIT {ROWS}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let recent = |row: &Row<'_>| {
        let build = Recent {
            label: row.get(1)?,
            project: row.get(2)?,
            status: row.get(3)?,
            date: row.get(4)?,
            user: row.get(5)?,
            ..Recent::default()
        };
        Ok((row.get(0)?, build))
    };
    Ok(statement.query_map([id], recent)?.collect::<Result<_, _>>()?)
}

/// What waits for each target, the longest queue first.
///
/// # Errors
/// SQLite would not.
pub fn queues(db: &Connection, sight: Sight) -> Done<Vec<Queue>> {
    let known = sight.of_project("t.project_id").unwrap_or_else(|| "1".into());
    let sql = format!(
        "SELECT a.label, q.length, q.oldest FROM \
         (SELECT t.target_id, count(*) AS length, min(t.create_date) AS oldest FROM task t \
         WHERE t.status = 'Queued' AND {known} GROUP BY t.target_id) q \
         JOIN target a ON a.id = q.target_id ORDER BY q.length DESC, a.label"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Queue { target: row.get(0)?, length: row.get(1)?, oldest: row.get(2)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
