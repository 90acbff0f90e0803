//! Everything a worker needs to know about a task.

use mf_core::wire::{Handler, Job};
use rusqlite::{Connection, Row};

use super::{Done, ready, repository};
use crate::files::Secret;

/// The job of a task. `secret` signs the way into repositories of restricted
/// projects.
///
/// # Errors
/// There is no such task.
pub fn of(db: &Connection, task: i64, secret: &Secret) -> Done<Job> {
    let sql = format!(
        "SELECT pr.label, p.label, pb.label, b.label, k.label, t.label, a.label, d.label, r.label, \
         pb.build_prefix, t.config, {url}, pb.vcs_branch, \
         h.label, h.plugin, h.version, h.digest, h.config, \
         coalesce(v.label, ''), coalesce(v.plugin, ''), coalesce(v.version, ''), \
         coalesce(v.digest, ''), coalesce(v.config, ''), b.revision \
         FROM task k JOIN project pr ON pr.id = k.project_id \
         JOIN build b ON b.id = k.build_id \
         JOIN package_branch pb ON pb.id = b.package_branch_id \
         JOIN package p ON p.id = b.package_id \
         JOIN build_handler h ON h.id = k.build_handler_id \
         JOIN target t ON t.id = k.target_id JOIN arch a ON a.id = t.arch_id \
         JOIN \"release\" r ON r.id = t.release_id JOIN distro d ON d.id = r.distro_id \
         LEFT JOIN vcs_handler v ON v.id = pb.vcs_handler_id WHERE k.id = ?1",
        url = ready::URL
    );
    let job = db.prepare_cached(&sql)?.query_row([task], read)?;
    Ok(Job { repositories: repository::for_builds(db, task, secret)?, ..job })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Job> {
    let handler = |first: usize| -> rusqlite::Result<Handler> {
        Ok(Handler {
            label: row.get(first)?,
            plugin: row.get(first + 1)?,
            version: row.get(first + 2)?,
            digest: row.get(first + 3)?,
            config: row.get(first + 4)?,
        })
    };
    let url: String = row.get(11)?;
    Ok(Job {
        project: row.get(0)?,
        package: row.get(1)?,
        package_branch: row.get(2)?,
        build: row.get(3)?,
        task: row.get(4)?,
        target: row.get(5)?,
        arch: row.get(6)?,
        distro: row.get(7)?,
        release: row.get(8)?,
        build_prefix: row.get(9)?,
        target_config: row.get(10)?,
        build_handler: handler(13)?,
        // Without a URL there is nothing to fetch.
        vcs_handler: if url.is_empty() { Handler::default() } else { handler(18)? },
        vcs_branch: row.get(12)?,
        revision: row.get(23)?,
        repositories: Vec::new(),
        url,
    })
}
