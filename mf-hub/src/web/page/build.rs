//! `/build/LABEL`: releases and arches at a glance, where the time went, what
//! came of it, and what people said.

use std::collections::BTreeSet;

use askama::Template;
use mf_core::error::Error;
use mf_core::resource::{BUILD, BUILD_HANDLER, PACKAGE_BRANCH, TASK};
use serde_json::Value;

use super::detail;
use crate::store::find;
use crate::store::timeline::{self, Line};
use crate::web::answer;
use crate::web::cell::{Cell, Link, Moment, State, path, span, text};
use crate::web::files::{self, Shown};
use crate::web::form::{self, Form, Input};
use crate::web::frame::Frame;
use crate::web::past::{self, Entry};
use crate::web::strip::{self, Strip};
use crate::web::visit::{Seen, Visit};

/// What the page shows in a way of its own.
const SHOWN_APART: &[&str] = &[
    "label",
    "project_label",
    "status_label",
    "tasks",
    "comments",
    "karma",
    "releases",
    "tags",
    "bugs",
    "bug_urls",
];

#[derive(Template)]
#[template(path = "build.html")]
struct Page {
    frame: Frame,
    label: String,
    project: Option<Link>,
    state: State,
    arches: Vec<String>,
    grid: Vec<(String, Vec<Option<Square>>)>,
    strips: Vec<Strip>,
    fields: Vec<(String, &'static str, Cell)>,
    handler: String,
    tags: Vec<Link>,
    bugs: Vec<Link>,
    files: Vec<Shown>,
    comments: Vec<Comment>,
    karma: i64,
    actions: Vec<Form>,
    history: Vec<Entry>,
}

/// One task in the grid.
#[derive(Clone)]
struct Square {
    task: Link,
    state: State,
    note: String,
}

/// What somebody said.
struct Comment {
    user: String,
    time: Moment,
    karma: i64,
    text: String,
}

/// The page.
///
/// # Errors
/// There is no such build.
pub fn page(visit: &Visit, label: &str) -> Result<String, Error> {
    let seen = visit.object(&BUILD, label)?;
    let (lines, handler) = visit.read(|db| {
        let lines = timeline::of_build(db, seen.object.id)?;
        let branch = text(&seen.value, "package_branch_label");
        let project = Some(text(&seen.value, "project_label"));
        let sight = visit.caller.sight();
        Ok((lines, find::object(db, &PACKAGE_BRANCH, branch, project, sight)?))
    })?;
    let project = text(&seen.value, "project_label").to_owned();
    let state = State::new(text(&seen.value, "status_label"));
    let link = |line: &Line| Link::new(path(&TASK, &line.label, &project), &line.target);
    let (arches, grid) = grid(&lines, &project);
    let page = Page {
        frame: Frame::new(visit, label)
            .tell(&state)
            .live(&[("build_label", label), ("project_label", &project)]),
        label: label.to_owned(),
        project: detail::project(&seen),
        state,
        arches,
        grid,
        strips: strip::strips(&lines, link),
        fields: detail::fields(&BUILD, &seen, SHOWN_APART),
        handler: self::handler(visit, handler.id)?,
        tags: links(&seen.value, "tags", |tag| Link::to(&mf_core::resource::TAG, tag, &project)),
        bugs: bugs(&seen),
        files: files::of(visit, &lines, &project)?,
        comments: comments(&seen.value),
        karma: seen.value["karma"].as_i64().unwrap_or(0),
        actions: form::of(visit, &BUILD, &seen),
        history: past::entries(visit.history(&BUILD, &seen, detail::PAST)?),
    };
    answer::text(&page)
}

/// A row for each release, a column for each arch.
#[allow(clippy::type_complexity)] // The rows and columns of one table.
fn grid(lines: &[Line], project: &str) -> (Vec<String>, Vec<(String, Vec<Option<Square>>)>) {
    let arches: BTreeSet<&str> = lines.iter().map(|line| line.arch.as_str()).collect();
    let releases: BTreeSet<&str> = lines.iter().map(|line| line.release.as_str()).collect();
    let square = |release: &str, arch: &str| {
        let found = lines.iter().find(|line| line.release == release && line.arch == arch)?;
        let note = match strip::took(found) {
            Some(seconds) if found.attempt > 1 => {
                format!("{}, attempt {}", span(seconds), found.attempt)
            }
            Some(seconds) => span(seconds),
            None => String::new(),
        };
        let state = State::new(&found.status);
        Some(Square {
            task: Link::new(path(&TASK, &found.label, project), &state.word),
            state,
            note,
        })
    };
    let row = |release: &&str| {
        let squares = arches.iter().map(|arch| square(release, arch)).collect();
        ((*release).to_owned(), squares)
    };
    (arches.iter().map(|arch| (*arch).to_owned()).collect(), releases.iter().map(row).collect())
}

/// The build handler with its plugin, and the hash of that.
fn handler(visit: &Visit, branch: i64) -> Result<String, Error> {
    let said = visit.read(|db| {
        let branch = crate::store::render::map(db, &PACKAGE_BRANCH, branch)?;
        let label = branch["build_handler_label"].as_str().unwrap_or_default().to_owned();
        let found = find::object(db, &BUILD_HANDLER, &label, None, visit.caller.sight())?;
        crate::store::render::map(db, &BUILD_HANDLER, found.id)
    })?;
    let word = |name: &str| said[name].as_str().unwrap_or_default();
    Ok(match word("plugin") {
        "" => word("label").to_owned(),
        plugin => format!(
            "{} of the plugin {plugin} {} (sha256 {})",
            word("label"),
            word("version"),
            word("digest").get(..16).unwrap_or_default()
        ),
    })
}

fn links(object: &Value, name: &str, link: impl Fn(&str) -> Link) -> Vec<Link> {
    let all = object[name].as_array().into_iter().flatten();
    all.filter_map(Value::as_str).map(link).collect()
}

/// Bugs with their addresses, where a bug handler says them.
fn bugs(seen: &Seen) -> Vec<Link> {
    let numbers = text(&seen.value, "bugs").split(',').map(str::trim).filter(|bug| !bug.is_empty());
    let addresses: Vec<Link> = links(&seen.value, "bug_urls", Link::out);
    let address = |at: usize| addresses.get(at).map_or("", |link| link.path.as_str()).to_owned();
    numbers.enumerate().map(|(at, bug)| Link::new(address(at), bug)).collect()
}

fn comments(object: &Value) -> Vec<Comment> {
    let comment = |said: &Value| Comment {
        user: text(said, "user_label").to_owned(),
        time: Moment::new(text(said, "create_date")),
        karma: said["karma"].as_i64().unwrap_or(0),
        text: text(said, "comment").to_owned(),
    };
    object["comments"].as_array().into_iter().flatten().map(comment).collect()
}
