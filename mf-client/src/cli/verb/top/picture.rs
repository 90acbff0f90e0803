//! What the screen shows of a farm, as plain text.

use mf_core::resource::Task;
use mf_core::time;
use serde_json::Value;

use super::look::Farm;
use crate::cli::print::{clean, detail, span, table};
use crate::cli::verb::status;

/// Cells of the bar that shows a system's load.
const BAR: usize = 10;
/// On a narrower terminal there are no bars.
const NARROW: u16 = 60;
/// A system that was not heard of for so long is gone, in seconds.
const SILENT: i64 = 180;

/// What a picture is drawn for.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Where the hub is.
    pub url: &'a str,
    /// Now, UTC.
    pub now: &'a str,
    /// Since when the hub does not answer, and why.
    pub away: Option<(&'a str, &'a str)>,
    /// Columns of the terminal; none where nobody looks.
    pub columns: Option<u16>,
    /// Its rows; none: as many as it takes.
    pub rows: Option<u16>,
}

/// Lines of a part of the picture below its heading, and of how many objects
/// they are.
struct Part {
    heading: String,
    lines: Vec<Vec<String>>,
    names: Vec<String>,
}

/// The picture, line by line; no more of them than there are rows.
pub fn picture(farm: &Farm, frame: &Frame<'_>) -> Vec<String> {
    let mut lines: Vec<String> =
        head(farm, frame).iter().flat_map(|line| folded(line, frame.columns)).collect();
    let foot =
        frame.rows.map(|_| folded("\x1b[2mq or Ctrl-C ends it\x1b[0m", frame.columns).remove(0));
    let mut parts = vec![systems(farm, frame), running(farm, frame), waiting(farm, frame)];
    parts.retain(|part| !part.lines.is_empty());
    let room = frame
        .rows
        .map(|rows| usize::from(rows).saturating_sub(lines.len() + usize::from(foot.is_some())));
    let shares = shares(&parts, frame.columns, room);
    for (part, share) in parts.iter().zip(shares) {
        lines.extend(part.shown(frame.columns, share));
    }
    let Some((rows, foot)) = frame.rows.zip(foot) else { return lines };
    let rows = usize::from(rows);
    let mut lines: Vec<String> =
        lines.iter().flat_map(|line| folded(line, frame.columns)).collect();
    lines.truncate(rows.saturating_sub(1));
    lines.push(foot);
    lines
}

fn head(farm: &Farm, frame: &Frame<'_>) -> Vec<String> {
    let mut lines = vec![format!("\x1b[1m{}\x1b[0m  {} UTC", clean(frame.url), frame.now)];
    if let Some((since, why)) = frame.away {
        let told = format!("the hub does not answer since {since} UTC: {}", clean(why));
        lines.push(format!("\x1b[1;31m{told}\x1b[0m"));
    }
    let queue = farm.status.get("queue").cloned().unwrap_or_default();
    let number = |name: &str| queue.get(name).and_then(Value::as_i64).unwrap_or(0);
    let oldest = match number("length") {
        0 => String::new(),
        _ => format!(", the oldest for {}", span(number("oldest_seconds"))),
    };
    let running: i64 = list(&farm.status, "systems")
        .iter()
        .filter_map(|system| system.get("running")?.as_i64())
        .sum();
    lines.push(format!("{running} running, {} waiting{oldest}", number("length")));
    if let Some(pause) = queue.get("paused").filter(|pause| pause.is_object()) {
        lines.push(format!("\x1b[1;33mthe queue is {}\x1b[0m", clean(&status::paused(pause))));
    }
    lines
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn systems(farm: &Farm, frame: &Frame<'_>) -> Part {
    let row = |system: &Value| {
        let text = |name: &str| system.get(name).map(detail::text).unwrap_or_default();
        let number = |name: &str| system.get(name).and_then(Value::as_i64).unwrap_or(0);
        let (load, capacity) = (number("load"), number("capacity"));
        let bar = match frame.columns.is_some_and(|columns| columns < NARROW) {
            true => format!("{load}/{capacity}"),
            false => format!("{} {load}/{capacity}", bar(load, capacity)),
        };
        let silent = time::seconds_between(&text("last_seen"), frame.now);
        let state = match (system.get("drained").filter(|by| by.is_object()), silent) {
            (Some(by), _) => format!("drained {}", status::by(by)),
            (None, _) if system.get("enabled") == Some(&Value::Bool(false)) => "drained".into(),
            _ if number("waiting") + number("running") > 0 => "here".to_owned(),
            (None, None) => "never heard of".to_owned(),
            (None, Some(seconds)) if seconds > SILENT => format!("silent for {}", span(seconds)),
            (None, Some(_)) => "here".to_owned(),
        };
        vec![text("label"), bar, text("running"), state]
    };
    let rows = list(&farm.status, "systems").iter().map(row).collect();
    Part::new("systems", &["system", "load", "tasks", "state"], rows)
}

fn running(farm: &Farm, frame: &Frame<'_>) -> Part {
    let row = |task: &Task| {
        let took = since(&task.start_date, frame.now);
        vec![task.label.clone(), task.system_label.clone(), task.stage.clone(), took]
    };
    let rows = farm.running.iter().map(row).collect();
    Part::new("running", &["running", "on", "stage", "for"], rows)
}

fn waiting(farm: &Farm, frame: &Frame<'_>) -> Part {
    let row = |task: &Task| {
        let why = farm.why.get(&task.label).cloned().unwrap_or_default();
        vec![task.label.clone(), since(&task.create_date, frame.now), why]
    };
    let rows = farm.waiting.iter().map(row).collect();
    Part::new("waiting", &["waiting", "for", "why"], rows)
}

fn since(from: &str, now: &str) -> String {
    time::seconds_between(from, now).map_or_else(String::new, |seconds| span(seconds.max(0)))
}

fn bar(load: i64, capacity: i64) -> String {
    let full = match (usize::try_from(load), usize::try_from(capacity)) {
        (Ok(load), Ok(capacity @ 1..)) => (load * BAR).div_ceil(capacity).min(BAR),
        _ => 0,
    };
    format!("[{}{}]", "#".repeat(full), " ".repeat(BAR - full))
}

impl Part {
    fn new(heading: &str, names: &[&str], lines: Vec<Vec<String>>) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Self { heading: heading.to_owned(), lines, names }
    }

    /// Its first rows as lines, after one that is empty.
    fn table(&self, columns: Option<u16>, rows: usize) -> Vec<String> {
        let text = table::text(&self.names, &self.lines[..rows], columns);
        std::iter::once(String::new()).chain(text.lines().map(str::to_owned)).collect()
    }

    /// As many rows as there is room for, and how many more there are.
    fn shown(&self, columns: Option<u16>, room: Option<usize>) -> Vec<String> {
        let all = self.lines.len();
        let whole = self.table(columns, all);
        let Some(room) = room.filter(|room| *room < whole.len()) else { return whole };
        for rows in (0..all.min(room)).rev() {
            let mut lines = if rows == 0 { vec![String::new()] } else { self.table(columns, rows) };
            if lines.len() < room {
                lines.push(format!("… {} more {}", all - rows, self.heading));
                return lines;
            }
        }
        Vec::new()
    }
}

/// How many lines each part has: as many as it needs, or as many as the
/// others, where there is not enough room.
fn shares(parts: &[Part], columns: Option<u16>, room: Option<usize>) -> Vec<Option<usize>> {
    let Some(mut room) = room else { return vec![None; parts.len()] };
    let mut needs: Vec<(usize, usize)> =
        parts.iter().map(|part| part.table(columns, part.lines.len()).len()).enumerate().collect();
    // Who needs least is served first, and leaves the rest to the others.
    needs.sort_by_key(|(_, need)| *need);
    let mut shares = vec![None; parts.len()];
    for (served, (index, need)) in needs.iter().enumerate() {
        let share = (*need).min(room / (parts.len() - served));
        shares[*index] = Some(share);
        room -= share;
    }
    shares
}

/// A line in pieces that the terminal has room for: one that is wider loses
/// its colours, and no letter. Only a word that is wider itself is cut.
fn folded(line: &str, columns: Option<u16>) -> Vec<String> {
    let plain = anstream::adapter::strip_str(line).to_string();
    let wide = columns.map_or(usize::MAX, |columns| usize::from(columns).max(1));
    let letters: Vec<char> = plain.chars().collect();
    if letters.len() <= wide {
        return vec![line.to_owned()];
    }
    let mut pieces = Vec::new();
    let mut rest = &letters[..];
    while rest.len() > wide {
        let blank = rest[..=wide].iter().rposition(|letter| *letter == ' ');
        // Blanks that a line begins with are no place to end it.
        let blank = blank.filter(|at| rest[..*at].iter().any(|letter| *letter != ' '));
        let (piece, after) = match blank {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => rest.split_at(wide),
        };
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces.iter().map(|piece| piece.iter().collect::<String>().trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn farm(tasks: usize) -> Farm {
        let task = |n: usize, status: &str| Task {
            label: format!("php-build{n}.el6-x86_64"),
            status_label: status.into(),
            system_label: if status == "Building" { "builder1".into() } else { String::new() },
            stage: if status == "Building" { "build".into() } else { String::new() },
            create_date: "2026-01-31 11:58:00".into(),
            start_date: "2026-01-31 11:59:30".into(),
            ..Task::default()
        };
        let pause =
            json!({ "user_label": "ada", "date": "2026-01-31 11:00:00", "reason": "disks" });
        let system = |label: &str, load: i64, drained: Value| {
            json!({ "label": label, "load": load, "capacity": 4, "running": load, "waiting": 0,
                    "enabled": drained.is_null(), "drained": drained,
                    "last_seen": "2026-01-31 11:00:00" })
        };
        let status = json!({
            "queue": { "length": tasks, "oldest_seconds": 120, "paused": pause },
            "systems": [system("builder1", 2, Value::Null), system("builder2", 0, pause.clone()),
                        system("builder3", 0, Value::Null)],
        });
        let why = "every system that could build it is full: builder1: its footprint is 3, and \
                   the system has 2 left";
        Farm {
            status,
            running: vec![task(1, "Building"), task(2, "Building")],
            waiting: (3..3 + tasks).map(|n| task(n, "Queued")).collect(),
            why: [("php-build3.el6-x86_64".to_owned(), why.to_owned())].into(),
        }
    }

    fn shown(farm: &Farm, columns: u16, rows: u16) -> String {
        let frame = Frame {
            url: "http://farm.example.org:8765",
            now: "2026-01-31 12:00:00",
            away: None,
            columns: Some(columns),
            rows: Some(rows),
        };
        let lines = picture(farm, &frame);
        assert!(lines.len() <= usize::from(rows), "{lines:#?}");
        let plain = anstream::adapter::strip_str(&lines.join("\n")).to_string();
        for line in plain.lines() {
            assert!(line.chars().count() <= usize::from(columns), "{line:?} at {columns}");
        }
        plain
    }

    #[test]
    fn a_farm_is_seen_at_a_glance() {
        let text = shown(&farm(2), 80, 40);
        for part in [
            "http://farm.example.org:8765  2026-01-31 12:00:00 UTC\n",
            "\n2 running, 2 waiting, the oldest for 2m 00s\n",
            "\nthe queue is paused by ada since 2026-01-31 11:00:00 UTC, because of: disks\n",
            "\nbuilder1",
            "#####",
            "2/4",
            "drained by ada",
            "silent for 1h 00m",
            "\nphp-build1.el6-x86_64",
            "\nphp-build4.el6-x86_64",
            "\nq or Ctrl-C ends it",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert!(!text.contains("more"), "there is room for all:\n{text}");
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        for columns in [80, 40] {
            let text = shown(&farm(50), columns, 24);
            assert!(text.contains("more waiting"), "{text}");
        }
        assert!(shown(&farm(50), 80, 24).contains("php-build3.el6-x86_64"));
    }

    #[test]
    fn a_narrow_terminal_gets_whole_words() {
        let words = |columns| {
            let text = shown(&farm(2), columns, 200);
            text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        // Bars are for terminals that are wide enough.
        let whole: Vec<String> =
            words(200).into_iter().filter(|word| !word.starts_with(['[', '#', ']'])).collect();
        for columns in 30..80 {
            let narrow = words(columns);
            let missing = whole.iter().find(|word| !narrow.contains(word));
            assert_eq!(missing, None, "at {columns} columns: {narrow:?}");
        }
    }

    #[test]
    fn a_picture_never_outgrows_the_terminal() {
        for columns in [10, 39, 40, 60, 80, 119] {
            for rows in [1, 2, 5, 9, 24] {
                shown(&farm(50), columns, rows);
                shown(&Farm::default(), columns, rows);
            }
        }
    }

    #[test]
    fn a_hub_that_is_away_is_said_to_be() {
        let away = Some(("2026-01-31 12:00:00", "connection refused"));
        let (url, now) = ("http://h", "2026-01-31 12:00:01");
        let frame = Frame { url, now, away, columns: None, rows: None };
        let text = picture(&Farm::default(), &frame).join("\n");
        assert!(text.contains("does not answer since 2026-01-31 12:00:00 UTC"), "{text}");
        assert_eq!(bar(1, 100), "[#         ]", "a little is something");
        assert_eq!((bar(0, 0), bar(9, 4)), (bar(0, 9), bar(4, 4)));
    }
}
