//! A task's life as a strip: how long it waited, and each of its stages.

use mf_core::time;

use super::cell::{Link, span};
use crate::store::timeline::Line;

/// Width of the longest strip, in its own units.
const WIDTH: f64 = 1_000.0;

/// One task's strip.
#[derive(Debug)]
pub struct Strip {
    /// The task.
    pub task: Link,
    /// Its pieces, from left to right.
    pub pieces: Vec<Piece>,
    /// Where it would end if it took as long as usual; `None` where nothing
    /// is known of that.
    pub usual: Option<f64>,
    /// The same in words: all of it.
    pub told: String,
}

/// One piece of a strip.
#[derive(Debug)]
pub struct Piece {
    /// What it is, which is its class in the style too.
    pub name: String,
    /// From the left.
    pub x: f64,
    /// How wide.
    pub width: f64,
    /// What it says when it is pointed at.
    pub told: String,
}

/// How long a task ran, or has run so far, in seconds; `None` before it began.
pub fn took(line: &Line) -> Option<i64> {
    let end = if line.ended.is_empty() { time::now() } else { line.ended.clone() };
    time::seconds_between(&line.started, &end).map(|seconds| seconds.max(0))
}

/// The strips of a build's tasks, on one scale.
pub fn strips(lines: &[Line], link: impl Fn(&Line) -> Link) -> Vec<Strip> {
    let now = time::now();
    let parts: Vec<_> = lines.iter().map(|line| parts(line, &now)).collect();
    let whole = |(line, parts): (&Line, &Vec<(String, i64)>)| {
        let all: i64 = parts.iter().map(|(_, seconds)| seconds).sum();
        let waited = parts.first().map_or(0, |(_, seconds)| *seconds);
        all.max(line.usual.map_or(0, |usual| usual + waited))
    };
    let longest = lines.iter().zip(&parts).map(whole).max().unwrap_or(0).max(1) as f64;
    let strip = |(line, parts): (&Line, Vec<(String, i64)>)| {
        let (mut pieces, mut x) = (Vec::new(), 0.0);
        let mut told = Vec::new();
        let waited = parts.first().map_or(0, |(_, seconds)| *seconds);
        for (name, seconds) in parts {
            let width = seconds as f64 / longest * WIDTH;
            let said = format!("{name} {}", span(seconds));
            // A stage of no whole second is still seen.
            let width = if name == "queued" { width } else { width.max(4.0) };
            told.push(said.clone());
            pieces.push(Piece { name: class(&name).into(), x, width, told: said });
            x += width;
        }
        if let Some(usual) = line.usual {
            told.push(format!("usually {}", span(usual)));
        }
        let usual = line.usual.map(|usual| (waited + usual) as f64 / longest * WIDTH);
        Strip { task: link(line), pieces, usual, told: told.join(", ") }
    };
    lines.iter().zip(parts).map(strip).collect()
}

/// Each part of a task's life and its seconds: it is queued first.
fn parts(line: &Line, now: &str) -> Vec<(String, i64)> {
    let mut marks: Vec<(&str, &str)> = vec![("queued", &line.made)];
    match line.stages.first() {
        Some((_, first)) if !line.started.is_empty() && line.started.as_str() < first.as_str() => {
            marks.push(("checkout", &line.started));
        }
        None if !line.started.is_empty() => marks.push(("build", &line.started)),
        _ => {}
    }
    // Handlers tell of their progress in words of their own, within a stage.
    let stages = line.stages.iter().filter(|(stage, _)| class(stage) != "other");
    marks.extend(stages.map(|(stage, date)| (stage.as_str(), date.as_str())));
    let end = if line.ended.is_empty() { now } else { &line.ended };
    let ends = marks.iter().skip(1).map(|(_, date)| *date).chain([end]);
    let seconds = |from: &str, to: &str| time::seconds_between(from, to).unwrap_or(0).max(0);
    marks
        .iter()
        .zip(ends)
        .map(|((name, from), to)| ((*name).to_owned(), seconds(from, to)))
        .collect()
}

fn class(stage: &str) -> &'static str {
    match stage {
        "queued" => "queued",
        "checkout" => "checkout",
        "build" => "building",
        "upload" => "upload",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_has_its_parts_in_order() {
        let line = Line {
            made: "2026-01-01 00:00:00".into(),
            started: "2026-01-01 00:00:10".into(),
            ended: "2026-01-01 00:01:00".into(),
            stages: vec![
                ("checkout".into(), "2026-01-01 00:00:10".into()),
                ("build".into(), "2026-01-01 00:00:20".into()),
                ("command 1 of 2: make".into(), "2026-01-01 00:00:30".into()),
                ("upload".into(), "2026-01-01 00:00:55".into()),
            ],
            usual: Some(20),
            ..Line::default()
        };
        let strip = &strips(&[line], |line| Link::new("", &line.label))[0];
        assert_eq!(strip.told, "queued 10 s, checkout 10 s, build 35 s, upload 5 s, usually 20 s");
        assert_eq!(strip.usual, Some(500.0));
        let last = strip.pieces.last().unwrap();
        assert!((last.x + last.width - WIDTH).abs() < 0.01, "{last:?}");
    }
}
