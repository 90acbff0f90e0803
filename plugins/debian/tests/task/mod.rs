//! A task as the worker prepares it, without the worker.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use mf_plugin_debian::Debian;
use monkeyfarm_plugin_api::kit::Recorder;
use monkeyfarm_plugin_api::{BuildHandler, BuildJob, Built, Failure, FailureKind, LocalConfig};
use serde_json::json;
use tempfile::TempDir;

/// A task's directories, and its job.
pub struct Task {
    pub dir: TempDir,
    pub job: BuildJob,
    pub farm: Recorder,
}

impl Task {
    /// A task with an empty checkout.
    pub fn new() -> Self {
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        let at = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(&path).unwrap();
            path
        };
        let local = json!({ "chroot_dir": at("chroots") });
        let job = BuildJob {
            package: "hello".into(),
            target: "bookworm-x86_64".into(),
            target_config: "bookworm".into(),
            local_config: LocalConfig::new("plugins.d/debian.toml", local),
            has_source: true,
            work_dir: at("7.1"),
            source_dir: at("7.1/source"),
            result_dir: at("7.1/result"),
            cache_dir: at("cache"),
            allow_schemes: vec!["file".into()],
            ..BuildJob::default()
        };
        Self { dir, job, farm: Recorder::new() }
    }

    /// With a package that needs nothing but a shell.
    pub fn with_package() -> Self {
        let task = Self::new();
        task.write("debian/changelog", CHANGELOG);
        task.write("debian/control", CONTROL);
        task.write("debian/rules", RULES);
        let rules = task.job.source_dir.join("debian/rules");
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(rules, fs::Permissions::from_mode(0o755)).unwrap();
        task
    }

    /// Puts a file into the checkout.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.job.source_dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn work(&self) -> &Path {
        &self.job.work_dir
    }

    pub fn build(&self) -> Result<Built, Failure> {
        Debian.build(&self.job, &self.farm.context())
    }

    /// The sentence of a build that must fail, in one line.
    pub fn refusal(&self) -> String {
        let failure = self.build().unwrap_err();
        assert_eq!(failure.kind, FailureKind::Failed, "{failure}");
        assert!(!failure.sentence.contains('\n'), "one line: {}", failure.sentence);
        failure.sentence
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
