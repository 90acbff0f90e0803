//! What the database has of a task's attempts, read beside the hub.

use std::path::Path;

use rusqlite::Connection;

/// Number and outcome of each attempt of a task, in order. An attempt that has
/// not ended has none.
pub fn of(data: &Path, task: i64) -> Vec<(i64, String)> {
    let db = Connection::open(data.join("hub.db")).unwrap();
    let sql = "SELECT number, outcome FROM attempt WHERE task_id = ?1 ORDER BY number";
    let mut statement = db.prepare(sql).unwrap();
    let rows = statement.query_map([task], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}
