//! Builds one after the other, a few at a time, and what programs take.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;

use mf_client::{Events, Next};
use mf_core::task::State;

use super::listen::ended;
use super::site::Site;
use super::world::QUICK;
use crate::bench::usage;
use crate::process::descendants;

/// Builds that are made one after the other.
pub struct Row<'a> {
    site: &'a Site,
    events: Events,
    /// How many have been built.
    pub built: usize,
}

impl Site {
    /// Begins a row of builds.
    pub async fn row(&self) -> Row<'_> {
        let events = Events::open(&self.client, &[("resource", "build")]).await.unwrap();
        Row { site: self, events, built: 0 }
    }
}

impl Row<'_> {
    /// Makes so many builds, each of which must succeed; returns when the last
    /// has ended.
    pub async fn build(&mut self, count: usize) {
        for _ in 0..count.div_ceil(QUICK.len()) {
            let mut waiting = BTreeSet::new();
            for package in QUICK {
                waiting.insert(self.site.submit(package).await);
            }
            while !waiting.is_empty() {
                let Next::Event(event) = self.events.next().await.unwrap() else { continue };
                let status = event.changes.get("status_label").and_then(|status| status.as_str());
                if status.is_some_and(ended) && waiting.remove(&event.label) {
                    assert_eq!(status, Some(State::BuildSuccess.status()), "{}", event.label);
                    self.built += 1;
                }
            }
        }
    }
}

/// What the programs of a site take.
pub struct Taken(pub Vec<Program>);

/// What one program takes.
pub struct Program {
    name: &'static str,
    /// Memory, in MB.
    pub memory: f64,
    /// Open files.
    pub files: usize,
    /// Itself, and all that it has started.
    pub processes: usize,
}

impl Taken {
    /// What they take now.
    pub fn of(site: &Site) -> Self {
        let programs =
            [("hub", site.hub()), ("regulator", site.regulator()), ("worker", site.worker(0))];
        Self(programs.map(|(name, daemon)| Program::of(name, daemon.pid())).into())
    }
}

impl Program {
    fn of(name: &'static str, pid: u32) -> Self {
        let memory = usage::of(pid.cast_signed()).unwrap().memory;
        let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
        Self { name, memory, files, processes: 1 + lasting(pid) }
    }
}

/// Processes below `pid` that are there for longer than a moment: what ends
/// just now is not counted.
fn lasting(pid: u32) -> usize {
    let looks = (0..5).map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        descendants(pid.cast_signed())
    });
    looks.min().unwrap_or(0)
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, memory, files, processes } = self;
        write!(f, "{name} {memory:.1} MB, {files} files, {processes} processes")
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(Program::to_string).collect();
        f.write_str(&all.join("; "))
    }
}
