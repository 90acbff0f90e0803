//! A build's log against what the build wrote.

use std::collections::BTreeSet;

/// How many lines a build writes, numbered from 1.
pub const LINES: u64 = 240;

/// What is wrong with a log, or anything else that was to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It was there, or should be, and is not.
    Lost(String),
    /// It is there twice.
    Doubled(String),
    /// It is there, and nobody made it.
    Invented(String),
}

/// Compares an attempt's log with what its build writes. `runs` are those
/// that its task had; `whole` says that every line must be there, else a
/// log may end anywhere. The run that wrote it, and how many of its lines
/// are there.
pub fn compare(
    log: &[u8],
    task: &str,
    runs: &[String],
    whole: bool,
) -> (Option<String>, u64, Vec<Flaw>) {
    let mut flaws = Vec::new();
    let (mut run, mut last, mut seen) = (None::<String>, 0, BTreeSet::new());
    let text = String::from_utf8_lossy(log);
    // What comes after the last end of a line was cut off in the middle.
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    for line in lines.filter(|line| line.contains("campaign:")) {
        let words: Vec<&str> = line.split(' ').collect();
        let ["campaign:", of, by, number] = words[..] else {
            // The recipe's own commands are shown, and name no task.
            flaws.push(Flaw::Invented(format!("{task}: the line {line:?}")));
            continue;
        };
        let number = number.parse().unwrap_or(0);
        if of != task || !(1..=LINES).contains(&number) || !runs.iter().any(|run| run == by) {
            flaws.push(Flaw::Invented(format!("{task}: the line {line:?}")));
        } else if run.as_deref().is_some_and(|run| run != by) {
            flaws.push(Flaw::Doubled(format!("{task}: run {by} is in the log of another")));
        } else if !seen.insert(number) {
            flaws.push(Flaw::Doubled(format!("{task}: line {number}")));
        } else if number < last {
            flaws.push(Flaw::Invented(format!("{task}: line {number} comes after line {last}")));
        }
        last = number;
        run.get_or_insert_with(|| by.to_owned());
    }
    let must = if whole { LINES } else { seen.last().copied().unwrap_or(0) };
    let missing: Vec<u64> = (1..=must).filter(|number| !seen.contains(number)).collect();
    if let (Some(first), Some(last)) = (missing.first(), missing.last()) {
        let told = format!("{task}: {} lines from {first} to {last}", missing.len());
        flaws.push(Flaw::Lost(told));
    }
    (run, seen.len() as u64, flaws)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(numbers: impl IntoIterator<Item = u64>) -> String {
        numbers.into_iter().map(|n| format!("campaign: t r {n}\n")).collect()
    }

    fn flaws(log: &str, whole: bool) -> Vec<Flaw> {
        compare(log.as_bytes(), "t", &["r".into()], whole).2
    }

    #[test]
    fn a_whole_log_and_the_beginning_of_one_are_in_order() {
        let whole = format!("task t, attempt 1\n$ sh x\n{}", log(1..=LINES));
        assert_eq!(flaws(&whole, true), []);
        assert_eq!(flaws(&format!("{}campaign: t r", log(1..=7)), false), []);
        assert_eq!(flaws("", false), []);
    }

    #[test]
    fn what_is_missing_is_lost() {
        let lost = |log: &str, whole| matches!(flaws(log, whole)[..], [Flaw::Lost(_)]);
        assert!(lost(&log(1..LINES), true), "the end");
        assert!(lost(&log((1..=LINES).filter(|n| *n != 3)), true), "the middle");
        assert!(lost(&log(2..=9), false), "the beginning");
        assert!(lost("", true), "all of it");
    }

    #[test]
    fn what_is_there_twice_is_doubled() {
        let doubled = |log: String| matches!(flaws(&log, true)[..], [Flaw::Doubled(_)]);
        assert!(doubled(log((1..=5).chain(5..=LINES))));
        let runs = ["r".to_owned(), "s".to_owned()];
        let two = format!("{}campaign: t s 1\n", log(1..=LINES));
        let (_, _, flaws) = compare(two.as_bytes(), "t", &runs, true);
        assert!(matches!(flaws[..], [Flaw::Doubled(_)]), "{flaws:?}");
    }

    #[test]
    fn what_nobody_wrote_is_invented() {
        for line in ["t q 1", "u r 1", "t r 0", "t r 241", "t r", "t r 1 1"] {
            let flaws = flaws(&format!("{}campaign: {line}\n", log(1..=LINES)), true);
            assert!(matches!(flaws[..], [Flaw::Invented(_)]), "{line}: {flaws:?}");
        }
        let torn = flaws(&format!("camp{}", log(1..=LINES)), true);
        assert!(!torn.is_empty());
    }
}
