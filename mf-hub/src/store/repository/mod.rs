//! The file repositories of tags: what each should hold, its generations, and
//! where a file of one is.
//!
//! Whatever changes what a repository should hold makes an errand in the same
//! transaction. A hook of the regulator fills in a draft; when it is done, the
//! hub makes that current in the transaction that ends the errand. The
//! generation before is still there for a while, for clients that have begun to
//! read it.

mod draft;
mod path;
mod serve;
mod switch;

use mf_core::errand::{RepositoryDeed, Subject};
use mf_core::wire::Repository;
use rusqlite::{Connection, OptionalExtension};

use super::errand::{self, New};
use super::{Done, Tx};
use crate::files::{Secret, pass};

pub use draft::{begin, forget_draft, record, reserve};
pub use path::check_index_path;
pub use serve::{Entry, Index, entries, find, is_kept, is_restricted, known, places, tags};
pub use switch::{Blob, blobs, sweep, switch};

/// Where errands of repositories go.
const LANE: &str = "repository";

/// Where a task's files go beneath its tag, over target `t`.
pub(super) const DIRECTORY: &str = "coalesce(nullif(t.tag_path, ''), t.label)";

/// What the repository of a tag should hold has changed. Nothing happens
/// where the tag keeps none.
///
/// # Errors
/// SQLite fails.
pub fn wants(tx: &Tx<'_>, tag: i64) -> Done<()> {
    let sql = "SELECT project_id FROM tag WHERE id = ?1 AND manage_repo";
    let project: Option<i64> =
        tx.prepare_cached(sql)?.query_row([tag], |row| row.get(0)).optional()?;
    if project.is_none() {
        return Ok(());
    }
    let subject = Subject::Repository(RepositoryDeed { tag });
    errand::make(tx, &New { subject: &subject, lane: LANE, project, build: None, tag: Some(tag) })
}

/// A tag may keep a repository from now on, or no longer.
///
/// # Errors
/// SQLite fails.
pub fn settle(tx: &Tx<'_>, tag: i64) -> Done<()> {
    if !is_kept(tx, tag)? {
        let sql = "DELETE FROM repository_generation WHERE tag_id = ?1";
        tx.prepare_cached(sql)?.execute([tag])?;
        return errand::forget(tx, &Subject::Repository(RepositoryDeed { tag }));
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM repository_generation \
               WHERE tag_id = ?1 AND state = 'current')";
    match tx.prepare_cached(sql)?.query_row([tag], |row| row.get(0))? {
        true => Ok(()),
        false => wants(tx, tag),
    }
}

/// Files of a target go elsewhere: every repository that has some follows.
///
/// # Errors
/// SQLite fails.
pub fn target_moved(tx: &Tx<'_>, target: i64) -> Done<()> {
    let sql = "SELECT t.id FROM tag t WHERE t.manage_repo AND EXISTS (\
               SELECT 1 FROM build_tag l JOIN task k ON k.build_id = l.build_id \
               WHERE l.tag_id = t.id AND k.target_id = ?1)";
    let tags: Vec<i64> = {
        let mut statement = tx.prepare_cached(sql)?;
        statement.query_map([target], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    tags.into_iter().try_for_each(|tag| wants(tx, tag))
}

/// Repositories that a task may use while it is built, by its project's tags
/// with `include_in_builds`. One that has nothing for the task's target yet is
/// left out.
///
/// # Errors
/// SQLite fails.
pub fn for_builds(db: &Connection, task: i64, secret: &Secret) -> Done<Vec<Repository>> {
    let sql = format!(
        "SELECT p.label, p.restricted, g.label, {DIRECTORY} FROM task k \
         JOIN target t ON t.id = k.target_id JOIN project p ON p.id = k.project_id \
         JOIN tag g ON g.project_id = k.project_id AND g.include_in_builds AND g.manage_repo \
         JOIN repository_generation n ON n.tag_id = g.id AND n.state = 'current' \
         WHERE k.id = ?1 AND EXISTS (SELECT 1 FROM repository_directory d \
         WHERE d.generation_id = n.id AND d.path = {DIRECTORY}) ORDER BY g.label"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([task], |row| {
        let (project, tag, directory): (String, String, String) =
            (row.get(0)?, row.get(2)?, row.get(3)?);
        let way_in = match row.get(1)? {
            true => pass::make(secret, &project, &tag) + "/",
            false => String::new(),
        };
        Ok(Repository { path: format!("/repo/{way_in}{project}/{tag}/{directory}/"), tag })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
