//! Why a task is where it is, in words: dispatch knows the reasons, the rows
//! have the names.

mod advice;
mod estimate;
mod says;
mod usual;
mod waits;
mod words;

use mf_core::task::State;
use mf_core::time;
use rusqlite::Connection;
use serde::Serialize;

use super::queue::Pause;
use super::select::Sight;
use super::{Done, ready};
use crate::dispatch::{Facts, Why};
pub use waits::waits;

/// The verdict on a task, for programs and for people.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// One word: see [`VERDICTS`].
    pub verdict: &'static str,
    /// The same as a sentence, with what to do where something can be done.
    pub sentence: String,
    /// What it is made from.
    pub details: Details,
}

/// Every verdict, and what it means.
pub const VERDICTS: &[(&str, &str)] = &[
    ("ended", "it has come to an end"),
    ("running", "a worker has it"),
    ("stopping", "a worker has it, and is to stop it"),
    ("next", "a system takes it when its worker next asks for a task"),
    ("behind", "there is room for it, and other tasks go first, or the room is kept for one"),
    ("busy", "every system that could build it is full"),
    ("held", "tasks that must not be built beside it are in the way"),
    ("impossible", "no system can build it as things are"),
    ("paused", "nobody gets a task, because the queue is paused"),
];

/// What a verdict is made from.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Details {
    /// What it needs of a system.
    pub needs: Needs,
    /// What each system says, the nearest first; only while it waits.
    pub systems: Vec<SystemSays>,
    /// In about how many seconds it begins; null where nobody can know.
    pub begins_in_seconds: Option<i64>,
    /// In about how many seconds it ends, while it runs; null where nobody can
    /// know.
    pub ends_in_seconds: Option<i64>,
    /// How long the package took for this target, in the middle of the last
    /// few times; for any target, where it was never built for this one; null
    /// where it was never built.
    pub usual_seconds: Option<i64>,
    /// Who paused the queue, when and why; null while it is not paused.
    pub paused: Option<Pause>,
}

/// What a task needs of a system.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Needs {
    /// Label of the build handler.
    pub build_handler: String,
    /// Label of the vcs handler; empty when there is no source to fetch.
    pub vcs_handler: String,
    /// Label of the arch.
    pub arch: String,
    /// Its weight.
    pub footprint: i64,
    /// What is never built beside it.
    pub source_name: String,
    /// Priority of its build's type.
    pub priority: i64,
}

/// What one system says of a task that waits.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SystemSays {
    /// Label of the system.
    pub system: String,
    /// `next`, `behind`, `kept`, `busy`, `held` or `never`.
    pub says: String,
    /// Why, one sentence for each reason.
    pub reasons: Vec<String>,
    /// What to do about each reason that something can be done about.
    pub advice: Vec<String>,
    /// Tasks that are in the way, those that the caller may know of.
    pub tasks: Vec<String>,
    /// How many tasks go first there; counted up to 10,000.
    pub ahead: usize,
    /// Whether it gives its room to no other until this one has it.
    pub keeps_room: bool,
    /// Whether its worker asks for a task at this moment.
    pub asks: bool,
    /// When its worker was last heard of, UTC; to the minute.
    pub last_seen: String,
}

/// A task's package and target: what its duration is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Of {
    /// The package.
    pub package: i64,
    /// The target.
    pub target: i64,
}

/// Puts into words what dispatch says of a task.
///
/// # Errors
/// SQLite fails.
pub fn verdict(db: &Connection, task: i64, why: Why, sight: Sight) -> Done<Verdict> {
    let row = Row::read(db, task)?;
    let facts = ready::task(db, task)?.map(|(facts, _)| facts);
    let details =
        Details { needs: facts.as_ref().map(Needs::of).unwrap_or_default(), ..Details::default() };
    match (why, facts) {
        (Why::Held { system, cancelling }, _) => held(db, &row, system, cancelling, details),
        (Why::Offered { system }, _) => {
            let sentence = format!("{} is taking it at this moment", says::label(db, system)?);
            Ok(Verdict { verdict: "next", sentence, details })
        }
        (Why::Ready(said), Some(facts)) => waits(db, &facts, row.of, said, sight),
        (Why::Ready(_) | Why::Gone, _) => ended(&row, details),
    }
}

impl Needs {
    fn of(facts: &Facts) -> Self {
        Self {
            build_handler: facts.class.build_handler.clone(),
            vcs_handler: facts.class.vcs_handler.clone(),
            arch: facts.class.arch.clone(),
            footprint: facts.package.footprint,
            source_name: facts.package.source_name.clone(),
            priority: facts.priority,
        }
    }
}

/// What a task's row says of how far it is.
struct Row {
    status: String,
    message: String,
    start_date: String,
    end_date: String,
    stage: String,
    attempt: i64,
    of: Of,
}

impl Row {
    fn read(db: &Connection, task: i64) -> Done<Self> {
        let sql = "SELECT k.status, k.message, k.start_date, k.end_date, k.stage, k.attempt, \
                   b.package_id, k.target_id FROM task k JOIN build b ON b.id = k.build_id \
                   WHERE k.id = ?1";
        let row = db.prepare_cached(sql)?.query_row([task], |row| {
            Ok(Self {
                status: row.get(0)?,
                message: row.get(1)?,
                start_date: row.get(2)?,
                end_date: row.get(3)?,
                stage: row.get(4)?,
                attempt: row.get(5)?,
                of: Of { package: row.get(6)?, target: row.get(7)? },
            })
        })?;
        Ok(row)
    }
}

fn ended(row: &Row, details: Details) -> Done<Verdict> {
    let state = ready::named(&row.status)?;
    // Its row has moved a moment before dispatch heard of it.
    if !state.ended() {
        let sentence = "it is moving at this moment; ask again".to_owned();
        return Ok(Verdict { verdict: "next", sentence, details });
    }
    let why = if row.message.is_empty() { String::new() } else { format!(": {}", row.message) };
    let retry = match state {
        State::BuildSuccess => "",
        _ => "; `mf task retry` builds it again",
    };
    let sentence = format!("it is {state} since {} UTC{why}{retry}", row.end_date);
    Ok(Verdict { verdict: "ended", sentence, details })
}

fn held(
    db: &Connection,
    row: &Row,
    system: i64,
    cancelling: bool,
    mut details: Details,
) -> Done<Verdict> {
    let system = says::label(db, system)?;
    if cancelling {
        let sentence =
            format!("{system} was told to stop it, and has not yet said that nothing is left");
        return Ok(Verdict { verdict: "stopping", sentence, details });
    }
    let Row { start_date, stage, attempt, .. } = row;
    let stage = if stage.is_empty() { String::new() } else { format!(", in stage {stage}") };
    details.usual_seconds = usual::of(db, row.of)?;
    details.ends_in_seconds = details
        .usual_seconds
        .zip(time::seconds_between(start_date, &time::now()))
        .and_then(|(usual, since)| usual::left(usual, since));
    let late = if details.ends_in_seconds.is_none() { ", and is late" } else { "" };
    let usual = details
        .usual_seconds
        .map(|usual| format!("; the package usually takes {}{late}", words::duration(usual)));
    let sentence = format!(
        "it runs on {system} since {start_date} UTC, attempt {attempt}{stage}{}",
        usual.unwrap_or_default()
    );
    Ok(Verdict { verdict: "running", sentence, details })
}
