//! The time that a build may take, as people write it in a configuration.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// The longest that can be asked for: a year is a mistake, not a build.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// A time as a configuration has it: a number of seconds, or a text such as
/// `90s`, `10m` or `2h`; never zero, and never more than a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeout {
    /// The time itself.
    pub limit: Duration,
    /// As it was written, for sentences.
    pub text: String,
}

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Written)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timeout {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timeout".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["integer", "string"],
            "minimum": 1,
            "maximum": LONGEST.as_secs(),
            "pattern": r"^\s*[0-9]+\s*[smh]\s*$",
        })
    }
}

/// What may stand in the file.
struct Written;

impl Visitor<'_> for Written {
    type Value = Timeout;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of seconds, or a time such as \"90s\", \"10m\" or \"2h\"")
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Timeout, E> {
        let refused = || E::invalid_value(Unexpected::Signed(seconds), &self);
        let limit = Duration::from_secs(seconds.try_into().map_err(|_| refused())?);
        bounded(limit, format!("{seconds} s")).ok_or_else(refused)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Timeout, E> {
        parse(text)
            .and_then(|limit| bounded(limit, text.trim().to_owned()))
            .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

fn bounded(limit: Duration, text: String) -> Option<Timeout> {
    (!limit.is_zero() && limit <= LONGEST).then_some(Timeout { limit, text })
}

fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let seconds = match unit.trim() {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    Some(Duration::from_secs(digits.parse::<u64>().ok()?.checked_mul(seconds)?))
}
