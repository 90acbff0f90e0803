//! How long each part of a build's tasks took, and what is usual.

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use super::Done;

/// How many tasks before this one say what is usual.
const USUAL: i64 = 20;

/// A task of a build, as its timeline shows it. Times are UTC; empty for none.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Its id.
    pub id: i64,
    /// Its label.
    pub label: String,
    /// Label of its target.
    pub target: String,
    /// Label of its release.
    pub release: String,
    /// Label of its arch.
    pub arch: String,
    /// What has become of it, as it is shown.
    pub status: String,
    /// Label of the system that has, or had, it; empty for none.
    pub system: String,
    /// Why it ended as it did.
    pub message: String,
    /// The plugins of its last attempt, a line each.
    pub plugins: String,
    /// How often it was started.
    pub attempt: i64,
    /// When it was made.
    pub made: String,
    /// When it was last started.
    pub started: String,
    /// When it ended.
    pub ended: String,
    /// When each stage of its last attempt began, in order.
    pub stages: Vec<(String, String)>,
    /// Median duration in seconds of the last tasks that succeeded of its
    /// package-branch for its target; `None` where there was none.
    pub usual: Option<i64>,
}

/// The tasks of a build, by target.
///
/// # Errors
/// SQLite fails.
pub fn of_build(db: &Connection, build: i64) -> Done<Vec<Line>> {
    let sql = "SELECT t.id, t.label, a.label, r.label, h.label, \
               replace(t.status, 'Cancelling', 'Building'), coalesce(s.label, ''), t.message, \
               t.attempt, t.create_date, t.start_date, t.end_date, t.plugins FROM task t \
               JOIN target a ON a.id = t.target_id JOIN \"release\" r ON r.id = a.release_id \
               JOIN arch h ON h.id = a.arch_id LEFT JOIN system s ON s.id = t.system_id \
               WHERE t.build_id = ?1 ORDER BY a.label";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([build], |row| {
        Ok(Line {
            id: row.get(0)?,
            label: row.get(1)?,
            target: row.get(2)?,
            release: row.get(3)?,
            arch: row.get(4)?,
            status: row.get(5)?,
            system: row.get(6)?,
            message: row.get(7)?,
            attempt: row.get(8)?,
            made: row.get(9)?,
            started: row.get(10)?,
            ended: row.get(11)?,
            plugins: row.get(12)?,
            ..Line::default()
        })
    })?;
    let mut lines: Vec<Line> = rows.collect::<Result<_, _>>()?;
    for line in &mut lines {
        line.stages = stages(db, line.id)?;
        line.usual = usual(db, line.id)?;
    }
    Ok(lines)
}

/// When each stage of a task's last attempt began.
///
/// # Errors
/// SQLite fails.
pub fn stages(db: &Connection, task: i64) -> Done<Vec<(String, String)>> {
    let sql =
        "SELECT date, changes FROM history WHERE resource = 'task' AND object = ?1 ORDER BY id";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([task])?;
    let mut stages: Vec<(String, String)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (date, changes): (String, String) = (row.get(0)?, row.get(1)?);
        let changes: Map<String, Value> = serde_json::from_str(&changes).unwrap_or_default();
        if changes.contains_key("attempt") {
            stages.clear();
        }
        match changes.get("stage").and_then(Value::as_str) {
            Some("") | None => {}
            Some(stage) => stages.push((stage.to_owned(), date)),
        }
    }
    Ok(stages)
}

/// The median duration, in seconds, of the last tasks that succeeded before
/// this one, of the same package-branch for the same target.
///
/// # Errors
/// SQLite fails.
pub fn usual(db: &Connection, task: i64) -> Done<Option<i64>> {
    let sql = "SELECT unixepoch(t.end_date) - unixepoch(t.start_date) FROM task o \
               JOIN build ob ON ob.id = o.build_id \
               JOIN build b ON b.package_branch_id = ob.package_branch_id AND b.id < ob.id \
               JOIN task t ON t.build_id = b.id AND t.target_id = o.target_id \
               WHERE o.id = ?1 AND t.status = 'BuildSuccess' AND t.start_date <> '' \
               ORDER BY b.id DESC LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map(params![task, USUAL], |row| row.get::<_, Option<i64>>(0))?;
    let mut all: Vec<i64> = rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    all.sort_unstable();
    Ok(all.get(all.len() / 2).copied())
}
