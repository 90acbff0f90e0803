//! The farm's clock: the only place that asks what time it is.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use rustix::time::{ClockId, clock_gettime};

/// The format of every time on the wire: UTC, to the second.
const FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// Now, as it stands on the wire: UTC, `YYYY-MM-DD HH:MM:SS`.
pub fn now() -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).strftime(FORMAT).to_string()
}

/// Seconds since 1970, for what must be compared with a limit, such as a
/// signed link. Deadlines of leases use the monotonic clock instead.
pub fn unix_now() -> i64 {
    Timestamp::now().as_second()
}

/// How long ago this host was started, including the time that it slept: a
/// clock that all processes of the host share, and that nobody can set.
pub fn since_boot() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    // A clock that starts at zero is never negative.
    Duration::try_from(now).unwrap_or_default()
}

/// The time on the wire so many seconds from now; `None` when that is beyond
/// any calendar.
pub fn in_seconds(seconds: i64) -> Option<String> {
    let then = Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).ok()?;
    Some(then.to_zoned(TimeZone::UTC).strftime(FORMAT).to_string())
}

/// The time on the wire so many seconds after another; `None` when that is
/// none, or it is beyond any calendar.
pub fn after(time: &str, seconds: i64) -> Option<String> {
    let then = DateTime::strptime(FORMAT, time).ok()?;
    let then = then.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    Some(then.strftime(FORMAT).to_string())
}

/// How many seconds this host's clock is ahead of a time as HTTP writes it,
/// such as `Sat, 31 Jan 2026 12:00:00 GMT`; `None` when it is none.
pub fn ahead_of_http(date: &str) -> Option<i64> {
    let theirs = jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_second();
    Some(unix_now() - theirs)
}

/// Whether `text` is a time as it stands on the wire.
pub fn is_time(text: &str) -> bool {
    DateTime::strptime(FORMAT, text).is_ok()
}

/// A time on the wire in seconds since 1970; `None` unless it is one.
pub fn unix(text: &str) -> Option<i64> {
    let civil = DateTime::strptime(FORMAT, text).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// Seconds from one time on the wire to another; `None` unless both are times.
pub fn seconds_between(from: &str, to: &str) -> Option<i64> {
    Some(unix(to)? - unix(from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_started_is_not_started_later() {
        let before = since_boot();
        assert!(!before.is_zero() && before <= since_boot());
    }

    #[test]
    fn clocks_are_compared() {
        let ahead = ahead_of_http("Sat, 31 Jan 2026 12:00:00 GMT").unwrap();
        assert_eq!(ahead, unix_now() - 1_769_860_800);
        assert_eq!(ahead_of_http("yesterday"), None);
    }

    #[test]
    fn now_is_a_time() {
        assert!(is_time(&now()), "{}", now());
        assert!(!is_time("yesterday"));
        assert_eq!(seconds_between(&now(), &in_seconds(90).unwrap()).unwrap() / 10, 9);
        assert_eq!(in_seconds(i64::MAX), None);
        assert_eq!(after("2026-02-01 00:00:09", -10).unwrap(), "2026-01-31 23:59:59");
        assert_eq!((after("now", 1), after("2026-02-01 00:00:09", i64::MAX)), (None, None));
        assert_eq!(seconds_between("2026-01-31 23:59:59", "2026-02-01 00:00:09"), Some(10));
    }
}
