//! The sentence about a task that waits, from what the systems say.

use super::{Needs, SystemSays};
use crate::store::queue::Pause;

/// What comes first: what is soonest, and then what lacks least.
pub(super) fn nearness(said: &SystemSays) -> (usize, usize, String) {
    let order = ["next", "behind", "kept", "busy", "held", "never"];
    let place = order.iter().position(|word| *word == said.says).unwrap_or(order.len());
    (place, said.reasons.len() + said.ahead, said.system.clone())
}

/// The verdict on a task that waits, from what the systems say.
pub(super) fn waits(systems: &[SystemSays], needs: &Needs) -> (&'static str, String) {
    let of =
        |says: &str| -> Vec<&SystemSays> { systems.iter().filter(|s| s.says == says).collect() };
    if let Some(next) = of("next").first() {
        let when = if next.asks { "now".into() } else { asked(next) };
        return ("next", format!("it is the next task of {}: {when}", next.system));
    }
    if let Some(near) = of("behind").first() {
        let (count, are) = match near.ahead {
            1 => ("1 task".to_owned(), "goes"),
            count => (format!("{count} tasks"), "go"),
        };
        let system = &near.system;
        return ("behind", format!("{system} has room for it, and {count} {are} first there"));
    }
    if let Some(kept) = of("kept").first() {
        let oldest = match kept.tasks.first() {
            Some(task) => format!("for {task}"),
            None => "for another task".to_owned(),
        };
        let system = &kept.system;
        let sentence = format!("{system} has room for it, and keeps it {oldest}, which is older");
        return ("behind", sentence);
    }
    let (busy, held) = (of("busy"), of("held"));
    if !busy.is_empty() {
        let each = busy.iter().chain(&held).map(|said| doing(said));
        return ("busy", format!("every system that could build it is full: {}", list(each)));
    }
    if !held.is_empty() {
        let each = held.iter().map(|said| doing(said));
        return ("held", format!("it waits for others to end: {}", list(each)));
    }
    ("impossible", impossible(systems, needs))
}

fn asked(said: &SystemSays) -> String {
    match said.last_seen.as_str() {
        "" => "its worker was never heard of; start it".to_owned(),
        seen => format!("when its worker asks, which was last heard of at {seen} UTC"),
    }
}

/// What a system is doing instead.
fn doing(said: &SystemSays) -> String {
    let tasks = match said.tasks.as_slice() {
        [] => String::new(),
        tasks => format!(" ({})", list(tasks.iter().cloned())),
    };
    let keeps = if said.keeps_room { "; it gives its room to no other until then" } else { "" };
    format!("{}: {}{tasks}{keeps}", said.system, said.reasons.join("; "))
}

/// Why nobody gets a task, and what comes of this one afterwards.
pub(super) fn paused(pause: &Pause, verdict: &str, sentence: &str) -> String {
    let then = match verdict {
        "impossible" => format!("; and {sentence}"),
        _ => String::new(),
    };
    format!("the queue is paused {pause}{then}")
}

/// So many seconds, as people say it.
pub(super) fn duration(seconds: i64) -> String {
    let about = |count: i64, what: &str| {
        format!("about {count} {what}{}", if count == 1 { "" } else { "s" })
    };
    match seconds {
        ..45 => "less than a minute".to_owned(),
        45..5_400 => about((seconds + 30) / 60, "minute"),
        5_400..172_800 => about((seconds + 1_800) / 3_600, "hour"),
        _ => about((seconds + 43_200) / 86_400, "day"),
    }
}

fn impossible(systems: &[SystemSays], needs: &Needs) -> String {
    let vcs = match needs.vcs_handler.as_str() {
        "" => String::new(),
        vcs => format!(", the vcs handler {vcs}"),
    };
    let needs =
        format!("the build handler {}{vcs} and the arch {}", needs.build_handler, needs.arch);
    let Some(nearest) = systems.first() else {
        return format!("there is no system; it needs one with {needs}");
    };
    format!(
        "no enabled system has {needs}; nearest is {}: {}; to do: {}",
        nearest.system,
        nearest.reasons.join(", "),
        nearest.advice.join(", and ")
    )
}

/// At most a few of many.
fn list(mut items: impl Iterator<Item = String>) -> String {
    const FEW: usize = 5;
    let few: Vec<String> = items.by_ref().take(FEW).collect();
    let more = items.count();
    let few = few.join(", ");
    if more == 0 { few } else { format!("{few} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn seconds_are_said_as_people_do() {
        for (seconds, said) in [
            (0, "less than a minute"),
            (50, "about 1 minute"),
            (150, "about 3 minutes"),
            (5_400, "about 2 hours"),
            (200_000, "about 2 days"),
        ] {
            assert_eq!(duration(seconds), said);
        }
    }
}
