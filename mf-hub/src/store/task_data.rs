//! A task and all that it refers to.

use mf_core::resource::{BUILD, PACKAGE, PACKAGE_BRANCH, RELEASE, Resource, TARGET, TASK, Who};
use rusqlite::Connection;

use super::{Done, render};

/// A task, its target, build, package, package-branch and release, each as
/// the key of its resource and a whole object in JSON.
///
/// # Errors
/// There is no such task; SQLite fails.
pub fn read(db: &Connection, task: i64, roles: Who) -> Done<Vec<(String, Vec<u8>)>> {
    let sql = "SELECT k.target_id, k.build_id, b.package_id, b.package_branch_id, t.release_id \
               FROM task k JOIN build b ON b.id = k.build_id JOIN target t ON t.id = k.target_id \
               WHERE k.id = ?1";
    let [target, build, package, branch, release] =
        db.prepare_cached(sql)?.query_row([task], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
        })?;
    let parts: [(&Resource, i64); 6] = [
        (&TASK, task),
        (&TARGET, target),
        (&BUILD, build),
        (&PACKAGE, package),
        (&PACKAGE_BRANCH, branch),
        (&RELEASE, release),
    ];
    parts
        .into_iter()
        .map(|(resource, id)| Ok((resource.key(), render::object(db, resource, id, roles)?)))
        .collect()
}
