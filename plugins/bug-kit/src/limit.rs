//! How long a server wants to be left alone, according to the headers of its
//! reply.

use std::time::{Duration, UNIX_EPOCH};

use ureq::http::HeaderMap;

/// Longest that is believed, in seconds: a day.
const LONGEST: u64 = 24 * 60 * 60;

/// Seconds that the server wants to be left alone: `Retry-After` as a number
/// or a date, else the reset of a limit that has nothing left. `None`: it says
/// nothing of the kind.
pub(crate) fn wait(headers: &HeaderMap) -> Option<u64> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(after) = text("retry-after") {
        let date = || until(headers, httpdate::parse_http_date(after).ok()?);
        return after.parse().ok().or_else(date).map(|seconds: u64| seconds.min(LONGEST));
    }
    if text("x-ratelimit-remaining")? != "0" {
        return None;
    }
    let reset = Duration::from_secs(text("x-ratelimit-reset")?.parse().ok()?);
    until(headers, UNIX_EPOCH.checked_add(reset)?).map(|seconds| seconds.min(LONGEST))
}

/// Seconds until a time, by the server's own clock: ours may be wrong.
fn until(headers: &HeaderMap, then: std::time::SystemTime) -> Option<u64> {
    let now = httpdate::parse_http_date(headers.get("date")?.to_str().ok()?).ok()?;
    // One more, since dates have no fractions.
    Some(then.duration_since(now).unwrap_or_default().as_secs() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&'static str, &'static str)]) -> Option<u64> {
        let pairs = pairs.iter().map(|(name, value)| {
            (name.parse::<ureq::http::HeaderName>().unwrap(), value.parse().unwrap())
        });
        wait(&pairs.collect())
    }

    #[test]
    fn each_way_of_saying_it_is_understood() {
        let date = ("date", "Sun, 22 Nov 2026 10:00:00 GMT");
        assert_eq!(of(&[("retry-after", "60")]), Some(60));
        assert_eq!(of(&[date, ("retry-after", "Sun, 22 Nov 2026 10:01:00 GMT")]), Some(61));
        assert_eq!(of(&[("retry-after", "999999999")]), Some(LONGEST));
        let left = |n| ("x-ratelimit-remaining", n);
        let reset = ("x-ratelimit-reset", "1795341600");
        assert_eq!(of(&[date, left("0"), ("x-ratelimit-reset", "0")]), Some(1));
        assert_eq!(of(&[date, left("0"), reset]), Some(1));
        assert_eq!(of(&[date, left("7"), reset]), None);
        assert_eq!(of(&[left("0"), reset]), None, "nobody knows when that is");
        assert_eq!(of(&[("retry-after", "soon")]), None);
    }
}
