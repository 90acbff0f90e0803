//! `/build/LABEL`: releases and arches at a glance, where the time went, what
//! came of it, and what people said.

use std::collections::BTreeSet;

use askama::Template;
use mf_core::error::Error;
use mf_core::resource::{BUILD, PACKAGE_BRANCH, TAG, TASK, USER};
use mf_core::time;
use mf_core::wire::Held;
use serde_json::Value;

use super::cause::cause;
use super::detail::{self, Fields};
use super::log::Row;
use crate::store::timeline::{self, Line};
use crate::web::answer;
use crate::web::cell::{Cell, Link, Moment, State, path, span, text};
use crate::web::errands::{self, Bug, Errand};
use crate::web::files::{self, Shown};
use crate::web::form::{self, Form, Input};
use crate::web::frame::Frame;
use crate::web::made_by::{self, MadeBy};
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
    "bug_details",
    "errands",
];
/// How many of those that failed show lines of their log.
const TAILS: usize = 2;

#[derive(Template)]
#[template(path = "build.html")]
struct Page {
    frame: Frame,
    label: String,
    project: Option<Link>,
    state: State,
    branch: Link,
    user: Option<Link>,
    made: Moment,
    /// From the first start to the last end; empty before the first.
    took: String,
    arches: Vec<String>,
    grid: Vec<(String, Vec<Option<Square>>)>,
    failures: Vec<Failure>,
    strips: Vec<Strip>,
    fields: Fields,
    made_by: Vec<MadeBy>,
    tags: Vec<Link>,
    bugs: Vec<Bug>,
    errands: Vec<Errand>,
    files: Vec<Shown>,
    comments: Vec<Comment>,
    karma: i64,
    comment: Option<Form>,
    actions: Vec<Form>,
    history: Vec<Entry>,
}

/// Tasks that did not succeed, all for the same words.
struct Failure {
    /// Their logs, at the first line that looks like an error; or themselves.
    tasks: Vec<Link>,
    has_logs: bool,
    state: State,
    message: String,
    /// The same as the worker said it.
    said: String,
    /// The log of the first of them.
    log: String,
    /// What that says about it.
    lines: Vec<Row>,
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
pub async fn page(visit: &Visit, label: &str) -> Result<String, Error> {
    let seen = visit.object(&BUILD, label)?;
    let lines = visit.read(|db| timeline::of_build(db, seen.object.id))?;
    let word = |name: &str| text(&seen.value, name);
    let project = word("project_label").to_owned();
    let state = State::new(word("status_label"));
    let link = |line: &Line| Link::new(path(&TASK, &line.label, &project), &line.target);
    let (arches, grid) = grid(&lines, &project);
    let files = files::of(visit, &lines, &project)?;
    let mut actions = form::of(visit, &BUILD, &seen);
    let comment = actions.iter().position(|action| action.name == "comment");
    let page = Page {
        frame: Frame::new(visit, label)
            .tell(&state)
            .live(&[("build_label", label), ("project_label", &project)]),
        label: label.to_owned(),
        project: detail::project(&seen),
        branch: Link::to(&PACKAGE_BRANCH, word("package_branch_label"), &project),
        user: (!word("user_label").is_empty()).then(|| Link::to(&USER, word("user_label"), "")),
        made: Moment::new(word("create_date")),
        took: took(&lines, &state),
        state,
        arches,
        grid,
        failures: failures(visit, &lines, &files, &project).await?,
        strips: strip::strips(&lines, link),
        fields: fields(&seen),
        made_by: made_by::read(lines.iter().map(|line| line.plugins.as_str())),
        tags: links(&seen.value, "tags", |tag| Link::to(&TAG, tag, &project)),
        bugs: errands::bugs(&seen.value),
        errands: errands::of(visit, &seen.value),
        files,
        comments: comments(&seen.value),
        karma: seen.value["karma"].as_i64().unwrap_or(0),
        comment: comment.map(|at| actions.remove(at)),
        actions,
        history: past::entries(visit.history(&BUILD, &seen, detail::PAST)?),
    };
    answer::text(&page)
}

/// Its fields, but those that say that there is nothing special.
fn fields(seen: &Seen) -> Fields {
    let mut fields = detail::fields(&BUILD, seen, SHOWN_APART);
    fields.retain(|(_, _, cell)| !matches!(cell, Cell::Flag(false) | Cell::Int(0)));
    fields
}

/// How long the build took, or takes so far.
fn took(lines: &[Line], state: &State) -> String {
    let starts = lines.iter().map(|line| line.started.as_str()).filter(|date| !date.is_empty());
    let Some(start) = starts.min() else { return String::new() };
    let end = lines.iter().map(|line| line.ended.as_str()).max().unwrap_or_default();
    let end = if state.ended() { end.to_owned() } else { time::now() };
    time::seconds_between(start, &end).map_or_else(String::new, |seconds| span(seconds.max(0)))
}

/// What went wrong, and what the log of the first of them says about it.
async fn failures(
    visit: &Visit,
    lines: &[Line],
    files: &[Shown],
    project: &str,
) -> Result<Vec<Failure>, Error> {
    let mut failures: Vec<Failure> = Vec::new();
    for line in lines {
        if !matches!(line.status.as_str(), "BuildFail" | "Lost" | "Cancelled") {
            continue;
        }
        let log = files.iter().find(|file| file.kind == "log" && file.target == line.target);
        let log = log.filter(|_| line.status != "Cancelled");
        let at = match log {
            Some(log) => format!("{}&errors=true", log.link.path),
            None => path(&TASK, &line.label, project),
        };
        let (task, state) = (Link::new(at, &line.target), State::new(&line.status));
        let same = failures.iter_mut().find(|it| it.said == line.message && it.state == state);
        if let Some(same) = same {
            same.tasks.push(task);
            continue;
        }
        let held = Held { task: line.id, attempt: line.attempt };
        let few = failures.iter().filter(|known| !known.lines.is_empty()).count() < TAILS;
        let told = match log.filter(|_| few) {
            Some(log) => cause(visit, held, &log.link.text).await?,
            None => Vec::new(),
        };
        failures.push(Failure {
            tasks: vec![task],
            has_logs: log.is_some(),
            state,
            message: crate::web::sentence(&line.message),
            said: line.message.clone(),
            log: log.map(|log| log.link.path.clone()).unwrap_or_default(),
            lines: told,
        });
    }
    Ok(failures)
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

fn links(object: &Value, name: &str, link: impl Fn(&str) -> Link) -> Vec<Link> {
    let all = object[name].as_array().into_iter().flatten();
    all.filter_map(Value::as_str).map(link).collect()
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
