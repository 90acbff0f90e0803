//! A task for this handler, and a stand-in for mock.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::fs::{self, Permissions};
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mf_plugin_mock::Mock;
use monkeyfarm_plugin_api::kit;
use monkeyfarm_plugin_api::{BuildHandler, BuildJob, Built, Failure, LocalConfig, SweepJob, Swept};
use serde_json::json;
use tempfile::TempDir;

/// A spec file that needs nothing.
pub const SPEC: &str = "\
Name: hello
Version: 1.0
Release: 1%{?dist}
Summary: a package
License: MIT
Source0: hello.txt
BuildArch: noarch
%global debug_package %{nil}
%description
A package.
%prep
%build
%install
mkdir -p %{buildroot}/usr/share/hello
cp %{SOURCE0} %{buildroot}/usr/share/hello/
%files
/usr/share/hello
";

/// A task, on a host of its own.
pub struct Task {
    task: kit::Task,
    _dir: TempDir,
}

impl Task {
    /// A task with an empty checkout, on a host with the stand-in.
    pub fn new() -> Self {
        // Outside of what the tests' own user alone may enter.
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let mut task = kit::Task::below(dir.path());
        for name in ["etc", "stage"] {
            fs::create_dir(task.at(name)).unwrap();
        }
        fs::write(task.at("etc/plain.cfg"), "").unwrap();
        let user = std::process::Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        // Root is refused; nobody is on every host.
        let user = if user.trim() == "root" { "nobody" } else { user.trim() };
        let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand-in/mock");
        let local = json!({
            "program": stand_in,
            "config_dir": task.at("etc"),
            "stage_dir": task.at("stage"),
            "user": user,
        });
        task.job = BuildJob {
            task: "hello-1.el9-x86_64".into(),
            target: "el9-x86_64".into(),
            arch: "x86_64".into(),
            target_config: "plain".into(),
            local_config: LocalConfig::new("plugins.d/mock.toml", local),
            ..task.job
        };
        Self { task, _dir: dir }
    }

    /// With a spec file and its source.
    pub fn with_spec() -> Self {
        let task = Self::new();
        task.write("hello.spec", SPEC);
        task.write("hello.txt", "hello\n");
        task
    }

    /// Puts a file beside the configurations of the stand-in.
    pub fn configure(&self, name: &str, text: &str) {
        fs::write(self.at("etc").join(name), text).unwrap();
    }

    /// What the stand-in was called with, one call a line, each line its
    /// phase, its user, its own user id and its words.
    pub fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.at("etc/calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    pub fn phases(&self) -> Vec<String> {
        self.calls().iter().map(|c| c.split(' ').next().unwrap().to_owned()).collect()
    }

    pub fn build(&self) -> Result<Built, Failure> {
        self.task.build(&Mock)
    }

    pub fn sweep(&self) -> Result<Swept, Failure> {
        let BuildJob { local_config, cache_dir, .. } = self.job.clone();
        Mock.sweep(&SweepJob { local_config, cache_dir }, &self.farm.context())
    }

    /// The sentence of a build that must fail, in one line.
    pub fn refusal(&self) -> String {
        self.failure().sentence
    }

    pub fn failure(&self) -> Failure {
        self.task.failure(&Mock)
    }

    /// Nothing is left of any build: no root, no stage, no record.
    pub fn assert_nothing_left(&self) {
        for place in ["etc/roots", "stage", "cache/roots"] {
            let left: Vec<_> = fs::read_dir(self.at(place))
                .map(|entries| entries.flatten().map(|e| e.path()).collect())
                .unwrap_or_default();
            assert!(left.is_empty(), "left: {left:?}");
        }
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

/// Whether phases can have a network of their own here; if not, it says so.
pub fn isolated() -> bool {
    let can = std::process::Command::new("unshare").args(["--net", "true"]).status();
    let can = can.is_ok_and(|status| status.success());
    if !can {
        eprintln!("skipped: no network namespace for who runs this; run it as root");
    }
    can
}
