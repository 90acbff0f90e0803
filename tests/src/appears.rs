//! Waits until a file or directory appears, without looking for it again and
//! again.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Instant;

use rustix::fs::inotify;

use crate::farm::wait_readable;

/// What appears in a directory from now on.
pub struct Appears {
    watch: OwnedFd,
}

impl Appears {
    /// Watches a directory that there is.
    pub fn within(dir: &Path) -> Self {
        let watch = inotify::init(inotify::CreateFlags::CLOEXEC).unwrap();
        let seen = inotify::WatchFlags::MOVED_TO | inotify::WatchFlags::CREATE;
        inotify::add_watch(&watch, dir, seen).unwrap();
        Self { watch }
    }

    /// Waits until something of that name has appeared; whether it has by then.
    pub fn wait(&self, name: &str, deadline: Instant) -> bool {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.watch, &mut buffer);
        loop {
            if reader.is_buffer_empty() && !self.has_more(deadline) {
                return false;
            }
            let event = reader.next().unwrap();
            if event.file_name().is_some_and(|file| file.to_bytes() == name.as_bytes()) {
                return true;
            }
        }
    }

    fn has_more(&self, deadline: Instant) -> bool {
        let mut late = false;
        wait_readable(&self.watch, deadline, || late = true);
        !late
    }
}
