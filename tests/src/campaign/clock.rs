//! The time of day as one program sees it: see `examples/clock.rs`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use crate::programs;

/// A clock that can be set.
pub struct Clock(PathBuf);

impl Clock {
    /// One that is right, kept in `file`.
    pub fn new(file: PathBuf) -> Self {
        let clock = Self(file);
        clock.set(0);
        clock
    }

    /// Sets it so many seconds ahead, or behind.
    pub fn set(&self, seconds: i64) {
        let file = File::options().write(true).create(true).truncate(false).open(&self.0).unwrap();
        // In one piece and always of the same length: readers have the file
        // open, and see the old or the new.
        file.write_all_at(format!("{seconds:>19}\n").as_bytes(), 0).unwrap();
    }

    /// Stops it at so many seconds since 1970.
    pub fn stop_at(&self, second: i64) {
        std::fs::write(&self.0, format!("@{second:>18}\n")).unwrap();
    }

    /// Has a program go by it.
    pub fn give(&self, command: &mut Command) {
        command.env("LD_PRELOAD", programs::example_plugin("clock")).env("MF_TEST_CLOCK", &self.0);
    }
}
