//! `--from`: where a log is shown from, a line or a moment.

use mf_core::error::Code;
use mf_core::time;
use serde_json::{Map, Value, json};

use super::Which;
use super::lines::Wanted;
use crate::{Error, Hub};

/// What `--from` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The line of this number.
    Line(u64),
    /// The first line that came to the hub then or later, UTC.
    Moment(String),
}

/// Seconds of the units that a span of time is given in.
const UNITS: [(char, i64); 4] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];

impl Start {
    /// Understands a number, a moment of UTC, a time of today, or how long ago.
    ///
    /// # Errors
    /// It is none of them.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::at(text, &time::now())
    }

    /// As [`Start::parse`], at a moment of UTC.
    fn at(text: &str, now: &str) -> Result<Self, String> {
        let wrong = "it takes a line (120), how long ago (10m, 2h) or a moment of UTC \
                     (2026-01-31 12:00, or today 12:00)";
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = text.parse().ok().filter(|number| *number > 0);
            return number.map(Start::Line).ok_or_else(|| "the first line is 1".to_owned());
        }
        if let Some(seconds) = span(text) {
            let moment = time::after(now, -seconds).ok_or_else(|| wrong.to_owned())?;
            return Ok(Start::Moment(moment));
        }
        let text = text.trim_end_matches('Z').trim_end_matches(" UTC").replace('T', " ");
        let today = now.split(' ').next().unwrap_or_default();
        let dated = if text.contains('-') { text } else { format!("{today} {text}") };
        let whole = [dated.clone(), format!("{dated}:00"), format!("{dated} 00:00:00")];
        let found = whole.into_iter().find(|text| time::is_time(text));
        found.map(Start::Moment).ok_or_else(|| wrong.to_owned())
    }

    /// Those lines of a log, and the byte from which on it has to be read for
    /// them. Of a log that is not there yet all lines come later.
    ///
    /// # Errors
    /// The hub refuses; there is no such log, unless it is waited for.
    pub async fn of(
        &self,
        hub: &Hub,
        of: &Which<'_>,
        wanted: &Wanted,
        waits: bool,
    ) -> Result<(Wanted, u64), Error> {
        let mut asked = Map::new();
        asked.insert("project_label".into(), of.project.into());
        asked.insert("name".into(), of.name.into());
        asked.insert("count".into(), 1.into());
        asked.extend(of.attempt.map(|attempt| ("attempt".to_owned(), json!(attempt))));
        match self {
            Start::Line(number) => asked.insert("first".into(), json!(number)),
            Start::Moment(moment) => asked.insert("since".into(), json!(moment)),
        };
        let given = match hub.call("task", Some(of.task), "log_lines", &asked).await {
            Err(error) if waits && error.is(Code::NotFound) => Value::Null,
            given => given?,
        };
        let number = |name: &str| given.pointer(&format!("/lines/{name}")).and_then(Value::as_u64);
        let before = match self {
            Start::Line(number) => *number,
            Start::Moment(_) => 1,
        };
        let from = number("first").unwrap_or(before);
        // Without a place to begin at it is read from its own beginning.
        let begin = number("begin");
        let skipped = begin.map_or(0, |_| from - 1);
        Ok((Wanted { from, skipped, ..wanted.clone() }, begin.unwrap_or(0)))
    }
}

/// Seconds of a span such as `10m`.
fn span(text: &str) -> Option<i64> {
    let unit = text.chars().next_back()?;
    let (_, seconds) = UNITS.into_iter().find(|(known, _)| *known == unit)?;
    text.strip_suffix(unit)?.parse::<u32>().ok().map(|count| i64::from(count) * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_a_line_or_a_moment() {
        let at = |text: &str| Start::at(text, "2026-01-31 12:00:30");
        let moment = |text: &str| Ok(Start::Moment(text.to_owned()));
        assert_eq!(at("120"), Ok(Start::Line(120)));
        for (text, said) in [
            ("2026-01-30 23:59:58", "2026-01-30 23:59:58"),
            ("2026-01-30T23:59:58Z", "2026-01-30 23:59:58"),
            ("2026-01-30 23:59:58 UTC", "2026-01-30 23:59:58"),
            ("2026-01-30 23:59", "2026-01-30 23:59:00"),
            ("2026-01-30", "2026-01-30 00:00:00"),
            ("11:58", "2026-01-31 11:58:00"),
            ("11:58:59", "2026-01-31 11:58:59"),
            ("45s", "2026-01-31 11:59:45"),
            ("10m", "2026-01-31 11:50:30"),
            ("2h", "2026-01-31 10:00:30"),
            ("31d", "2025-12-31 12:00:30"),
        ] {
            assert_eq!(at(text), moment(said), "{text}");
        }
        for text in ["0", "", "yesterday", "-5", "10 m", "25:00", "2026-02-30", "m", "1w"] {
            assert!(at(text).is_err(), "{text:?}");
        }
    }
}
