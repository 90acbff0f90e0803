//! Waiting for what a farm does by itself.

use std::path::Path;
use std::time::Instant;

use rustix::fs::inotify;

use crate::Farm;
use crate::farm::{PATIENCE, wait_readable};

/// Waits until a tag's repository is as the tag is.
pub fn followed(farm: &Farm, tag: &str) {
    wait(farm, &["tag", "show", tag], |shown| {
        let state = shown["data"]["tag"]["repository_state"].as_str().unwrap();
        state.starts_with("current as of ")
    });
}

/// Asks until the answer is right.
pub fn wait(
    farm: &Farm,
    words: &[&str],
    right: impl Fn(&serde_json::Value) -> bool,
) -> serde_json::Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // The process that asks is the pause between two questions.
        let answer = farm.json(words);
        if right(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "{words:?}: {answer}\n{}", farm.messages().join("\n"));
    }
}

/// Asks until something has happened; `what`, for people. What asks is the
/// pause: an `mf`.
pub fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !happened() {
        assert!(Instant::now() < deadline, "it never came to this: {what}");
    }
}

/// Waits until a directory has nothing in it with these words in its name.
pub fn gone(dir: &Path, words: &str) {
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC).unwrap();
    let leaving = inotify::WatchFlags::MOVED_FROM | inotify::WatchFlags::DELETE;
    inotify::add_watch(&watch, dir, leaving).unwrap();
    let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(&watch, &mut buffer);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
        let left: Vec<_> = entries.filter(|n| n.to_string_lossy().contains(words)).collect();
        if left.is_empty() {
            return;
        }
        wait_readable(&watch, deadline, || panic!("left in {}: {left:?}", dir.display()));
        reader.next().unwrap();
    }
}
