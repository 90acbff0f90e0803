//! Builds get tags and lose them: every change of what a tag holds is made
//! here, with its history, in the transaction that it belongs to.

use std::collections::{HashMap, HashSet};

use mf_core::error::{Code, Error};
use mf_core::resource::{BUILD, TAG};
use serde::Serialize;
use serde_json::{Map, json};

use super::history::{self, Verb};
use super::tag::{Build, Tag};
use super::{Done, Tx, bug, edit, repository};

/// What a move has done, by the builds' labels.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Those that have the other tag now.
    pub moved_builds: Vec<String>,
    /// Those that `only_latest` put out: they have neither tag now.
    pub untagged_builds: Vec<String>,
}

/// Gives a build a tag; where that keeps only the latest, older builds of the
/// package-branch lose it. One that has it already keeps it.
///
/// # Errors
/// [`Code::IllegalMove`]: it is not a build to be tagged, or a newer one has
/// the tag.
pub fn give(tx: &Tx<'_>, tag: &Tag, build: &Build) -> Done<()> {
    build.check()?;
    let has = tag.builds(tx, Some(build.branch))?;
    if has.iter().any(|other| other.id == build.id) {
        return Ok(());
    }
    let others = if tag.only_latest { has } else { Vec::new() };
    if let Some(newer) = others.iter().find(|other| other.id > build.id) {
        let told = format!(
            "tag {:?} keeps only the latest build of a package-branch, and {:?} is newer than {:?}",
            tag.label, newer.label, build.label
        );
        return Err(Error::new(Code::IllegalMove, told).into());
    }
    for other in &others {
        unlink(tx, other, tag)?;
    }
    if link(tx, build, tag)? {
        entered(tx, build, tag)?;
    }
    record(tx, tag, &[build.label.as_str()], &labels(&others))
}

/// Takes a tag from a build.
///
/// # Errors
/// [`Code::IllegalMove`]: it does not have it.
pub fn take(tx: &Tx<'_>, tag: &Tag, build: &Build) -> Done<()> {
    if !unlink(tx, build, tag)? {
        let told = format!("build {:?} does not have the tag {:?}", build.label, tag.label);
        return Err(Error::new(Code::IllegalMove, told).into());
    }
    record(tx, tag, &[], &[build.label.as_str()])
}

/// Takes a tag from all its builds.
///
/// # Errors
/// SQLite fails.
pub fn empty(tx: &Tx<'_>, tag: &Tag) -> Done<()> {
    let builds = tag.builds(tx, None)?;
    for build in &builds {
        unlink(tx, build, tag)?;
    }
    record(tx, tag, &[], &labels(&builds))
}

/// Moves all builds of a tag to another. Where that keeps only the latest,
/// the latest of each package-branch stays, wherever it was before; the
/// others lose both tags.
///
/// # Errors
/// [`Code::InvalidValue`] when both are the same; [`Code::IllegalMove`].
pub fn move_all(tx: &Tx<'_>, from: &Tag, to: &Tag) -> Done<Moved> {
    if from.id == to.id {
        let told = format!("the builds of {:?} are there already; name another tag", from.label);
        return Err(Error::new(Code::InvalidValue, told).into());
    }
    let moving = from.builds(tx, None)?;
    moving.iter().try_for_each(Build::check)?;
    let there = to.builds(tx, None)?;
    let mut latest: HashMap<i64, i64> = HashMap::new();
    if to.only_latest {
        for build in moving.iter().chain(&there) {
            let id = latest.entry(build.branch).or_insert(build.id);
            *id = build.id.max(*id);
        }
    }
    let stays = |build: &Build| latest.get(&build.branch).is_none_or(|id| *id == build.id);
    let concerned: HashSet<i64> = moving.iter().map(|build| build.branch).collect();
    let mut moved = Moved::default();
    let (mut out_of_to, mut out) = (Vec::new(), HashSet::new());
    for old in there.iter().filter(|old| concerned.contains(&old.branch) && !stays(old)) {
        unlink(tx, old, to)?;
        out_of_to.push(old.label.as_str());
        out.insert(old.id);
        moved.untagged_builds.push(old.label.clone());
    }
    for build in &moving {
        if stays(build) {
            change(tx, build, &[(DELETE, from), (INSERT, to)])?;
            if !there.iter().any(|old| old.id == build.id) {
                entered(tx, build, to)?;
            }
            moved.moved_builds.push(build.label.clone());
        } else {
            unlink(tx, build, from)?;
            if !out.contains(&build.id) {
                moved.untagged_builds.push(build.label.clone());
            }
        }
    }
    let into: Vec<&str> = moved.moved_builds.iter().map(String::as_str).collect();
    record(tx, from, &[], &labels(&moving))?;
    record(tx, to, &into, &out_of_to)?;
    Ok(moved)
}

/// What follows from a build's getting a tag.
fn entered(tx: &Tx<'_>, build: &Build, tag: &Tag) -> Done<()> {
    bug::tagged(tx, tag, build)
}

const INSERT: &str = "INSERT OR IGNORE INTO build_tag (build_id, tag_id) VALUES (?1, ?2)";
const DELETE: &str = "DELETE FROM build_tag WHERE build_id = ?1 AND tag_id = ?2";

fn link(tx: &Tx<'_>, build: &Build, tag: &Tag) -> Done<bool> {
    change(tx, build, &[(INSERT, tag)])
}

fn unlink(tx: &Tx<'_>, build: &Build, tag: &Tag) -> Done<bool> {
    change(tx, build, &[(DELETE, tag)])
}

/// Changes a build's tags with its history; whether that changed anything.
/// Only they are compared, and not the whole build: a tag may have thousands.
fn change(tx: &Tx<'_>, build: &Build, steps: &[(&str, &Tag)]) -> Done<bool> {
    let before = tags(tx, build)?;
    for (sql, tag) in steps {
        tx.prepare_cached(sql)?.execute([build.id, tag.id])?;
    }
    let after = tags(tx, build)?;
    if after == before {
        return Ok(false);
    }
    edit::touch(tx, &BUILD, build.id)?;
    let field = |tags: Vec<String>| Map::from_iter([("tags".to_owned(), json!(tags))]);
    history::record_with(tx, Verb::Update, &BUILD, build.id, &field(before), field(after))?;
    Ok(true)
}

/// Labels of a build's tags, as they are shown.
fn tags(tx: &Tx<'_>, build: &Build) -> Done<Vec<String>> {
    let sql = "SELECT t.label FROM build_tag l JOIN tag t ON t.id = l.tag_id \
               WHERE l.build_id = ?1 ORDER BY t.label";
    let mut statement = tx.prepare_cached(sql)?;
    Ok(statement.query_map([build.id], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// A tag's history names what came and went, and not all that it holds, which
/// may be thousands.
fn record(tx: &Tx<'_>, tag: &Tag, tagged: &[&str], untagged: &[&str]) -> Done<()> {
    let mut changes = Map::new();
    for (name, labels) in [("tagged", tagged), ("untagged", untagged)] {
        if !labels.is_empty() {
            changes.insert(name.to_owned(), json!(labels));
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    repository::wants(tx, tag.id)?;
    edit::touch(tx, &TAG, tag.id)?;
    history::record(tx, Verb::Update, &TAG, tag.id, changes)
}

fn labels(builds: &[Build]) -> Vec<&str> {
    builds.iter().map(|build| build.label.as_str()).collect()
}
