//! Builds: what submitting one means, and its fan-out into tasks.

use mf_core::error::{Code, Error};
use mf_core::label;
use mf_core::resource::{BUILD, TASK};
use mf_core::task::State;
use rusqlite::{Connection, OptionalExtension, params};

use super::draft::Draft;
use super::history::{self, Verb};
use super::links::{self, Where};
use super::special::{self, Context};
use super::{Done, Fault, Tx, render, tag, tagging};

/// How many reasons are given why a build would have no task.
const REASONS: usize = 50;

/// Fills in label, user and package of a new build, and checks what only builds
/// have.
///
/// # Errors
/// The submitter may not, or the draft contradicts itself.
pub fn before_create(context: &Context<'_>, draft: &mut Draft) -> Done<()> {
    let branch = branch(context, draft)?;
    draft.set_text("package_label", branch.package_label.clone());
    match draft.text("user_label") {
        Some(label) => special::own_name(context, label)?,
        None => draft.set_text("user_label", context.caller.label.clone()),
    }
    if draft.text("label").is_none() {
        let label = default_label(context.tx, context.project, &branch.package_label)?;
        // The package's label may leave no room for more.
        label::check(&label)?;
        draft.set_text("label", label);
    }
    scratch(draft, &branch.url)?;
    match draft.text("pre_tag_label") {
        Some(label) if !label.is_empty() => {
            let tag = tag::named(context.tx, context.project, label)?;
            Ok(tag.check(context.caller, context.roles)?)
        }
        _ => Ok(()),
    }
}

/// What a build takes from its package-branch.
struct Branch {
    package_label: String,
    url: String,
}

fn branch(context: &Context<'_>, draft: &Draft) -> Done<Branch> {
    let field = BUILD
        .field("package_branch_label")
        .ok_or_else(|| Fault::Broken("a build has no package_branch_label".into()))?;
    let label = draft.text(field.name).unwrap_or_default();
    let at = Where { project: context.project, sight: context.caller.sight() };
    let id = links::resolve(context.tx, field, label, at)?;
    let sql = "SELECT p.label, b.url FROM package_branch b JOIN package p ON p.id = b.package_id \
               WHERE b.id = ?1";
    Ok(context
        .tx
        .query_row(sql, [id], |row| Ok(Branch { package_label: row.get(0)?, url: row.get(1)? }))?)
}

/// Most digits of a number in a label; more are none.
const DIGITS: usize = 18;

/// The largest number among the labels of project `?1` that have length `?2`
/// and are `?4` with digits after it, from place `?3` on.
pub(super) const NUMBER: &str = "SELECT CAST(substr(label, ?3) AS INTEGER) \
    FROM build INDEXED BY build_number \
    WHERE project_id = ?1 AND length(label) = ?2 \
    AND label > ?4 || '/' AND label < ?4 || ':' \
    AND substr(label, ?3) NOT GLOB '*[^0-9]*' ORDER BY label DESC LIMIT 1";

/// `<package>-buildN`, with the number after the largest that there is. Among
/// labels of one length the largest number is the last one, so that the index
/// has it, however many builds there are.
pub(super) fn default_label(db: &Connection, project: Option<i64>, package: &str) -> Done<String> {
    let prefix = format!("{package}-build");
    let mut statement = db.prepare_cached(NUMBER)?;
    // Labels have no letters of more than one byte.
    let (from, mut last) = (prefix.len() as i64 + 1, 0_i64);
    for length in (1..=DIGITS).rev().map(|digits| (prefix.len() + digits) as i64) {
        let found = statement.query_row(params![project, length, from, prefix], |row| row.get(0));
        if let Some(found) = found.optional()? {
            last = last.max(found);
            // A shorter one is larger only beside one that begins with 0.
            if last.to_string().len() as i64 == length + 1 - from {
                break;
            }
        }
    }
    Ok(format!("{prefix}{}", last.saturating_add(1)))
}

fn scratch(draft: &Draft, branch_url: &str) -> Result<(), Error> {
    let url = draft.text("scratch_url").unwrap_or_default();
    let refuse = |told: &str| Err(Error::new(Code::InvalidValue, told));
    if !draft.flag("scratch") {
        return match url {
            "" => Ok(()),
            _ => refuse("scratch_url is for scratch builds: give scratch=true too"),
        };
    }
    if url.is_empty() && !branch_url.is_empty() {
        return refuse("a scratch build is built from its scratch_url: give one");
    }
    if draft.text("pre_tag_label").is_some_and(|tag| !tag.is_empty()) {
        return refuse("a scratch build is never tagged: leave pre_tag_label out");
    }
    Ok(())
}

/// Refuses to delete a build that a worker is busy with, or that has a locked
/// tag; otherwise takes all of its tags from it.
///
/// # Errors
/// [`Code::IllegalMove`].
pub fn before_delete(tx: &Tx<'_>, id: i64, label: &str) -> Done<()> {
    let sql = "SELECT count(*) FROM task WHERE build_id = ?1 \
               AND status IN ('Building', 'Cancelling')";
    let busy: i64 = tx.query_row(sql, [id], |row| row.get(0))?;
    if busy > 0 {
        let told = format!("build {label:?} is being built: cancel it first");
        return Err(Fault::told(Code::IllegalMove, told));
    }
    let sql = "SELECT id FROM task WHERE build_id = ?1 AND status IN ('New', 'Queued')";
    let mut statement = tx.prepare_cached(sql)?;
    for waiting in statement.query_map([id], |row| row.get(0))? {
        let waiting = waiting?;
        tx.then(move |dispatch| dispatch.forget(waiting));
    }
    for tag in tag::of_build(tx, id)? {
        tag.check_open()?;
        tagging::take(tx, &tag, &tag::build(tx, id)?)?;
    }
    Ok(())
}

/// One target that a build may be for.
struct Candidate {
    id: i64,
    label: String,
    /// Why not, if so.
    why_not: Option<String>,
}

/// Makes a task for every target of every release that the build is for, and
/// queues them.
///
/// # Errors
/// [`Code::Refused`] with the reason for each target, when there would be no
/// task.
pub fn fan_out(tx: &Tx<'_>, build: i64) -> Done<()> {
    let (label, project, branch, handler): (String, i64, i64, i64) = tx.query_row(
        "SELECT b.label, b.project_id, b.package_branch_id, p.build_handler_id FROM build b \
         JOIN package_branch p ON p.id = b.package_branch_id WHERE b.id = ?1",
        [build],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    let candidates = candidates(tx, branch, handler)?;
    if candidates.iter().all(|candidate| candidate.why_not.is_some()) {
        return Err(no_task(tx, &label, branch, &candidates)?);
    }
    tx.execute("UPDATE build SET status = ?2 WHERE id = ?1", params![build, State::Queued.name()])?;
    for target in candidates.iter().filter(|candidate| candidate.why_not.is_none()) {
        tx.prepare_cached(
            "INSERT INTO task (label, create_date, update_date, project_id, build_id, target_id, \
             build_handler_id, status) VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            format!("{label}.{}", target.label),
            tx.now(),
            project,
            build,
            target.id,
            handler,
            State::Queued.name()
        ])?;
        let id = tx.last_insert_rowid();
        history::record(tx, Verb::Create, &TASK, id, render::map(tx, &TASK, id)?)?;
        special::follow_made(tx, &TASK, id)?;
    }
    Ok(())
}

/// Targets for which a build has no task, with the reason for each.
///
/// # Errors
/// SQLite fails.
pub fn refused(db: &Connection, build: i64) -> Done<Vec<(String, String)>> {
    let sql = "SELECT p.id, p.build_handler_id FROM build b \
               JOIN package_branch p ON p.id = b.package_branch_id WHERE b.id = ?1";
    let (branch, handler) =
        db.prepare_cached(sql)?.query_row([build], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let all = candidates(db, branch, handler)?.into_iter();
    Ok(all.filter_map(|candidate| Some((candidate.label, candidate.why_not?))).collect())
}

/// Every target of the releases that a package-branch names, or of all
/// releases when it names none.
fn candidates(db: &Connection, branch: i64, handler: i64) -> Done<Vec<Candidate>> {
    let sql = "SELECT t.id, t.label, r.label, r.eol, \
         EXISTS (SELECT 1 FROM package_branch_excluded_release x \
                 WHERE x.package_branch_id = ?1 AND x.release_id = r.id), \
         EXISTS (SELECT 1 FROM release_build_handler h WHERE h.release_id = r.id) \
         AND NOT EXISTS (SELECT 1 FROM release_build_handler h \
                         WHERE h.release_id = r.id AND h.build_handler_id = ?2), \
         EXISTS (SELECT 1 FROM target_build_handler h WHERE h.target_id = t.id) \
         AND NOT EXISTS (SELECT 1 FROM target_build_handler h \
                         WHERE h.target_id = t.id AND h.build_handler_id = ?2) \
         FROM target t JOIN \"release\" r ON r.id = t.release_id \
         WHERE NOT EXISTS (SELECT 1 FROM package_branch_release n WHERE n.package_branch_id = ?1) \
         OR r.id IN (SELECT release_id FROM package_branch_release WHERE package_branch_id = ?1) \
         ORDER BY t.label";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([branch, handler], |row| {
        let label: String = row.get(1)?;
        let release: String = row.get(2)?;
        let why_not = if row.get(3)? {
            Some(format!("release {release} is at its end of life"))
        } else if row.get(4)? {
            Some(format!("release {release} is excluded"))
        } else if row.get(5)? {
            Some(format!("release {release} does not take the build handler"))
        } else if row.get(6)? {
            Some("the target does not take the build handler".to_owned())
        } else {
            None
        };
        Ok(Candidate { id: row.get(0)?, label, why_not })
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

fn no_task(db: &Connection, label: &str, branch: i64, candidates: &[Candidate]) -> Done<Fault> {
    let reason = |candidate: &Candidate| {
        Some(format!("{}: {}", candidate.label, candidate.why_not.as_ref()?))
    };
    let mut reasons: Vec<String> = candidates.iter().filter_map(reason).collect();
    let sql = "SELECT r.label FROM package_branch_release n JOIN \"release\" r \
               ON r.id = n.release_id WHERE n.package_branch_id = ?1 \
               AND NOT EXISTS (SELECT 1 FROM target t WHERE t.release_id = r.id) ORDER BY r.label";
    let mut statement = db.prepare_cached(sql)?;
    for release in statement.query_map([branch], |row| row.get::<_, String>(0))? {
        reasons.push(format!("release {} has no target", release?));
    }
    if reasons.is_empty() {
        reasons.push("the farm has no target yet; create a release and a target".into());
    }
    if reasons.len() > REASONS {
        let more = reasons.len() - REASONS;
        reasons.truncate(REASONS);
        reasons.push(format!("and {more} more"));
    }
    let told = format!("build {label:?} would have no task: {}", reasons.join("; "));
    Ok(Fault::told(Code::Refused, told))
}
