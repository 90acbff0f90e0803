//! How long an errand that failed waits before it is tried again.

/// The first pause, in seconds.
const FIRST: i64 = 10;
/// The longest pause that the farm makes by itself, in seconds; a server that
/// wants a longer one gets it.
pub const LONGEST: i64 = 3_600;

/// Seconds to wait after so many failures in a row, twice as many each time.
pub fn pause(failures: i64) -> i64 {
    let doubled = u32::try_from(failures.max(1) - 1).ok().and_then(|n| 2_i64.checked_pow(n));
    doubled.and_then(|times| FIRST.checked_mul(times)).unwrap_or(LONGEST).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_an_hour() {
        let pauses: Vec<i64> = (0..6).map(pause).collect();
        assert_eq!(pauses, [10, 10, 20, 40, 80, 160]);
        assert_eq!((pause(12), pause(i64::MAX)), (LONGEST, LONGEST));
    }
}
