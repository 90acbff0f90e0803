//! A task for this handler.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::fs;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mf_plugin_debian::Debian;
use monkeyfarm_plugin_api::kit;
use monkeyfarm_plugin_api::{Built, Failure, LocalConfig};
use serde_json::json;
use tempfile::TempDir;

/// A task, in a directory of its own.
pub struct Task {
    task: kit::Task,
    _dir: TempDir,
}

impl Task {
    /// A task with an empty checkout.
    pub fn new() -> Self {
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        let mut task = kit::Task::below(dir.path());
        let chroots = task.at("chroots");
        fs::create_dir(&chroots).unwrap();
        let local = json!({ "chroot_dir": chroots });
        task.job.target = "bookworm-x86_64".into();
        task.job.target_config = "bookworm".into();
        task.job.local_config = LocalConfig::new("plugins.d/debian.toml", local);
        Self { task, _dir: dir }
    }

    /// With a package that needs nothing but a shell.
    pub fn with_package() -> Self {
        let task = Self::new();
        task.write("debian/changelog", CHANGELOG);
        task.write("debian/control", CONTROL);
        task.write("debian/rules", RULES);
        let rules = task.job.source_dir.join("debian/rules");
        fs::set_permissions(rules, fs::Permissions::from_mode(0o755)).unwrap();
        task
    }

    pub fn work(&self) -> &Path {
        &self.job.work_dir
    }

    pub fn build(&self) -> Result<Built, Failure> {
        self.task.build(&Debian)
    }

    /// The sentence of a build that must fail, in one line.
    pub fn refusal(&self) -> String {
        self.failure(&Debian).sentence
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

pub const CHANGELOG: &str = "hello (1.0) unstable; urgency=low\n\n  * First.\n\n -- Ada \
                             <ada@example.org>  Thu, 01 Jan 2026 00:00:00 +0000\n";

pub const CONTROL: &str = "Source: hello\nMaintainer: Ada <ada@example.org>\nSection: misc\n\
                           Priority: optional\nStandards-Version: 4.6.2\n\
                           Rules-Requires-Root: no\n\nPackage: hello\nArchitecture: all\n\
                           Description: says hello\n It says hello.\n";

/// Without debhelper: it would have to be installed.
pub const RULES: &str = "#!/usr/bin/make -f
clean:
\trm -rf debian/tmp debian/files
build build-arch build-indep:
\techo \"interfaces: $$(grep -c : /proc/net/dev) as $$(id -u)\"
binary-arch:
binary-indep binary: build
\tmkdir -p debian/tmp/DEBIAN debian/tmp/usr/share/hello
\techo hello > debian/tmp/usr/share/hello/hello.txt
\tdpkg-gencontrol -phello
\tdpkg-deb --root-owner-group --build debian/tmp ..
";
