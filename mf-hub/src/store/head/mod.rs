//! Heads of package-branches with `build_on_commit`: what the regulator has to
//! look at, and what follows from what it saw.

mod notify;
mod seen;
mod troubles;

use mf_core::time;
use mf_core::wire::{Handler, HeadSource};
use rusqlite::{Connection, params};

use super::{Done, Tx};

pub use notify::{matching, notify};
pub use seen::{Fixes, in_vain, not_built, seen, watching};
pub use troubles::troubles;

/// What is looked at, as one text, over package-branch `b` and handler `v`.
const SOURCE: &str = "v.label || ' ' || b.url || ' ' || b.vcs_branch";

/// Everything that is to be looked at now, each once, however many
/// package-branches it is for.
///
/// # Errors
/// SQLite fails.
pub fn due(db: &Connection) -> Done<Vec<HeadSource>> {
    // Only who has a tracker asks which bugs were fixed.
    let sql = format!(
        "SELECT v.label, v.plugin, v.version, v.digest, v.config, b.url, b.vcs_branch, \
         json_group_array(DISTINCT h.revision) FILTER (WHERE h.source = {SOURCE} \
         AND h.revision <> '' AND p.bug_handler_id IS NOT NULL) \
         FROM package_branch b JOIN vcs_handler v ON v.id = b.vcs_handler_id AND v.enabled \
         JOIN project p ON p.id = b.project_id \
         LEFT JOIN branch_head h ON h.package_branch_id = b.id \
         WHERE b.build_on_commit AND b.url <> '' \
         AND (h.source IS NULL OR h.source <> {SOURCE} OR h.next_look <= ?1) \
         GROUP BY v.id, b.url, b.vcs_branch ORDER BY b.url, v.id, b.vcs_branch"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([time::unix_now()], |row| {
        let handler = Handler {
            label: row.get(0)?,
            plugin: row.get(1)?,
            version: row.get(2)?,
            digest: row.get(3)?,
            config: row.get(4)?,
        };
        // SQLite has made it.
        let since = serde_json::from_str(row.get_ref(7)?.as_str()?).unwrap_or_default();
        Ok(HeadSource { handler, url: row.get(5)?, vcs_branch: row.get(6)?, since })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A package-branch was changed: what is watched no more is forgotten, and
/// begins anew should it be watched again.
///
/// # Errors
/// SQLite fails.
pub fn settle(tx: &Tx<'_>, branch: i64) -> Done<()> {
    let sql = "DELETE FROM branch_head WHERE package_branch_id = ?1 \
               AND EXISTS (SELECT 1 FROM package_branch WHERE id = ?1 AND NOT build_on_commit)";
    tx.prepare_cached(sql)?.execute(params![branch])?;
    Ok(())
}
