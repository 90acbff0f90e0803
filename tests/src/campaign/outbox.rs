//! What lies in a worker's outbox, read from outside.

use std::fs;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify;

use crate::farm::PATIENCE;

/// Waits until every attempt that has a parcel there has ended, and its record
/// is written. Blocks.
pub fn wait_until_sealed(outbox: &Path) {
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC).unwrap();
    let flags = inotify::WatchFlags::CREATE | inotify::WatchFlags::MOVED_TO;
    let patience = Timespec::try_from(PATIENCE).unwrap();
    let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
    inotify::add_watch(&watch, outbox, flags).unwrap();
    loop {
        let parcels: Vec<_> = fs::read_dir(outbox).unwrap().map(|e| e.unwrap().path()).collect();
        for parcel in &parcels {
            // One that is delivered meanwhile is gone.
            let _ = inotify::add_watch(&watch, parcel, flags);
        }
        let sealed = |parcel: &Path| parcel.join("sealed.json").exists() || !parcel.exists();
        if parcels.iter().all(|parcel| sealed(parcel)) {
            return;
        }
        let mut changed = [PollFd::new(&watch, PollFlags::IN)];
        assert_eq!(poll(&mut changed, Some(&patience)).unwrap(), 1, "{parcels:?} are not sealed");
        inotify::Reader::new(&watch, &mut buffer).next().unwrap();
    }
}
