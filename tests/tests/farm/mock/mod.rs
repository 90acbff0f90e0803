//! RPMs by the handler `mock`, from the submit to the download.

mod killed;
mod left;
mod real;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use monkeyfarm_tests::{Farm, Repository, programs, world};
use serde_json::json;

const SPEC: &str = "\
Name: hello
Version: 1.0
Release: 1
Summary: a package
License: MIT
BuildArch: noarch
%global debug_package %{nil}
%description
A package.
%prep
%build
echo begun
%install
mkdir -p %{buildroot}/usr/share/hello
%files
/usr/share/hello
";

/// A farm whose worker has this for its mock, and a package `hello` to build
/// with it; the configurations are those of the two targets of the world.
fn farm(dir: &Path, program: &Path, config_dir: &Path, configs: [&str; 2], spec: &str) -> Farm {
    let mut farm = Farm::start();
    assert!(farm.stop().success());
    let stage = dir.join("stage");
    fs::create_dir_all(&stage).unwrap();
    let user = if program.ends_with("stand-in/mock") { "user = 'nobody'\n" } else { "" };
    let plugins_d = farm.data_dir().join("plugins.d");
    fs::create_dir_all(&plugins_d).unwrap();
    let text = format!(
        "program = {program:?}\nconfig_dir = {config_dir:?}\nstage_dir = {stage:?}\n{user}"
    );
    fs::write(plugins_d.join("mock.toml"), text).unwrap();
    farm.up();
    world::make(&farm);
    for (target, config) in world::TARGETS.into_iter().zip(configs) {
        farm.ok(["target", "update", target, "--config", config]);
    }
    let source = Repository::new(dir.join("source"), &[("hello.spec", spec)]);
    world::package(&farm, "hello", &source.url(), &["--build-handler", "mock"]);
    farm
}

/// A directory that every user may look into.
fn open_dir() -> tempfile::TempDir {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    dir
}

fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("skipped: mock builds need root");
    }
    root
}

#[test]
fn mock_builds_keep_packages_and_the_logs_of_failures() {
    if !is_root() {
        return;
    }
    let dir = open_dir();
    let etc = dir.path().join("etc");
    fs::create_dir(&etc).unwrap();
    fs::write(etc.join("good.cfg"), "").unwrap();
    fs::write(etc.join("bad.cfg"), "fail rebuild 1\n").unwrap();
    fs::write(etc.join("bad.rebuild.log"), "oh no\nerror: Bad exit status from /x (%build)\n")
        .unwrap();
    let stand_in = programs::source_tree().join("plugins/mock/tests/stand-in/mock");
    let farm = farm(dir.path(), &stand_in, &etc, ["good", "bad"], SPEC);
    let ran = farm.mf(["build", "create", "-l", "h1", "--package-branch", "hello.main", "--watch"]);
    assert_ne!(ran.code, 0, "{ran:?}");

    let task = &farm.json(&["task", "show", "h1.one-x86_64"])["data"]["task"];
    assert_eq!(task["status_label"], "BuildSuccess", "{task}");
    assert_eq!(task["files"], json!(["hello-1.0-1.x86_64.rpm"]));
    assert_eq!(task["sources"], json!(["hello-1.0-1.src.rpm"]));
    assert_eq!(task["configs"], json!(["good.cfg"]));
    let logs = task["logs"].to_string();
    for log in ["build.log", "rpmbuild.log", "root.log", "state.log", "installed_pkgs.log"] {
        assert!(logs.contains(log), "{logs}");
    }
    let task = &farm.json(&["task", "show", "h1.two-x86_64"])["data"]["task"];
    assert_eq!(task["status_label"], "BuildFail", "{task}");
    assert_eq!(task["files"], json!([]));
    assert!(task["logs"].to_string().contains("rpmbuild.log"), "{task}");
    assert_eq!(task["sources"], json!(["hello-1.0-1.src.rpm"]));
    let log = farm.ok(["task", "log", "h1.two-x86_64"]);
    assert!(log.contains("failed: rpmbuild: %build failed; its last words: oh no"), "{log}");

    // A scratch build of a source RPM has nothing to check out.
    let package = dir.path().join("other-2-1.src.rpm");
    fs::write(&package, "srpm").unwrap();
    let url = format!("file://{}", package.display());
    let words = ["build", "create", "-l", "h2", "--package-branch", "hello.main", "--scratch"];
    farm.mf(words.into_iter().chain(["--scratch-url", &url, "--watch"]));
    let task = &farm.json(&["task", "show", "h2.one-x86_64"])["data"]["task"];
    assert_eq!(task["files"], json!(["other-2-1.x86_64.rpm"]), "{task}");
}
