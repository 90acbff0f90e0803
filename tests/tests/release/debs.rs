//! A farm that makes real Debian packages, and an apt that installs them.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use monkeyfarm_tests::awaited::followed;
use monkeyfarm_tests::{Farm, Ran, Repository, programs, world};

use super::host;

/// This host's programs that a build needs.
const PROGRAMS: [&str; 6] = ["sh", "cat", "mkdir", "tar", "gzip", "dpkg-deb"];

/// Where apt and dpkg have what they keep, below their root.
const KEPT: [&str; 6] = [
    "etc/apt",
    "var/cache/apt/archives/partial",
    "var/lib/apt/lists/partial",
    "var/lib/dpkg/info",
    "var/lib/dpkg/updates",
    "var/log/apt",
];

/// A farm whose builds by `debian` are in a small chroot, with the package
/// `hello` to build.
pub struct Debs {
    pub farm: Farm,
    pub source: Repository,
    dir: tempfile::TempDir,
}

/// The changelog of a version of the package.
pub fn changelog(version: &str) -> String {
    let by = " -- A Farm <farm@example.org>  Sat, 31 Jan 2026 12:00:00 +0000";
    format!("hello ({version}) unstable; urgency=low\n\n  * New.\n\n{by}\n")
}

/// Whether there is all that this needs; if not, it says so.
pub fn can() -> bool {
    host::can("a build in a chroot", &["apt-get", "dpkg-deb", "dpkg-scanpackages", "unshare"])
}

impl Debs {
    /// The farm, with its project `demo`, and one target's files at
    /// `debian/one`.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let chroots = dir.path().join("chroots");
        fs::create_dir(&chroots).unwrap();
        pack(&dir.path().join("chroot"), &chroots.join("small.tar"));
        let mut farm = Farm::prepared(Default::default());
        let plugins_d = farm.data_dir().join("plugins.d");
        fs::create_dir_all(&plugins_d).unwrap();
        fs::write(plugins_d.join("debian.toml"), format!("chroot_dir = {chroots:?}\n")).unwrap();
        farm.up();
        world::make(&farm);
        for target in world::TARGETS {
            farm.ok(["target", "update", target, "--config", "[debian]\nchroot = 'small.tar'\n"]);
        }
        farm.ok(["target", "update", "one-x86_64", "--tag-path", "debian/one"]);
        let files = [
            ("debian/changelog", &*changelog("1.0")),
            ("debian/control", ""),
            ("debian/rules", ""),
        ];
        let source = Repository::new(dir.path().join("source"), &files);
        world::package(&farm, "hello", &source.url(), &["--build-handler", "debian"]);
        let debs = Self { farm, source, dir };
        KEPT.iter().for_each(|kept| fs::create_dir_all(debs.root().join(kept)).unwrap());
        fs::write(debs.root().join("var/lib/dpkg/status"), "").unwrap();
        debs
    }

    /// Builds what the source is now, and waits until the tag `stable` has it.
    pub fn build(&self, label: &str) {
        let words = ["build", "create", "-l", label, "--package-branch", "hello.main"];
        self.farm.ok(words.iter().chain(&["--pre-tag", "stable", "--watch"]));
        followed(&self.farm, "stable");
    }

    /// Runs apt-get, which knows of one directory of the tag's repository, on
    /// a root of its own that lasts as long as this.
    pub fn apt(&self, path: &str, words: &[&str]) -> Ran {
        let root = self.root();
        let url = format!("{}/repo/demo/stable/{path}/", self.farm.setting("url"));
        let list = root.join("etc/apt/sources.list");
        fs::write(list, format!("deb [trusted=yes] {url} ./\n")).unwrap();
        let config = self.dir.path().join("apt.conf");
        let text = format!(
            "Dir {root:?};\nDir::State::status \"{0}/var/lib/dpkg/status\";\n\
             APT::Sandbox::User \"root\";\n\
             DPkg::Options {{ \"--root={0}\"; \"--log={0}/var/log/dpkg.log\"; }};\n",
            root.display()
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("apt-get");
        command.args(["--yes", "--quiet"]).args(words).env("APT_CONFIG", config);
        Ran::of(command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C"))
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

/// A tarball of a chroot with this host's own programs. Nothing has to be
/// installed in it, and what builds is `chroot/dpkg-buildpackage`.
fn pack(root: &Path, tarball: &Path) {
    for dir in ["etc/apt/sources.list.d", "proc", "tmp", "usr/bin"] {
        fs::create_dir_all(root.join(dir)).unwrap();
    }
    let mut files = BTreeSet::new();
    for program in PROGRAMS {
        let found = Ran::of(Command::new("sh").args(["-c", "command -v \"$0\"", program])).out;
        let found = PathBuf::from(found.trim());
        fs::copy(&found, root.join("usr/bin").join(program)).unwrap();
        let needs = Ran::of(Command::new("ldd").arg(&found)).out;
        files.extend(needs.split_whitespace().filter(|w| w.starts_with('/')).map(str::to_owned));
    }
    for file in files {
        let to = root.join(file.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(file, to).unwrap();
    }
    let own = programs::source_tree().join("tests/tests/release/chroot/dpkg-buildpackage");
    fs::copy(own, root.join("usr/bin/dpkg-buildpackage")).unwrap();
    fs::write(root.join("usr/bin/apt-get"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(root.join("usr/bin/apt-get"), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(root.join("tmp"), Permissions::from_mode(0o1777)).unwrap();
    std::os::unix::fs::symlink("usr/bin", root.join("bin")).unwrap();
    for (name, text) in [("passwd", "root:x:0:0::/:/bin/sh\n"), ("group", "root:x:0:\n")] {
        fs::write(root.join("etc").join(name), text).unwrap();
    }
    let mut tar = Command::new("tar");
    tar.arg("--create").arg("--file").arg(tarball).arg("--directory").arg(root).arg(".");
    assert!(tar.status().unwrap().success());
}
