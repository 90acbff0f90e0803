//! A task for this handler.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::ops::{Deref, DerefMut};
use std::path::Path;

use mf_plugin_generic::Generic;
use monkeyfarm_plugin_api::kit;
use monkeyfarm_plugin_api::{BuildJob, Built, Failure};
use tempfile::TempDir;

/// A task, in a directory of its own.
pub struct Task {
    task: kit::Task,
    _dir: TempDir,
}

impl Task {
    /// A task that is built from nothing.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut task = kit::Task::below(dir.path());
        task.job = BuildJob {
            project: "ius".into(),
            build: "hello-1".into(),
            task: "hello-1.el6-x86_64".into(),
            target: "el6-x86_64".into(),
            arch: "x86_64".into(),
            distro: "redhat".into(),
            release: "el6".into(),
            has_source: false,
            ..task.job
        };
        Self { task, _dir: dir }
    }

    /// A task with a checkout, whose `.monkeyfarm.toml` is this.
    pub fn with_recipe(text: &str) -> Self {
        let mut task = Self::new();
        task.job.has_source = true;
        task.write(".monkeyfarm.toml", text);
        task
    }

    pub fn source(&self) -> &Path {
        &self.job.source_dir
    }

    pub fn build(&self) -> Result<Built, Failure> {
        self.task.build(&Generic)
    }

    pub fn refusal(&self) -> String {
        self.failure(&Generic).sentence
    }

    /// What a recipe of this text is refused with, before anything runs.
    pub fn refused_recipe(text: &str) -> String {
        let task = Self::with_recipe(text);
        let sentence = task.refusal();
        assert_eq!(task.farm.log(), [""; 0], "nothing ran");
        sentence
    }
}

impl Deref for Task {
    type Target = kit::Task;

    fn deref(&self) -> &kit::Task {
        &self.task
    }
}

impl DerefMut for Task {
    fn deref_mut(&mut self) -> &mut kit::Task {
        &mut self.task
    }
}
