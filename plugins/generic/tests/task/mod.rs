//! A task as the worker prepares it, without the worker.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::fs;
use std::path::Path;

use mf_plugin_generic::Generic;
use monkeyfarm_plugin_api::kit::Recorder;
use monkeyfarm_plugin_api::{BuildHandler, BuildJob, Built, Failure, FailureKind};
use tempfile::TempDir;

/// A task's directories, and its job.
pub struct Task {
    pub dir: TempDir,
    pub job: BuildJob,
    pub farm: Recorder,
}

impl Task {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let job = BuildJob {
            project: "ius".into(),
            package: "hello".into(),
            build: "hello-1".into(),
            task: "hello-1.el6-x86_64".into(),
            target: "el6-x86_64".into(),
            arch: "x86_64".into(),
            distro: "redhat".into(),
            release: "el6".into(),
            work_dir: dir.path().to_owned(),
            source_dir: at("source"),
            result_dir: at("result"),
            ..BuildJob::default()
        };
        Self { dir, job, farm: Recorder::new() }
    }

    /// A task with a checkout, whose `.monkeyfarm.toml` is this.
    pub fn with_recipe(text: &str) -> Self {
        let mut task = Self::new();
        task.job.has_source = true;
        fs::write(task.source().join(".monkeyfarm.toml"), text).unwrap();
        task
    }

    pub fn source(&self) -> &Path {
        &self.job.source_dir
    }

    pub fn build(&self) -> Result<Built, Failure> {
        Generic.build(&self.job, &self.farm.context())
    }

    pub fn refusal(&self) -> String {
        let failure = self.build().unwrap_err();
        assert_eq!(failure.kind, FailureKind::Failed);
        assert!(!failure.sentence.contains('\n'), "one line: {}", failure.sentence);
        failure.sentence
    }

    /// What a recipe of this text is refused with, before anything runs.
    pub fn refused_recipe(text: &str) -> String {
        let task = Self::with_recipe(text);
        let sentence = task.refusal();
        assert_eq!(task.farm.log(), [""; 0], "nothing ran");
        sentence
    }
}
