//! What became of tasks lately, for plots.

use rusqlite::{Connection, Row, params};

use super::Done;
use super::select::Sight;

/// Most tasks that a plot is made from: it then reaches less far back.
pub const MOST: i64 = 20_000;

/// A task's life; times are UTC, empty for what has not come yet.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// When it was made.
    pub made: String,
    /// When it was last started.
    pub started: String,
    /// When it ended.
    pub ended: String,
    /// Whether it succeeded.
    pub good: bool,
}

/// The tasks that something became of since a time, the newest first; of one
/// system where one is given.
///
/// # Errors
/// SQLite fails.
pub fn since(db: &Connection, since: &str, system: Option<i64>, sight: Sight) -> Done<Vec<Life>> {
    let known = sight.of_project("+t.project_id").unwrap_or_else(|| "1".into());
    // By their time even for one system: it has more tasks than a day has.
    let sql = format!(
        "SELECT t.create_date, t.start_date, t.end_date, t.status = 'BuildSuccess' \
         FROM task t INDEXED BY task_update_date WHERE t.update_date >= ?1 \
         AND (?2 IS NULL OR t.system_id = ?2) AND {known} \
         ORDER BY t.update_date DESC LIMIT {MOST}"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params![since, system], life)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The last tasks of a package that succeeded, the newest first.
///
/// # Errors
/// SQLite fails.
pub fn of_package(db: &Connection, package: i64, limit: i64) -> Done<Vec<Life>> {
    let sql = "SELECT t.create_date, t.start_date, t.end_date, t.status = 'BuildSuccess' \
               FROM build b JOIN task t ON t.build_id = b.id \
               WHERE b.package_id = ?1 AND t.status IN ('BuildSuccess', 'BuildFail') \
               ORDER BY b.id DESC LIMIT ?2";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([package, limit], life)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn life(row: &Row<'_>) -> rusqlite::Result<Life> {
    Ok(Life { made: row.get(0)?, started: row.get(1)?, ended: row.get(2)?, good: row.get(3)? })
}
