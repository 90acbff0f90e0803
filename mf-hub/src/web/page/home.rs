//! `/`: what runs, what waits and why, what failed lately, and on what.

use askama::Template;
use mf_core::error::Error;
use mf_core::resource::{BUILD, PACKAGE_BRANCH, SYSTEM, TAG, TARGET, TASK};
use mf_core::time;

use super::recent::{self, Row};
use crate::store::newest::{self, Recent};
use crate::store::overview::{self, Queue, Work};
use crate::store::trouble::{self, Trouble, With};
use crate::store::{series, status, why};
use crate::web::answer;
use crate::web::cell::{Link, Moment, State, path};
use crate::web::frame::Frame;
use crate::web::plot::{self, Plot};
use crate::web::visit::Visit;

/// How many of those that wait are shown, each with why.
const EXPLAINED: usize = 5;
/// How many of those that failed are shown, each with why.
const FAILED: usize = 6;
/// Most letters of what a task is at.
const STAGE: usize = 48;
/// How many troubles are shown; there may be more.
const TROUBLES: usize = 6;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    now: Now,
    troubles: Vec<Shortly>,
    more: usize,
    running: Vec<Shown>,
    waiting: Vec<Shown>,
    failed: Vec<Failed>,
    newest: Vec<Row>,
    systems: Vec<Load>,
    queues: Vec<Waits>,
    plot: Plot,
}

/// The farm in a few figures.
#[derive(Default)]
struct Now {
    running: i64,
    waiting: i64,
    /// When the oldest of those that wait was submitted.
    oldest: Moment,
    /// Tasks that ended in the last hours, and of those the ones that did not
    /// succeed.
    ended: usize,
    bad: usize,
    /// Systems whose workers are there, and all.
    here: usize,
    systems: usize,
    load: i64,
    capacity: i64,
}

/// What does not come off by itself.
struct Shortly {
    link: Option<Link>,
    what: String,
    why: String,
    is_final: bool,
    next: Moment,
}

/// A task that runs or waits.
struct Shown {
    task: Link,
    target: Link,
    system: Option<Link>,
    stage: String,
    since: Moment,
    why: String,
}

/// A build that failed, where, and why.
struct Failed {
    build: Link,
    project: String,
    state: State,
    date: Moment,
    task: Option<Link>,
    why: String,
}

/// A system and its load.
struct Load {
    system: Link,
    enabled: bool,
    drained: String,
    online: bool,
    running: i64,
    load: i64,
    capacity: i64,
    seen: Moment,
}

/// What waits for a target.
struct Waits {
    target: Link,
    length: i64,
    oldest: Moment,
}

/// The page.
///
/// # Errors
/// The database would not.
pub fn page(visit: &Visit) -> Result<String, Error> {
    let sight = visit.caller.sight();
    let busy = visit.hub.dispatch.loads();
    let from = time::in_seconds(-plot::HOURS * 3_600).unwrap_or_default();
    let (running, waiting, failed, newest, queues, systems, lives) = visit.read(|db| {
        Ok((
            overview::running(db, sight)?,
            overview::waiting(db, sight)?,
            newest::failed(db, sight)?,
            newest::of_all(db, sight)?,
            overview::queues(db, sight)?,
            status::systems_seen(db, &busy, sight)?,
            series::since(db, &from, None, sight)?,
        ))
    })?;
    let mut reasons = Vec::new();
    for work in waiting.iter().take(EXPLAINED) {
        let said = visit.hub.dispatch.why(work.id);
        reasons.push(visit.read(|db| why::verdict(db, work.id, said, sight))?.sentence);
    }
    let mut reasons = reasons.into_iter();
    let mut troubles = troubles(visit)?;
    let more = troubles.len().saturating_sub(TROUBLES);
    troubles.truncate(TROUBLES);
    let systems: Vec<Load> = systems.into_iter().map(load).collect();
    let now = now(&queues, &systems, &lives);
    let page = Home {
        frame: Frame::new(visit, &told(&now))
            .tells(if now.running > 0 { "run" } else { "icon" })
            .live(&[("resource", "build,task,system,util,errand")]),
        running: running.into_iter().map(|work| shown(work, String::new())).collect(),
        waiting: waiting
            .into_iter()
            .take(EXPLAINED)
            .map(|w| shown(w, reasons.next().unwrap_or_default()))
            .collect(),
        failed: failed.into_iter().take(FAILED).map(self::failed).collect(),
        newest: newest.into_iter().map(|build| recent::row(&BUILD, build)).collect(),
        systems,
        plot: plot::throughput(&lives, now.waiting),
        queues: queues.into_iter().map(queue).collect(),
        now,
        troubles: troubles.into_iter().map(shortly).collect(),
        more,
    };
    answer::text(&page)
}

/// What a tab in the background says of the farm.
fn told(now: &Now) -> String {
    match (now.running, now.waiting) {
        (0, 0) => String::new(),
        (running, 0) => format!("{running} running"),
        (running, waiting) => format!("{running} running, {waiting} waiting"),
    }
}

/// What does not come off, as far as the visitor may know of it.
fn troubles(visit: &Visit) -> Result<Vec<Trouble>, Error> {
    let sight = visit.caller.sight();
    // Plugins are shown to those who are signed in.
    let mut all = match visit.caller.holder {
        Some(_) => visit.read(trouble::plugins)?,
        None => Vec::new(),
    };
    all.extend(visit.read(|db| trouble::list(db, sight))?);
    Ok(all)
}

fn shortly(trouble: Trouble) -> Shortly {
    let Trouble { with, label, project, what, why, is_final, next_try } = trouble;
    let link = match with {
        With::Build => Some(Link::to(&BUILD, &label, &project)),
        With::Tag => Some(Link::to(&TAG, &label, &project)),
        With::Branch => Some(Link::to(&PACKAGE_BRANCH, &label, &project)),
        With::Plugin => Some(Link::new(format!("/plugin/{label}"), "evidence")),
        With::Nothing => None,
    };
    let (next, why) = (Moment::new(&next_try), crate::web::sentence(&why));
    Shortly { link, what, why, is_final, next }
}

/// The figures at the top, from what the rest of the page is made of.
fn now(queues: &[Queue], systems: &[Load], lives: &[series::Life]) -> Now {
    let ended = || lives.iter().filter(|life| !life.ended.is_empty());
    let oldest = queues.iter().map(|queue| queue.oldest.as_str()).min().unwrap_or_default();
    Now {
        running: systems.iter().map(|system| system.running).sum(),
        waiting: queues.iter().map(|queue| queue.length).sum(),
        oldest: Moment::new(oldest),
        ended: ended().count(),
        bad: ended().filter(|life| !life.good).count(),
        here: systems.iter().filter(|system| system.enabled && system.online).count(),
        systems: systems.len(),
        load: systems.iter().map(|system| system.load).sum(),
        capacity: systems.iter().map(|system| system.capacity).sum(),
    }
}

fn shown(work: Work, why: String) -> Shown {
    Shown {
        task: Link::new(path(&TASK, &work.label, &work.project), work.label),
        target: Link::to(&TARGET, &work.target, ""),
        system: (!work.system.is_empty()).then(|| Link::to(&SYSTEM, &work.system, "")),
        stage: shortly_said(&work.stage),
        since: Moment::new(&work.since),
        why: crate::web::sentence(&why),
    }
}

/// The first words of what a handler says it is at.
fn shortly_said(stage: &str) -> String {
    match stage.char_indices().nth(STAGE) {
        Some((at, _)) => format!("{}…", &stage[..at]),
        None => stage.to_owned(),
    }
}

fn failed(build: Recent) -> Failed {
    let (task, why) = build.failed;
    Failed {
        build: Link::to(&BUILD, &build.label, &build.project),
        task: (!task.is_empty()).then(|| Link::to(&TASK, &task, &build.project)),
        why,
        project: build.project,
        state: State::new(&build.status),
        date: Moment::new(&build.date),
    }
}

fn load(system: status::SystemStatus) -> Load {
    Load {
        system: Link::to(&SYSTEM, &system.label, ""),
        enabled: system.enabled,
        drained: system.drained.map(|pause| pause.to_string()).unwrap_or_default(),
        online: system.waiting > 0 || system.running > 0,
        running: system.running,
        load: system.load,
        capacity: system.capacity,
        seen: Moment::new(&system.last_seen),
    }
}

fn queue(queue: Queue) -> Waits {
    Waits {
        target: Link::to(&TARGET, &queue.target, ""),
        length: queue.length,
        oldest: Moment::new(&queue.oldest),
    }
}
