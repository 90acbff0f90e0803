//! How much may wait for the hub on this host.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mf_core::disk::MEGABYTE;

/// The room of a worker's outbox, which all its attempts share.
#[derive(Debug)]
pub struct Room {
    limit: u64,
    waiting: AtomicU64,
}

/// What of the room one attempt takes up; given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    room: Arc<Room>,
    mine: Mutex<u64>,
}

impl Room {
    /// Room for so many megabytes.
    pub fn new(megabytes: u64) -> Self {
        Self { limit: megabytes.saturating_mul(MEGABYTE), waiting: AtomicU64::new(0) }
    }

    /// A share of it, which takes up nothing yet.
    pub fn share(self: &Arc<Self>) -> Share {
        Share { room: self.clone(), mine: Mutex::new(0) }
    }

    #[cfg(test)]
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }
}

impl Share {
    /// So many more bytes wait.
    ///
    /// # Errors
    /// They do not fit: a sentence.
    pub fn take(&self, bytes: u64) -> io::Result<()> {
        let fits =
            |waiting: u64| waiting.checked_add(bytes).filter(|waiting| *waiting <= self.room.limit);
        let waiting = &self.room.waiting;
        if waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok() {
            *self.mine() += bytes;
            return Ok(());
        }
        let told = format!(
            "the outbox of this worker is full: {} MB wait for the hub, \
             and outbox_megabytes allows {}",
            waiting.load(Ordering::Relaxed) / MEGABYTE,
            self.room.limit / MEGABYTE
        );
        Err(io::Error::new(io::ErrorKind::QuotaExceeded, told))
    }

    /// So many more bytes wait, whether they fit or not: they are there.
    pub fn hold(&self, bytes: u64) {
        *self.mine() += bytes;
        self.room.waiting.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So many bytes wait no longer.
    pub fn give(&self, bytes: u64) {
        let mut mine = self.mine();
        let given = bytes.min(*mine);
        *mine -= given;
        self.room.waiting.fetch_sub(given, Ordering::Relaxed);
    }

    fn mine(&self) -> std::sync::MutexGuard<'_, u64> {
        // Nothing that is done under the lock can leave it half done.
        self.mine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give(u64::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_and_what_is_dropped_makes_room() {
        let room = Arc::new(Room::new(1));
        let (one, two) = (room.share(), room.share());
        one.take(600_000).unwrap();
        let told = two.take(400_001).unwrap_err().to_string();
        assert!(told.contains("0 MB wait") && told.contains("outbox_megabytes allows 1"), "{told}");
        two.take(400_000).unwrap();
        one.give(1);
        two.take(1).unwrap();
        two.hold(5);
        assert!(one.take(1).is_err());
        drop(two);
        assert_eq!(room.waiting(), 599_999);
        one.give(u64::MAX);
        assert_eq!(room.waiting(), 0);
    }
}
