//! The tag that a build gets when it succeeds.

use mf_core::resource::{BUILD, TAG};
use rusqlite::OptionalExtension;

use super::{Done, Tx, edit, render};

/// Tags a build that has succeeded with its `pre_tag_label`. Not a scratch
/// build, which is never tagged; not with a tag that is locked; and where the
/// tag keeps only the latest, not an older build than the one that has it.
///
/// # Errors
/// SQLite would not.
pub fn apply(tx: &Tx<'_>, build: i64) -> Done<()> {
    let sql = "SELECT t.id, t.only_latest FROM build b JOIN tag t ON t.id = b.pre_tag_id \
               WHERE b.id = ?1 AND NOT b.scratch AND NOT t.locked";
    let found = tx
        .prepare_cached(sql)?
        .query_row([build], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)))
        .optional()?;
    let Some((tag, only_latest)) = found else { return Ok(()) };
    let others = if only_latest { others(tx, build, tag)? } else { Vec::new() };
    if others.iter().any(|other| *other > build) {
        return Ok(());
    }
    let before = render::map(tx, &TAG, tag)?;
    for other in others {
        change(tx, other, tag, "DELETE FROM build_tag WHERE build_id = ?1 AND tag_id = ?2")?;
    }
    change(tx, build, tag, "INSERT OR IGNORE INTO build_tag (build_id, tag_id) VALUES (?1, ?2)")?;
    edit::record_update(tx, &TAG, tag, &before)?;
    Ok(())
}

/// Builds of the same package-branch that have the tag.
fn others(tx: &Tx<'_>, build: i64, tag: i64) -> Done<Vec<i64>> {
    let sql = "SELECT o.id FROM build b JOIN build o ON o.package_branch_id = b.package_branch_id \
               JOIN build_tag l ON l.build_id = o.id AND l.tag_id = ?2 \
               WHERE b.id = ?1 AND o.id <> b.id";
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement.query_map([build, tag], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn change(tx: &Tx<'_>, build: i64, tag: i64, sql: &str) -> Done<()> {
    let before = render::map(tx, &BUILD, build)?;
    tx.prepare_cached(sql)?.execute([build, tag])?;
    edit::record_update(tx, &BUILD, build, &before)?;
    Ok(())
}
