//! The same with mock itself, where `MOCK` or the `PATH` has it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use monkeyfarm_tests::awaited::{followed, gone};
use monkeyfarm_tests::{Farm, Repository, world};
use rustix::process::{Signal, kill_process};
use serde_json::json;

use super::left::{Victim, assert_nothing_runs, names, records, roots, wait_for_line};
use super::{SPEC, farm, is_root, open_dir};

/// Where mock has its roots.
const ROOTS: &str = "/var/lib/mock";

/// mock itself and its fixture, as the plugin's own suite finds them.
fn real() -> Option<(String, PathBuf)> {
    let on_path = || {
        let dirs = std::env::var_os("PATH")?;
        std::env::split_paths(&dirs).map(|dir| dir.join("mock")).find(|path| path.is_file())
    };
    let named = std::env::var("MOCK").ok().filter(|name| !name.is_empty());
    let mock = named.or_else(|| on_path().map(|path| path.display().to_string()));
    let fixture = std::env::var_os("MF_MOCK_FIXTURE")
        .map_or("/var/tmp/mf-mock-fixture".into(), PathBuf::from);
    match mock {
        Some(mock) if fixture.join("run-mock.sh").is_file() && is_root() => Some((mock, fixture)),
        _ => {
            eprintln!("skipped: no mock, or no fixture for it in {}", fixture.display());
            None
        }
    }
}

/// A farm with mock itself.
fn real_farm(dir: &Path, mock: &str, fixture: &Path, spec: &str) -> Farm {
    let program = dir.join("mock");
    let (run, unused) = (fixture.join("run-mock.sh"), dir.join("unused"));
    let text = format!(
        "#!/bin/sh\nexport MOCK='{mock}'\nexec '{}' '{}' \"$@\"\n",
        run.display(),
        unused.display()
    );
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    farm(dir, &program, &fixture.join("etc"), ["local-x86_64"; 2], spec)
}

/// Nothing is left of any build but what they share.
fn assert_nothing_left(farm: &Farm, dir: &Path, what: &str) {
    assert!(roots(farm).is_empty(), "{what}: {:?}", roots(farm));
    let stages = names(&dir.join("stage"));
    assert!(stages.is_empty(), "{what}: {stages:?}");
}

/// A library, a tag whose repository has it, and a program that is built with
/// it and by another spec file of the same checkout's kind.
#[test]
fn real_mock_builds_in_a_farm_with_what_was_built_before() {
    let Some((mock, fixture)) = real() else { return };
    let dir = open_dir();
    let farm = real_farm(dir.path(), &mock, &fixture, SPEC);
    farm.ok(["tag", "create", "-l", "stable", "--manage-repo=True", "--include-in-builds=True"]);
    let words = ["build", "create", "-l", "h1", "--package-branch", "hello.main"];
    farm.ok(words.iter().chain(&["--pre-tag", "stable", "--watch"]));
    let task = &farm.json(&["task", "show", "h1.two-x86_64"])["data"]["task"];
    assert_eq!(task["files"], json!(["hello-1.0-1.noarch.rpm"]), "{task}");
    assert!(farm.ok(["task", "log", "h1.two-x86_64"]).contains("\nbegun\n"));
    followed(&farm, "stable");

    let spec = SPEC
        .replace("Name: hello", "Name: user")
        .replace("BuildArch", "BuildRequires: hello = 1.0\nBuildArch")
        .replace("echo begun", "ls -d /usr/share/hello")
        .replace("/usr/share/hello\n", "/usr/share/user\n")
        .replace("ls -d /usr/share/user", "ls -d /usr/share/hello");
    let source = Repository::new(dir.path().join("user"), &[("user.spec", &spec)]);
    world::package(&farm, "user", &source.url(), &["--build-handler", "mock"]);
    farm.ok(["build", "create", "-l", "u1", "--package-branch", "user.main", "--watch"]);
    for target in world::TARGETS {
        let task = &farm.json(&["task", "show", &format!("u1.{target}")])["data"]["task"];
        assert_eq!(task["files"], json!(["user-1.0-1.noarch.rpm"]), "{task}");
        let log = farm.ok(["task", "log", &format!("u1.{target}")]);
        assert!(log.contains("\n/usr/share/hello\n"), "{log}");
    }
    assert_nothing_left(&farm, dir.path(), "built");
}

#[test]
fn real_mock_killed_at_any_moment_leaves_nothing() {
    let Some((mock, fixture)) = real() else { return };
    let dir = open_dir();
    let spec = SPEC.replace("echo begun\n", "echo begun\nsleep 1000\n");
    let farm = real_farm(dir.path(), &mock, &fixture, &spec);
    farm.ok(["package-branch", "update", "hello.main", "--releases", "one"]);
    let moments = [
        (Victim::Worker, "Start: installing minimal buildroot"),
        (Victim::Keeper, "Start: rpmbuild -bs"),
        (Victim::Worker, "begun"),
        (Victim::Keeper, "begun"),
        (Victim::Mock, "begun"),
    ];
    for (number, (victim, line)) in moments.into_iter().enumerate() {
        let build = format!("k{number}");
        let what = format!("{victim:?} at {line}");
        farm.ok(["build", "create", "-l", &build, "--package-branch", "hello.main"]);
        wait_for_line(&farm, &format!("{build}.one-x86_64"), line);
        let all = roots(&farm);
        assert_eq!(all.len(), 1, "{what}: {all:?}");
        let root = &all[0];
        kill_process(victim.of(&farm, root), Signal::KILL).unwrap();
        assert_nothing_runs(root, &what);
        if victim == Victim::Worker {
            // The next one removes it, and builds the task again.
            gone(&records(&farm), root);
            farm.ok(["build", "cancel", &build]);
        }
        let ended = farm.mf(["build", "watch", &build]);
        assert_ne!(ended.code, 0, "{ended:?}");
        assert_nothing_left(&farm, dir.path(), &what);
        gone(Path::new(ROOTS), root);
    }
}
