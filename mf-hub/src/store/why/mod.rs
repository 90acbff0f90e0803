//! Why a task is where it is, in words: dispatch knows the reasons, the rows
//! have the names.

mod advice;
mod words;

use mf_core::resource::TASK;
use mf_core::task::State;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::select::Sight;
use super::{Done, ready};
use crate::dispatch::{Answer, Facts, Reason, Says, Why};
use advice::advice;
use words::{nearness, waits};

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
    ("behind", "there is room for it, and other tasks go first"),
    ("busy", "every system that could build it is full"),
    ("held", "tasks that must not be built beside it are in the way"),
    ("impossible", "no system can build it as things are"),
];

/// What a verdict is made from.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Details {
    /// What it needs of a system.
    pub needs: Needs,
    /// What each system says, the nearest first; only while it waits.
    pub systems: Vec<SystemSays>,
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
    /// `next`, `behind`, `busy`, `held` or `never`.
    pub says: String,
    /// Why, one sentence for each reason.
    pub reasons: Vec<String>,
    /// What to do about each reason that something can be done about.
    pub advice: Vec<String>,
    /// Tasks that are in the way, those that the caller may know of.
    pub tasks: Vec<String>,
    /// How many tasks go first there.
    pub ahead: usize,
    /// Whether its worker asks for a task at this moment.
    pub asks: bool,
    /// When its worker was last heard of, UTC; to the minute.
    pub last_seen: String,
}

/// Puts into words what dispatch says of a task.
///
/// # Errors
/// SQLite would not.
pub fn verdict(db: &Connection, task: i64, why: Why, sight: Sight) -> Done<Verdict> {
    let facts = ready::task(db, task)?.map(|(facts, _)| facts);
    let needs = facts.as_ref().map(needs).unwrap_or_default();
    let (verdict, sentence, systems) = match why {
        Why::Gone => return ended(db, task, needs),
        Why::Held { system, cancelling } => {
            let (verdict, sentence) = held(db, task, system, cancelling)?;
            (verdict, sentence, Vec::new())
        }
        Why::Offered { system } => {
            let system = label(db, system)?;
            ("next", format!("{system} is taking it at this moment"), Vec::new())
        }
        Why::Ready(answers) => {
            let mut systems = Vec::new();
            for answer in answers {
                systems.push(says(db, answer, facts.as_ref(), sight)?);
            }
            systems.sort_by_key(nearness);
            let (verdict, sentence) = waits(&systems, &needs);
            (verdict, sentence, systems)
        }
    };
    Ok(Verdict { verdict, sentence, details: Details { needs, systems } })
}

fn needs(facts: &Facts) -> Needs {
    Needs {
        build_handler: facts.class.build_handler.clone(),
        vcs_handler: facts.class.vcs_handler.clone(),
        arch: facts.class.arch.clone(),
        footprint: facts.package.footprint,
        source_name: facts.package.source_name.clone(),
        priority: facts.priority,
    }
}

fn ended(db: &Connection, task: i64, needs: Needs) -> Done<Verdict> {
    let sql = "SELECT status, message, end_date FROM task WHERE id = ?1";
    let (status, message, date): (String, String, String) = db
        .prepare_cached(sql)?
        .query_row([task], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let state = ready::named(&status)?;
    let details = Details { needs, systems: Vec::new() };
    // Its row has moved a moment before dispatch heard of it.
    if !state.ended() {
        let sentence = "it is moving at this moment; ask again".to_owned();
        return Ok(Verdict { verdict: "next", sentence, details });
    }
    let why = if message.is_empty() { String::new() } else { format!(": {message}") };
    let retry = match state {
        State::BuildSuccess => "",
        _ => "; `mf task retry` builds it again",
    };
    let sentence = format!("it is {state} since {date} UTC{why}{retry}");
    Ok(Verdict { verdict: "ended", sentence, details })
}

fn held(db: &Connection, task: i64, system: i64, cancelling: bool) -> Done<(&'static str, String)> {
    let sql = "SELECT start_date, stage, attempt FROM task WHERE id = ?1";
    let (date, stage, attempt): (String, String, i64) = db
        .prepare_cached(sql)?
        .query_row([task], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let system = label(db, system)?;
    let stage = if stage.is_empty() { stage } else { format!(", in stage {stage}") };
    Ok(if cancelling {
        (
            "stopping",
            format!("{system} was told to stop it, and has not yet said that nothing is left"),
        )
    } else {
        ("running", format!("it runs on {system} since {date} UTC, attempt {attempt}{stage}"))
    })
}

fn says(db: &Connection, answer: Answer, facts: Option<&Facts>, sight: Sight) -> Done<SystemSays> {
    let sql = "SELECT label, last_seen FROM system WHERE id = ?1";
    let found = db
        .prepare_cached(sql)?
        .query_row([answer.system], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (system, last_seen) = found.unwrap_or_default();
    let mut said = SystemSays { system, last_seen, asks: answer.asks, ..SystemSays::default() };
    let (says, reasons) = match answer.says {
        Says::Next => ("next", Vec::new()),
        Says::Behind(ahead) => {
            said.ahead = ahead;
            ("behind", Vec::new())
        }
        Says::Busy(reason, tasks) => {
            said.tasks = labels(db, &tasks, sight)?;
            let held = matches!(reason, Reason::SourceNameBusy(_) | Reason::OnePerSystem);
            (if held { "held" } else { "busy" }, vec![reason])
        }
        Says::Never(reasons) => ("never", reasons),
    };
    said.says = says.to_owned();
    for reason in reasons {
        said.reasons.push(reason.to_string());
        if let Some(facts) = facts {
            said.advice.extend(advice(db, &reason, &said.system, facts)?);
        }
    }
    Ok(said)
}

fn label(db: &Connection, system: i64) -> Done<String> {
    let sql = "SELECT label FROM system WHERE id = ?1";
    Ok(db
        .prepare_cached(sql)?
        .query_row([system], |row| row.get(0))
        .optional()?
        .unwrap_or_default())
}

/// Labels of the tasks that somebody with this sight may know of.
fn labels(db: &Connection, tasks: &[i64], sight: Sight) -> Done<Vec<String>> {
    let condition = sight.condition(&TASK).unwrap_or_else(|| "1".into());
    let sql = format!("SELECT t.label FROM task t WHERE t.id = ?1 AND {condition}");
    let mut statement = db.prepare_cached(&sql)?;
    let mut labels = Vec::new();
    for task in tasks {
        labels.extend(statement.query_row([task], |row| row.get(0)).optional()?);
    }
    Ok(labels)
}
