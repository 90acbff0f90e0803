//! Making room in a cache.

use std::fs;
use std::time::SystemTime;

use monkeyfarm_plugin_api::{Context, Failure};

use crate::cache::{Cache, Place};
use crate::lock::Lock;

impl Cache {
    /// Removes mirrors until the rest is within the cache's limit: those
    /// first that were used longest ago. What is in use stays: what another
    /// task has locked, what a checkout borrows from, and `keep`.
    ///
    /// # Errors
    /// The cache cannot be listed, or a mirror not be removed.
    pub fn make_room(&self, keep: &Place, cx: &Context) -> Result<(), Failure> {
        self.shrink(self.limit, Some(keep), cx)
    }

    /// Removes every mirror that is not in use: the disk is full.
    ///
    /// # Errors
    /// As [`make_room`](Self::make_room).
    pub fn empty(&self, keep: &Place, cx: &Context) -> Result<(), Failure> {
        self.shrink(0, Some(keep), cx)
    }

    fn shrink(&self, limit: u64, keep: Option<&Place>, cx: &Context) -> Result<(), Failure> {
        let cannot = || Failure::io(format!("cannot list the cache {}", self.dir.display()));
        let keep = keep.map(Place::dir);
        let (mut total, mut mirrors) = (0, Vec::new());
        for entry in fs::read_dir(&self.dir).map_err(cannot())? {
            let dir = entry.map_err(cannot())?.path();
            if dir.extension().is_none_or(|ending| ending != "mirror") {
                continue;
            }
            let place = Place::of_mirror(&dir);
            let size = place.size();
            total += size;
            if keep.as_ref() != Some(&dir) {
                let used = fs::metadata(place.lock_file()).and_then(|data| data.modified());
                mirrors.push((used.unwrap_or(SystemTime::UNIX_EPOCH), size, place));
            }
        }
        if total <= limit {
            return Ok(());
        }
        mirrors.sort_by_key(|(used, ..)| *used);
        for (_, size, place) in mirrors {
            if total <= limit {
                break;
            }
            let Some(_lock) = Lock::try_exclusive(&place.lock_file()) else { continue };
            if place.is_lent() {
                continue;
            }
            place.remove_all()?;
            total -= size;
            let mib = size.div_ceil(1 << 20);
            cx.log(format!("made room in the cache: a mirror of {mib} MiB was not used for long"));
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use monkeyfarm_plugin_api::kit::Recorder;
    use std::time::Duration;

    /// A mirror of 1,000 bytes that was used so long ago.
    fn mirror(cache: &Cache, name: &str, ago: u64) -> Place {
        let place = cache.place(name);
        fs::create_dir(place.dir()).unwrap();
        fs::write(place.dir().join("objects"), [0; 1000]).unwrap();
        let lock = fs::File::create(place.lock_file()).unwrap();
        let now = lock.metadata().unwrap().modified().unwrap();
        lock.set_modified(now - Duration::from_secs(ago)).unwrap();
        place.note_size().unwrap();
        place
    }

    #[test]
    fn the_longest_unused_goes_first_and_what_is_in_use_stays() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(dir.path(), 2500).unwrap();
        let cx = Recorder::new().context();
        let [oldest, old, locked, lent, mine] =
            [("oldest", 50), ("old", 40), ("locked", 90), ("lent", 80), ("mine", 99)]
                .map(|(name, ago)| mirror(&cache, name, ago));
        let borrower = dir.path().join("borrower");
        fs::create_dir(&borrower).unwrap();
        lent.lend(&borrower).unwrap();
        lent.tidy().unwrap();
        let lock = Lock::exclusive(&locked.lock_file(), &cx).unwrap();
        let lock = lock.share(&cx).unwrap();

        let wide = Cache { limit: 4500, ..cache.clone() };
        wide.make_room(&mine, &cx).unwrap();
        let left = || [&oldest, &old, &locked, &lent, &mine].map(|place| place.dir().exists());
        assert_eq!(left(), [false, true, true, true, true]);
        assert!(!oldest.lock_file().exists());
        cache.make_room(&mine, &cx).unwrap();
        assert_eq!(left(), [false, false, true, true, true], "more than fits, all in use");

        fs::remove_dir(&borrower).unwrap();
        drop(lock);
        cache.make_room(&mine, &cx).unwrap();
        // The lock was just used.
        assert_eq!(left(), [false, false, true, false, true]);
        cache.empty(&mine, &cx).unwrap();
        assert_eq!(left(), [false, false, false, false, true]);
    }

    #[test]
    fn who_waits_for_a_lock_that_is_removed_gets_another() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(dir.path(), 0).unwrap();
        let farm = Recorder::new();
        let place = mirror(&cache, "a", 1);
        let held = Lock::exclusive(&place.lock_file(), &farm.context()).unwrap();
        std::thread::scope(|scope| {
            let waiting =
                scope.spawn(|| Lock::exclusive(&place.lock_file(), &farm.context()).unwrap());
            while farm.progress().is_empty() {
                std::thread::yield_now();
            }
            place.remove_all().unwrap();
            drop(held);
            let _lock = waiting.join().unwrap();
            assert!(Lock::try_exclusive(&place.lock_file()).is_none(), "it is a lock on the file");
        });
    }
}
