//! When keys were last used: written at most once a minute for each, and
//! never waited for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::store::writer::Writer;

/// How often the use of one key is written.
const OFTEN: Duration = Duration::from_secs(60);
/// Most keys that are remembered; beyond it all are forgotten, which costs
/// each one write.
const REMEMBERED: usize = 100_000;

/// Which keys were seen lately.
#[derive(Debug, Default)]
pub struct Uses(Mutex<HashMap<i64, Instant>>);

impl Uses {
    /// A key is used now.
    pub fn seen(&self, writer: &Writer, key: i64) {
        if !self.is_due(key, Instant::now()) {
            return;
        }
        // When the hub is too busy to write it, another use will be.
        let _ = writer.post("hub", move |tx| {
            let sql = "UPDATE api_key SET last_use_date = ?2 WHERE id = ?1";
            tx.prepare_cached(sql)?.execute((key, tx.now()))?;
            Ok(())
        });
    }

    fn is_due(&self, key: i64, now: Instant) -> bool {
        // Nothing under the lock can stop half way.
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get(&key) {
            Some(last) if now.duration_since(*last) < OFTEN => return false,
            _ => {}
        }
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.insert(key, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_written_once_a_minute() {
        let (uses, start) = (Uses::default(), Instant::now());
        let due = |key, seconds| uses.is_due(key, start + Duration::from_secs(seconds));
        assert!(due(1, 0));
        assert!(!due(1, 59));
        assert!(due(2, 59));
        assert!(due(1, 60));
        assert!(!due(1, 61));
    }
}
