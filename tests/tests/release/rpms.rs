//! A farm that makes real RPMs, and a dnf that installs them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use monkeyfarm_tests::awaited::followed;
use monkeyfarm_tests::{Farm, Ran, Repository, programs, world};

use super::host;

/// A farm whose `mock` is a stand-in that calls rpmbuild, with the package
/// `hello` to build.
pub struct Rpms {
    pub farm: Farm,
    pub source: Repository,
    dir: tempfile::TempDir,
}

/// The spec file of a version of the package.
pub fn spec(version: &str) -> String {
    format!(
        "Name: hello\nVersion: {version}\nRelease: 1\nSummary: a package\nLicense: MIT\n\
         BuildArch: noarch\n%description\nA package.\n%install\n\
         mkdir -p %{{buildroot}}/usr/share/hello\n\
         echo {version} > %{{buildroot}}/usr/share/hello/version\n\
         %files\n/usr/share/hello\n"
    )
}

/// Whether there is all that this needs; if not, it says so.
pub fn can() -> bool {
    host::can("dnf", &["dnf", "createrepo_c", "rpmbuild"])
}

impl Rpms {
    /// The farm, with its project `demo`, and one target's files at
    /// `el/one/x86_64`.
    pub fn start() -> Self {
        Self::with(|_| ())
    }

    /// The same; `more` configures what there is before the farm is up.
    pub fn with(more: impl FnOnce(&Farm)) -> Self {
        let dir = tempfile::tempdir_in("/var/tmp").unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let at = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let mut farm = Farm::prepared(Default::default());
        let stand_in = programs::source_tree().join("plugins/mock/tests/stand-in/mock-rpmbuild");
        let (etc, stage) = (at("etc"), at("stage"));
        fs::write(etc.join("plain.cfg"), "").unwrap();
        let plugins_d = farm.data_dir().join("plugins.d");
        fs::create_dir_all(&plugins_d).unwrap();
        let text = format!(
            "program = {stand_in:?}\nconfig_dir = {etc:?}\nstage_dir = {stage:?}\nuser = 'nobody'\n"
        );
        fs::write(plugins_d.join("mock.toml"), text).unwrap();
        more(&farm);
        farm.up();
        world::make(&farm);
        for target in world::TARGETS {
            farm.ok(["target", "update", target, "--config", "plain"]);
        }
        farm.ok(["target", "update", "one-x86_64", "--tag-path", "el/one/x86_64"]);
        let source = Repository::new(at("source"), &[("hello.spec", &spec("1.0"))]);
        world::package(&farm, "hello", &source.url(), &["--build-handler", "mock"]);
        Self { farm, source, dir }
    }

    /// Builds what the source is now.
    pub fn build(&self, label: &str, more: &[&str]) {
        let words = ["build", "create", "-l", label, "--package-branch", "hello.main", "--watch"];
        self.farm.ok(words.iter().chain(more));
    }

    /// Waits until a tag's repository is as the tag is.
    pub fn followed(&self, tag: &str) {
        followed(&self.farm, tag);
    }

    /// Runs dnf on the repository of a tag, for one target, into a root of its
    /// own that lasts as long as this.
    pub fn dnf(&self, tag: &str, tag_path: &str, words: &[&str]) -> Ran {
        let url = format!("{}/repo/demo/{tag}/{tag_path}/", self.farm.setting("url"));
        let mut command = Command::new("dnf");
        command
            .arg(format!("--installroot={}", self.root().display()))
            .arg(format!("--setopt=cachedir={}", self.dir.path().join("cache").display()))
            .args(["--setopt=reposdir=/nonexistent", "--setopt=metadata_expire=0"])
            .args(["--releasever=1", "--nogpgcheck", "--assumeyes", "--refresh"])
            .args([format!("--repofrompath=farm,{url}"), "--repo=farm".into()])
            .args(words)
            .env("HOME", self.dir.path());
        Ran::of(&mut command)
    }

    /// The version that is installed.
    pub fn installed(&self) -> String {
        let file = self.root().join("usr/share/hello/version");
        fs::read_to_string(file).unwrap_or_default().trim().to_owned()
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }
}
