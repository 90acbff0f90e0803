//! What follows from looking at a head: a build, or trouble.

use std::collections::BTreeMap;

use mf_core::errand::pause;
use mf_core::error::Code;
use mf_core::resource::BUILD;
use mf_core::time;
use mf_core::wire::HeadSource;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::draft::Draft;
use super::super::{Done, Fault, Tx, bug, edit, roles};
use super::SOURCE;

/// The build type of builds on commit.
const TYPE: &str = "commit";
/// Most builds on commit of one package-branch that have not ended: one that
/// is being built, and one that waits for the newest head.
const UNENDED: usize = 2;
/// Longest sentence that is kept, in characters.
const WHY: usize = 1_000;

/// Bugs that were fixed since a revision.
pub type Fixes = BTreeMap<String, Vec<String>>;

/// Package-branches that watch a source, by their ids.
///
/// # Errors
/// SQLite fails.
pub fn watching(db: &Connection, of: &HeadSource) -> Done<Vec<i64>> {
    let sql = "SELECT b.id FROM package_branch b JOIN vcs_handler v ON v.id = b.vcs_handler_id \
               WHERE b.build_on_commit AND v.label = ?1 AND b.url = ?2 AND b.vcs_branch = ?3";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([&of.handler.label, &of.url, &of.vcs_branch], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A package-branch that watches: what it looked at, and what it saw.
struct Watch {
    source: String,
    known: String,
    revision: String,
    quiet: bool,
}

/// The head of a package-branch is this revision. One that is new is built,
/// and noted in the same transaction; the first that is ever seen is noted
/// alone. Gives the label of the build, if there is one for it now.
///
/// While a build on commit waits that nobody has begun, it is built of the
/// newest head, so that a head that moves all the time makes no more builds
/// than can be built. The build names the bugs that were fixed since the head
/// before.
///
/// # Errors
/// The build is refused.
pub fn seen(tx: &Tx<'_>, branch: i64, revision: &str, fixes: &Fixes) -> Done<Option<String>> {
    let Some(watch) = watch(tx, branch)? else { return Ok(None) };
    if watch.source != watch.known || watch.revision.is_empty() {
        note(tx, branch, &watch.source, revision)?;
        return Ok(None);
    }
    if watch.revision == revision {
        if !watch.quiet {
            tx.prepare_cached(
                "UPDATE branch_head SET problem = '', failures = 0, next_look = 0, asked = 0 \
                 WHERE package_branch_id = ?1",
            )?
            .execute([branch])?;
        }
        return Ok(None);
    }
    let fixed = fixes.get(&watch.revision).map(Vec::as_slice).unwrap_or_default();
    let unended = unended(tx, branch)?;
    let waiting = unended.iter().find(|(.., waits)| *waits);
    let label = match waiting {
        Some((build, label, _)) => {
            edit::update_columns(tx, &BUILD, *build, &[("revision", &revision)])?;
            bug::also(tx, *build, fixed)?;
            label.clone()
        }
        // It is looked at again, and built of what it is by then.
        None if unended.len() >= UNENDED => return Ok(None),
        None => submit(tx, branch, revision, fixed)?,
    };
    note(tx, branch, &watch.source, revision)?;
    Ok(Some(label))
}

fn watch(db: &Connection, branch: i64) -> Done<Option<Watch>> {
    let sql = format!(
        "SELECT {SOURCE}, coalesce(h.source, ''), coalesce(h.revision, ''), \
         coalesce(h.problem = '' AND h.failures = 0 AND h.asked = 0, 0) \
         FROM package_branch b JOIN vcs_handler v ON v.id = b.vcs_handler_id \
         LEFT JOIN branch_head h ON h.package_branch_id = b.id \
         WHERE b.id = ?1 AND b.build_on_commit"
    );
    let found = db.prepare_cached(&sql)?.query_row([branch], |row| {
        let (source, known) = (row.get(0)?, row.get(1)?);
        Ok(Watch { source, known, revision: row.get(2)?, quiet: row.get(3)? })
    });
    Ok(found.optional()?)
}

fn note(tx: &Tx<'_>, branch: i64, source: &str, revision: &str) -> Done<()> {
    tx.prepare_cached(
        "INSERT INTO branch_head (package_branch_id, source, revision, date) \
         VALUES (?1, ?2, ?3, ?4) ON CONFLICT (package_branch_id) DO UPDATE SET \
         source = ?2, revision = ?3, date = ?4, problem = '', failures = 0, next_look = 0, asked = 0",
    )?
    .execute(params![branch, source, revision, tx.now()])?;
    Ok(())
}

/// Builds on commit of a package-branch that have not ended: id, label, and
/// whether nobody has begun with one.
fn unended(tx: &Tx<'_>, branch: i64) -> Done<Vec<(i64, String, bool)>> {
    let sql = "SELECT b.id, b.label, NOT EXISTS (SELECT 1 FROM task k WHERE k.build_id = b.id \
                   AND (k.status <> 'Queued' OR k.attempt > 0)) \
               FROM build b JOIN build_type y ON y.id = b.build_type_id AND y.label = ?2 \
               WHERE b.package_branch_id = ?1 AND NOT b.scratch \
               AND b.status IN ('New', 'Queued', 'Building') ORDER BY b.id DESC";
    let mut statement = tx.prepare_cached(sql)?;
    let rows = statement
        .query_map(params![branch, TYPE], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Submits a build of that revision in the name of the package's owner; gives
/// its label.
fn submit(tx: &Tx<'_>, branch: i64, revision: &str, fixed: &[String]) -> Done<String> {
    let sql = "SELECT b.label, p.label, k.label, k.user_id, coalesce(g.label, '') \
               FROM package_branch b JOIN project p ON p.id = b.project_id \
               JOIN package k ON k.id = b.package_id LEFT JOIN tag g ON g.id = b.pre_tag_id \
               WHERE b.id = ?1";
    let (label, project, package, owner, pre_tag): (String, String, String, Option<i64>, String) =
        tx.prepare_cached(sql)?.query_row([branch], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?;
    let Some(owner) = owner else {
        let told = format!(
            "package {package:?} has no owner in whose name a build could be submitted; set its user"
        );
        return Err(Fault::told(Code::Refused, told));
    };
    let owner = roles::user(tx, owner)?;
    let mut draft = Draft::default();
    draft.set_text("project_label", project);
    draft.set_text("package_branch_label", label);
    draft.set_text("build_type_label", TYPE);
    draft.set_text("pre_tag_label", pre_tag);
    draft.set_text("bugs", fixed.join(","));
    let (build, _) = edit::create(tx, &owner, &BUILD, &draft)?;
    edit::update_columns(tx, &BUILD, build, &[("revision", &revision)])?;
    let mut label = tx.prepare_cached("SELECT label FROM build WHERE id = ?1")?;
    Ok(label.query_row([build], |row| row.get(0))?)
}

/// A head could not be looked at: it is tried again later, each time after
/// longer.
///
/// # Errors
/// SQLite fails.
pub fn in_vain(tx: &Tx<'_>, branch: i64, why: &str) -> Done<()> {
    let Some(watch) = watch(tx, branch)? else { return Ok(()) };
    let failures = "SELECT failures FROM branch_head WHERE package_branch_id = ?1 AND source = ?2";
    let failures: Option<i64> = tx
        .prepare_cached(failures)?
        .query_row(params![branch, watch.source], |row| row.get(0))
        .optional()?;
    let failures = failures.unwrap_or(0);
    // What was seen of another source says nothing of this one.
    let revision = if watch.source == watch.known { watch.revision } else { String::new() };
    tx.prepare_cached(
        "INSERT INTO branch_head (package_branch_id, source, revision, problem, failures, next_look) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (package_branch_id) DO UPDATE SET \
         source = ?2, revision = ?3, problem = ?4, failures = ?5, next_look = ?6, asked = 0",
    )?
    .execute(params![
        branch,
        watch.source,
        revision,
        short(why),
        failures + 1,
        time::unix_now() + pause(failures + 1)
    ])?;
    Ok(())
}

/// A new head was seen and its build refused: that is said, and tried again
/// later, each time after longer.
///
/// # Errors
/// SQLite fails.
pub fn not_built(tx: &Tx<'_>, branch: i64, revision: &str, why: &str) -> Done<()> {
    let sql = "SELECT failures FROM branch_head WHERE package_branch_id = ?1";
    let failures: i64 = tx.prepare_cached(sql)?.query_row([branch], |row| row.get(0))?;
    let told = short(&format!("{revision} is not built: {why}"));
    tx.prepare_cached(
        "UPDATE branch_head SET problem = ?2, failures = ?3, next_look = ?4, asked = 0 \
         WHERE package_branch_id = ?1",
    )?
    .execute(params![branch, told, failures + 1, time::unix_now() + pause(failures + 1)])?;
    Ok(())
}

fn short(why: &str) -> String {
    why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WHY).collect()
}
