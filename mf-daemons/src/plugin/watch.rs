//! Notices at once that something in the plugins' directories has changed, so
//! that nobody has to look often. It may miss things, as where a directory is
//! made later: whoever waits for it looks now and then all the same.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use tokio::sync::Notify;

/// How long changes must pause: whoever copies ten files is heard once.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// How long they may go on without being told.
const PATIENCE: Duration = Duration::from_millis(500);

/// A watch over directories.
#[derive(Debug)]
pub struct Watch {
    /// Rings once for any number of changes that nobody has waited for.
    bell: Arc<Notify>,
}

impl Watch {
    /// Watches `dirs`, on a thread of its own that sleeps until something
    /// happens; those that are not there are tried again after every change.
    pub fn start(dirs: Vec<PathBuf>) -> Self {
        let bell = Arc::new(Notify::new());
        let ring = Arc::downgrade(&bell);
        let told = |error: io::Error| {
            tracing::info!("plugins are looked for now and then only: inotify: {error}");
        };
        let started = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)
            .map_err(io::Error::from)
            .and_then(|inotify| {
                add(&inotify, &dirs);
                let thread = thread::Builder::new().name("plugins".into());
                let watching = move || watch(&inotify, &dirs, &ring).unwrap_or_else(told);
                thread.spawn(watching).map(drop)
            });
        started.unwrap_or_else(told);
        Self { bell }
    }

    /// Waits for the next change that nobody has waited for.
    pub async fn changed(&self) {
        self.bell.notified().await;
    }
}

/// Rings until nobody is left to hear it.
fn watch(inotify: &OwnedFd, dirs: &[PathBuf], bell: &Weak<Notify>) -> io::Result<()> {
    loop {
        happens(inotify, None)?;
        let begun = Instant::now();
        // Told in time even where something is written for ever.
        while begun.elapsed() < PATIENCE && happens(inotify, Some(&PAUSE))? {}
        add(inotify, dirs);
        match bell.upgrade() {
            Some(bell) => bell.notify_one(),
            None => return Ok(()),
        }
    }
}

fn add(inotify: &OwnedFd, dirs: &[PathBuf]) {
    let what = WatchFlags::CLOSE_WRITE
        | WatchFlags::CREATE
        | WatchFlags::MOVED_TO
        | WatchFlags::MOVED_FROM
        | WatchFlags::DELETE
        | WatchFlags::ATTRIB;
    for dir in dirs {
        // The same directory once more is the same watch.
        let _ = inotify::add_watch(inotify, dir, what | WatchFlags::ONLYDIR);
    }
}

/// Waits until there is something, and takes all of it; whether there was.
fn happens(inotify: &OwnedFd, limit: Option<&Timespec>) -> io::Result<bool> {
    let mut fds = [PollFd::new(inotify, PollFlags::IN)];
    if rustix::io::retry_on_intr(|| poll(&mut fds, limit))? == 0 {
        return Ok(false);
    }
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(inotify, &mut buffer);
    while reader.next().is_ok() {}
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_comes_goes_or_changes_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let watch = Watch::start(vec![dir.path().join("missing"), dir.path().to_path_buf()]);
        let file = dir.path().join("libmf_plugin_x.so");
        std::fs::write(&file, "1").unwrap();
        watch.changed().await;
        std::fs::remove_file(&file).unwrap();
        watch.changed().await;
        std::fs::create_dir(dir.path().join("missing")).unwrap();
        watch.changed().await;
    }
}
