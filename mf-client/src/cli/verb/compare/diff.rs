//! Where two logs differ. What differs in every build (times, places of
//! temporary files, the build's own name) does not count.

use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices_deadline, group_diff_ops};

/// Lines around each difference.
const AROUND: usize = 2;
/// Two very different logs are not compared for longer: what was found by then
/// is shown.
const PATIENCE: Duration = Duration::from_secs(5);

/// A line of the comparison: what stands before it, and it.
pub type Shown = (char, String);

/// The differences, with lines around them; `names` are what the two builds
/// are called.
pub fn lines(before: &str, after: &str, names: [&str; 2]) -> Vec<Shown> {
    let olds: Vec<&str> = before.lines().collect();
    let news: Vec<&str> = after.lines().collect();
    let keys = |lines: &[&str], name: &str| -> Vec<String> {
        lines.iter().map(|line| key(line, name)).collect()
    };
    let (old_keys, new_keys) = (keys(&olds, names[0]), keys(&news, names[1]));
    let deadline = Some(Instant::now() + PATIENCE);
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &old_keys, &new_keys, deadline);
    let mut shown = Vec::new();
    for group in group_diff_ops(ops, AROUND) {
        if let Some(first) = group.first() {
            let place =
                format!("line {}, {}", first.old_range().start + 1, first.new_range().start + 1);
            shown.push(('@', place));
        }
        group.iter().for_each(|op| of_op(op, &olds, &news, &mut shown));
    }
    shown
}

fn of_op(op: &DiffOp, olds: &[&str], news: &[&str], shown: &mut Vec<Shown>) {
    let (tag, old, new) = op.as_tag_tuple();
    let mut add = |mark: char, lines: &[&str]| {
        shown.extend(lines.iter().map(|line| (mark, (*line).to_owned())));
    };
    if tag == DiffTag::Equal {
        add(' ', &news[new]);
    } else {
        add('-', &olds[old]);
        add('+', &news[new]);
    }
}

/// A line without what differs in every build.
fn key(line: &str, name: &str) -> String {
    let line = anstream::adapter::strip_str(line).to_string();
    let line = if name.is_empty() { line } else { line.replace(name, "BUILD") };
    let words = line.split_whitespace().map(|word| if is_moment(word) { "TIME" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a word is a time, a date, or a span of time.
fn is_moment(word: &str) -> bool {
    let word = word.trim_matches(['[', ']', '(', ')', ',', ';']);
    let number =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let clock = |text: &str| text.split(':').count() >= 2 && text.split(':').all(number);
    let date = |text: &str| {
        let parts: Vec<&str> = text.split('-').collect();
        parts.len() == 3 && parts[0].len() == 4 && parts.iter().all(|part| number(part))
    };
    let span = |text: &str| {
        ["ms", "us", "s"].iter().any(|unit| text.strip_suffix(unit).is_some_and(number))
    };
    match word.trim_end_matches('Z').split_once('T') {
        Some((day, hour)) if date(day) => clock(hour),
        _ => clock(word) || date(word) || span(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_every_build_is_no_difference() {
        let before = "[12:00:01] make b-1\ncc a.c\nran 3 tests in 0.12s\nok\n";
        let after = "[13:30:59] make b-2\ncc a.c\nran 3 tests in 7.5s\nok\n";
        assert!(lines(before, after, ["b-1", "b-2"]).is_empty());
        let broken = after.replace("ok", "a.c:3: error: expected ;");
        let shown = lines(before, &broken, ["b-1", "b-2"]);
        let marks: String = shown.iter().map(|(mark, _)| *mark).collect();
        assert_eq!(marks, "@  -+", "{shown:?}");
        assert_eq!(shown.last().unwrap().1, "a.c:3: error: expected ;");
    }

    #[test]
    fn a_version_is_no_time() {
        for moment in ["12:00:01", "2026-01-31", "2026-01-31T12:00:00Z", "0.12s", "(15ms)"] {
            assert!(is_moment(moment), "{moment}");
        }
        for other in ["1.2.3", "a.c:3:", "s", "x86_64", "php-5.2-1"] {
            assert!(!is_moment(other), "{other}");
        }
    }
}
