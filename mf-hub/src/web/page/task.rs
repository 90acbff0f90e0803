//! `/task/LABEL`: where it is, why, its stages, its log as it grows, its files.

use askama::Template;
use mf_core::error::Error;
use mf_core::resource::{BUILD, SYSTEM, TARGET, TASK};
use mf_core::wire::Held;

use super::cause::cause;
use super::detail::{self, Fields};
use super::log::{Row, tail};
use crate::store::timeline::{self, Line};
use crate::store::why::{self, Verdict};
use crate::web::answer;
use crate::web::cell::{Cell, Link, State, span, text};
use crate::web::escape::encoded;
use crate::web::files::{self, Shown};
use crate::web::form::{self, Form, Input};
use crate::web::frame::Frame;
use crate::web::made_by::{self, MadeBy};
use crate::web::past::{self, Entry};
use crate::web::strip::{self, Strip};
use crate::web::visit::Visit;

/// What the page shows in a way of its own.
const SHOWN_APART: &[&str] = &[
    "label",
    "project_label",
    "status_label",
    "message",
    "isolation",
    "plugins",
    "logs",
    "files",
    "sources",
    "configs",
    "fs_path",
];

#[derive(Template)]
#[template(path = "task.html")]
struct Page {
    frame: Frame,
    label: String,
    project: Option<Link>,
    state: State,
    why: Verdict,
    sentence: String,
    build: Link,
    target: Link,
    system: Option<Link>,
    attempt: i64,
    /// How long it ran, or runs so far; empty before it began.
    took: String,
    strip: Option<Strip>,
    fields: Fields,
    made_by: Vec<MadeBy>,
    /// What kept its handlers from the rest of the host, a line each.
    isolation: Vec<String>,
    logs: Vec<Shown>,
    /// The end of the last attempt's first log; of a task that failed what
    /// tells why.
    tail: Vec<Row>,
    /// The page of that log.
    log_path: String,
    /// Where that log goes on, for the script; empty when it has ended.
    grows: String,
    files: Vec<Shown>,
    actions: Vec<Form>,
    history: Vec<Entry>,
}

/// The page.
///
/// # Errors
/// There is no such task.
pub async fn page(visit: &Visit, label: &str) -> Result<String, Error> {
    let seen = visit.object(&TASK, label)?;
    let id = seen.object.id;
    let said = visit.hub.dispatch.why(id);
    let (why, stages, usual) = visit.read(|db| {
        let why = why::verdict(db, id, said, visit.caller.sight())?;
        Ok((why, timeline::stages(db, id)?, timeline::usual(db, id)?))
    })?;
    let word = |name: &str| text(&seen.value, name).to_owned();
    let project = word("project_label");
    let line = Line {
        status: word("status_label"),
        made: word("create_date"),
        started: word("start_date"),
        ended: word("end_date"),
        stages,
        usual,
        ..Line::default()
    };
    let state = State::new(&line.status);
    let all = files::of_task(visit, (id, label, &project), "")?;
    let (logs, files): (Vec<Shown>, _) = all.into_iter().partition(|file| file.kind == "log");
    let (tail, more) = match logs.first() {
        Some(log) if state.shape() == "fail" => {
            let of = Held { task: id, attempt: log.attempt };
            (cause(visit, of, &log.link.text).await?, None)
        }
        Some(log) => tail(visit, Held { task: id, attempt: log.attempt }, &log.link.text).await?,
        None => (Vec::new(), None),
    };
    let grows = logs.first().zip(more).map_or_else(String::new, |(log, from)| {
        let (name, attempt) = (encoded(&log.link.text), log.attempt);
        let parts = format!("project_label={}&attempt={attempt}", encoded(&project));
        format!("/task/{}/log/{name}?{parts}&follow=true&offset={from}", encoded(label))
    });
    let page = Page {
        frame: Frame::new(visit, label)
            .tell(&state)
            .live(&[("task_label", label), ("project_label", &project)]),
        label: label.to_owned(),
        project: detail::project(&seen),
        state,
        sentence: crate::web::sentence(&why.sentence),
        why,
        build: Link::to(&BUILD, &word("build_label"), &project),
        target: Link::to(&TARGET, &word("target_label"), ""),
        system: Some(Link::to(&SYSTEM, &word("system_label"), ""))
            .filter(|link| !link.text.is_empty()),
        attempt: seen.value["attempt"].as_i64().unwrap_or(0),
        took: strip::took(&line).map(span).unwrap_or_default(),
        made_by: made_by::read(std::iter::once(word("plugins").as_str())),
        isolation: word("isolation").lines().map(str::to_owned).collect(),
        strip: strip::strips(&[line], |_| Link::new("", "")).pop(),
        fields: detail::fields(&TASK, &seen, SHOWN_APART),
        log_path: logs.first().map(|log| log.link.path.clone()).unwrap_or_default(),
        logs,
        tail,
        grows,
        files,
        actions: form::of(visit, &TASK, &seen),
        history: past::entries(visit.history(&TASK, &seen, detail::PAST)?),
    };
    answer::text(&page)
}
