//! The bugs of builds: what their tracker says of them, and what the farm
//! wants done to them.

use mf_core::errand::{BugAction, BugDeed, BugFound, BugWork, Ended, Subject, bugs};
use mf_core::error::Code;
use mf_core::resource::BUILD;
use mf_core::wire::Handler;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::errand::{self, New};
use super::tag::{Build, Tag};
use super::{Done, Fault, Tx, edit, render};

/// A new build names its bugs: each is looked at as soon as somebody can.
///
/// # Errors
/// [`Code::InvalidValue`] for what is no bug.
pub fn named(tx: &Tx<'_>, build: i64) -> Done<()> {
    let sql = "SELECT bugs FROM build WHERE id = ?1";
    let text: String = tx.prepare_cached(sql)?.query_row([build], |row| row.get(0))?;
    if text.is_empty() {
        return Ok(());
    }
    look(tx, build, 0, &bugs(&text)?)
}

/// A build names these bugs also.
///
/// # Errors
/// SQLite fails.
pub fn also(tx: &Tx<'_>, build: i64, bugs: &[String]) -> Done<()> {
    let mut all = of_build(tx, build)?;
    let known = all.len();
    for bug in bugs {
        if !all.contains(bug) {
            all.push(bug.clone());
        }
    }
    if all.len() == known {
        return Ok(());
    }
    edit::update_columns(tx, &BUILD, build, &[("bugs", &all.join(","))])?;
    look(tx, build, i64::try_from(known).unwrap_or(i64::MAX), &all[known..])
}

/// A build names bugs, from that number on: each is looked at as soon as
/// somebody can.
fn look(tx: &Tx<'_>, build: i64, first: i64, bugs: &[impl AsRef<str>]) -> Done<()> {
    let sql = "INSERT INTO build_bug (build_id, number, bug) VALUES (?1, ?2, ?3)";
    for (number, bug) in (first..).zip(bugs) {
        tx.prepare_cached(sql)?.execute(params![build, number, bug.as_ref()])?;
    }
    if handler(tx, build)?.is_none() {
        return Ok(());
    }
    let deed = BugDeed { action: BugAction::Show, build, ..BugDeed::default() };
    bugs.iter().try_for_each(|bug| wanted(tx, build, &deed, bug.as_ref()))
}

/// A build got a tag: one with `close_on_tag` closes its bugs.
///
/// # Errors
/// SQLite fails.
pub fn tagged(tx: &Tx<'_>, tag: &Tag, build: &Build) -> Done<()> {
    if !tag.close_on_tag || of_build(tx, build.id)?.is_empty() {
        return Ok(());
    }
    let deed = BugDeed {
        action: BugAction::Close,
        build: build.id,
        tag: tag.label.clone(),
        ..BugDeed::default()
    };
    match wanted(tx, build.id, &deed, "") {
        // The build has the tag all the same; its bugs say why they stay open.
        Err(Fault::Told(why)) => of_build(tx, build.id)?
            .into_iter()
            .try_for_each(|bug| told(tx, &BugDeed { bug, ..deed.clone() }, &why.sentence)),
        made => made,
    }
}

/// Writes down that something is to be done to a build's bugs: to one of
/// them, or to all.
///
/// # Errors
/// [`Code::Refused`]: the build has no such bug, or its project no tracker.
pub fn wanted(tx: &Tx<'_>, build: i64, deed: &BugDeed, only: &str) -> Done<()> {
    let Some(handler) = handler(tx, build)? else {
        let told = "its project has no bug handler: give it one with \
                    `mf project update PROJECT --bug-handler HANDLER`";
        return Err(Fault::told(Code::Refused, told));
    };
    let only = only.strip_prefix('#').unwrap_or(only);
    let mut bugs = of_build(tx, build)?;
    bugs.retain(|bug| only.is_empty() || bug == only);
    if bugs.is_empty() {
        let only: String = only.chars().take(80).collect();
        let which = if only.is_empty() { "no bugs".to_owned() } else { format!("no bug {only:?}") };
        let told = format!("the build names {which}; its `bugs` says which it does");
        return Err(Fault::told(Code::Refused, told));
    }
    let sql = "SELECT b.project_id, t.id FROM build b \
               LEFT JOIN tag t ON t.project_id = b.project_id AND t.label = ?2 WHERE b.id = ?1";
    let (project, tag) = tx
        .prepare_cached(sql)?
        .query_row(params![build, deed.tag], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for bug in bugs {
        let subject = Subject::Bug(BugDeed { build, bug, ..deed.clone() });
        let lane = format!("bug_handler:{handler}");
        let new = New { subject: &subject, lane: &lane, project, build: Some(build), tag };
        errand::make(tx, &new)?;
    }
    Ok(())
}

/// The bugs that a build names, in their order.
fn of_build(db: &Connection, build: i64) -> Done<Vec<String>> {
    let sql = "SELECT bug FROM build_bug WHERE build_id = ?1 ORDER BY number";
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement.query_map([build], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Label of the bug handler of a build's project.
fn handler(db: &Connection, build: i64) -> Done<Option<String>> {
    let sql = "SELECT h.label FROM build b JOIN project p ON p.id = b.project_id \
               JOIN bug_handler h ON h.id = p.bug_handler_id WHERE b.id = ?1";
    Ok(db.prepare_cached(sql)?.query_row([build], |row| row.get(0)).optional()?)
}

/// All that a hook needs to know; or how the errand ends that cannot be done
/// as things are.
///
/// # Errors
/// SQLite fails.
pub fn work(db: &Connection, deed: &BugDeed) -> Done<Result<BugWork, Ended>> {
    let sql = "SELECT p.label, k.label, b.label, coalesce(h.enabled, 0), \
               coalesce(h.label, ''), coalesce(h.plugin, ''), coalesce(h.version, ''), \
               coalesce(h.digest, ''), coalesce(h.config, '') \
               FROM build b JOIN project p ON p.id = b.project_id \
               JOIN package k ON k.id = b.package_id \
               LEFT JOIN bug_handler h ON h.id = p.bug_handler_id WHERE b.id = ?1";
    let found = db.prepare_cached(sql)?.query_row([deed.build], |row| {
        let work = BugWork {
            action: deed.action,
            bug: deed.bug.clone(),
            project: row.get(0)?,
            package: row.get(1)?,
            build: row.get(2)?,
            tag: deed.tag.clone(),
            handler: Handler {
                label: row.get(4)?,
                plugin: row.get(5)?,
                version: row.get(6)?,
                digest: row.get(7)?,
                config: row.get(8)?,
            },
            comment: deed.comment.clone(),
            build_url: String::new(),
        };
        Ok((work, row.get::<_, bool>(3)?))
    });
    let (work, enabled) = found?;
    let label = &work.handler.label;
    let why = match (label.is_empty(), enabled) {
        (false, true) => return Ok(Ok(work)),
        (true, _) => format!("project {:?} has no bug handler any more", work.project),
        (false, false) => {
            format!("no plugin of the regulator provides the bug handler {label:?} now")
        }
    };
    Ok(Err(Ended::Later { why, seconds: 0, all: false }))
}

/// A bug as its tracker shows it now.
///
/// # Errors
/// SQLite fails.
pub fn known(tx: &Tx<'_>, deed: &BugDeed, found: &BugFound) -> Done<()> {
    let state = if found.open { "open" } else { "closed" };
    let now = tx.now();
    let columns: [(&str, &dyn ToSql); 5] = [
        ("state", &state),
        ("title", &found.title),
        ("status", &found.status),
        ("message", &""),
        ("check_date", &now),
    ];
    change(tx, deed, &columns)
}

/// What went wrong with a bug for now; empty: nothing does any more.
///
/// # Errors
/// SQLite fails.
pub fn told(tx: &Tx<'_>, deed: &BugDeed, why: &str) -> Done<()> {
    change(tx, deed, &[("message", &why)])
}

/// A tracker refused for good. One that would not even show the bug has left
/// nothing known of it.
///
/// # Errors
/// SQLite fails.
pub fn refused(tx: &Tx<'_>, deed: &BugDeed, why: &str) -> Done<()> {
    let why = format!("cannot {} it: {why}", deed.action.name());
    if deed.action == BugAction::Show {
        return change(tx, deed, &[("state", &"unknown"), ("message", &why)]);
    }
    change(tx, deed, &[("message", &why)])
}

/// Changes what is known of a bug, with the history of its build.
fn change(tx: &Tx<'_>, deed: &BugDeed, columns: &[(&str, &dyn ToSql)]) -> Done<()> {
    let before = render::map(tx, &BUILD, deed.build)?;
    for (name, value) in columns {
        let sql = format!("UPDATE build_bug SET {name} = ?3 WHERE build_id = ?1 AND bug = ?2");
        tx.prepare_cached(&sql)?.execute(params![deed.build, deed.bug, value])?;
    }
    edit::record_update(tx, &BUILD, deed.build, &before).map(drop)
}
