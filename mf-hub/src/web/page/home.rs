//! `/`: what runs, what waits and why, what failed lately, and on what.

use askama::Template;
use mf_core::error::Error;
use mf_core::resource::{BUILD, SYSTEM, TARGET, TASK, USER};
use mf_core::time;

use crate::store::overview::{self, Queue, Recent, Work};
use crate::store::{series, status, why};
use crate::web::answer;
use crate::web::cell::{Link, Moment, State, path};
use crate::web::frame::Frame;
use crate::web::plot::{self, Plot};
use crate::web::visit::Visit;

/// How many of those that wait are told why.
const EXPLAINED: usize = 5;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    running: Vec<Shown>,
    waiting: Vec<Shown>,
    failed: Vec<Built>,
    newest: Vec<Built>,
    systems: Vec<Load>,
    queues: Vec<Waits>,
    waits: i64,
    plot: Plot,
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

/// A build.
struct Built {
    build: Link,
    project: String,
    state: State,
    date: Moment,
    user: Option<Link>,
}

/// A system and its load.
struct Load {
    system: Link,
    enabled: bool,
    drained: String,
    online: bool,
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
            overview::failed(db, sight)?,
            overview::newest(db, sight)?,
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
    let waits = queues.iter().map(|queue| queue.length).sum();
    let mut reasons = reasons.into_iter();
    let page = Home {
        frame: Frame::new(visit, "").live(&[("resource", "build,task,system")]),
        running: running.into_iter().map(|work| shown(work, String::new())).collect(),
        waiting: waiting
            .into_iter()
            .map(|w| shown(w, reasons.next().unwrap_or_default()))
            .collect(),
        failed: failed.into_iter().map(built).collect(),
        newest: newest.into_iter().map(built).collect(),
        systems: systems.into_iter().map(load).collect(),
        queues: queues.into_iter().map(queue).collect(),
        waits,
        plot: plot::throughput(&lives, waits),
    };
    answer::text(&page)
}

fn shown(work: Work, why: String) -> Shown {
    Shown {
        task: Link::new(path(&TASK, &work.label, &work.project), work.label),
        target: Link::to(&TARGET, &work.target, ""),
        system: (!work.system.is_empty()).then(|| Link::to(&SYSTEM, &work.system, "")),
        stage: work.stage,
        since: Moment::new(&work.since),
        why: crate::web::sentence(&why),
    }
}

fn built(build: Recent) -> Built {
    Built {
        build: Link::to(&BUILD, &build.label, &build.project),
        project: build.project,
        state: State::new(&build.status),
        date: Moment::new(&build.date),
        user: (!build.user.is_empty()).then(|| Link::to(&USER, &build.user, "")),
    }
}

fn load(system: status::SystemStatus) -> Load {
    Load {
        system: Link::to(&SYSTEM, &system.label, ""),
        enabled: system.enabled,
        drained: system.drained.map(|pause| pause.to_string()).unwrap_or_default(),
        online: system.waiting > 0 || system.running > 0,
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
