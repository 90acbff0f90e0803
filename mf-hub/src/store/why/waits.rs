//! The verdict on a task that waits, or would.

use rusqlite::Connection;

use super::estimate::{self, First, Place};
use super::usual::{self, Durations};
use super::words::{self, nearness};
use super::{Details, Needs, Of, Verdict, says};
use crate::dispatch::{Facts, Reason, Says, Waits};
use crate::store::select::Sight;
use crate::store::{Done, queue};

/// Puts into words what dispatch says of a task that waits.
///
/// # Errors
/// SQLite fails.
pub fn waits(db: &Connection, facts: &Facts, of: Of, said: Waits, sight: Sight) -> Done<Verdict> {
    let needs = Needs::of(facts);
    let mut systems = Vec::new();
    for answer in &said.answers {
        systems.push(says::named(db, answer, facts, sight)?);
    }
    systems.sort_by_key(nearness);
    let (mut verdict, mut sentence) = words::waits(&systems, &needs);
    let mut begins_in_seconds = match verdict {
        "impossible" => None,
        "next" => Some(0),
        _ => begins(db, facts, &said)?,
    };
    if let Some(seconds) = begins_in_seconds.filter(|_| verdict != "next") {
        sentence += &format!("; it begins in {}", words::duration(seconds));
    }
    let paused = if said.paused { queue::pause(db)? } else { None };
    if let Some(pause) = &paused {
        sentence = words::paused(pause, verdict, &sentence);
        (verdict, begins_in_seconds) = ("paused", None);
    }
    let usual_seconds = usual::of(db, of)?;
    let details =
        Details { needs, systems, begins_in_seconds, ends_in_seconds: None, usual_seconds, paused };
    Ok(Verdict { verdict, sentence, details })
}

/// In about how many seconds it begins, from how long what goes before it
/// usually takes.
fn begins(db: &Connection, facts: &Facts, said: &Waits) -> Done<Option<i64>> {
    let mut durations = Durations::new(db);
    let able = said.answers.iter().filter(|answer| !matches!(answer.says, Says::Never(_)));
    let mut places = Vec::new();
    for answer in able.take(estimate::PLACES) {
        let mut place = Place { capacity: answer.capacity, building: Vec::new(), not_before: None };
        for (task, footprint) in &answer.building {
            place.building.push((durations.left(*task)?, *footprint));
        }
        if let Says::Busy {
            reason: Reason::SourceNameBusy(_) | Reason::OnePerSystem, tasks, ..
        } = &answer.says
        {
            place.not_before = Some(Vec::new());
            for task in tasks {
                let left = durations.left(*task)?;
                place.not_before.get_or_insert_default().push(left);
            }
        }
        places.push(place);
    }
    let mut first = Vec::new();
    for ahead in &said.ahead {
        let seconds = durations.of_package(ahead.package)?;
        first.push(First { seconds, footprint: ahead.footprint, count: ahead.count });
    }
    Ok(estimate::begins_in(places, &first, facts.package.footprint, durations.mean()))
}
