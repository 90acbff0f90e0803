//! Builds: what comes out of them, how they fail, how many run at once.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use monkeyfarm_tests::{Farm, Options, Repository, programs, world};
use serde_json::Value;

/// Names in a task's list of files, by kind.
fn files(farm: &Farm, task: &str) -> Vec<(String, String)> {
    let json = farm.json(&["task", "files", task]);
    let rows = json["data"]["files"].as_array().unwrap_or_else(|| panic!("{json}"));
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let mut files: Vec<_> = rows.iter().map(|r| (text(r, "kind"), text(r, "name"))).collect();
    files.sort();
    files
}

#[test]
fn two_targets_are_built_from_git_and_their_files_are_kept() {
    let farm = Farm::start();
    world::make(&farm);
    let recipe = "[build]\n\
        commands = [\"echo built for $MF_TARGET > out.txt\", \"env | sort > $MF_RESULT_DIR/environment\"]\n\
        files = [\"out.*\"]\n\
        sources = [\"*.c\"]\n";
    let source = Repository::new(
        farm.scratch().join("source"),
        &[(".monkeyfarm.toml", recipe), ("main.c", "int main(void) { return 0; }\n")],
    );
    let branch = world::package(&farm, "tool", &source.url(), &[]);
    let out = farm.ok(["build", "create", "-l", "tool-1", "--package-branch", &branch, "--watch"]);
    assert!(out.contains("BuildSuccess"), "{out}");
    for target in world::TARGETS {
        let task = format!("tool-1.{target}");
        let kept = files(&farm, &task);
        for file in [
            ("file", "environment"),
            ("file", "out.txt"),
            ("log", "build.log"),
            ("source", "main.c"),
        ] {
            assert!(kept.contains(&(file.0.into(), file.1.into())), "{file:?} is not in {kept:?}");
        }
        assert!(out.contains("out.txt"), "the files are not shown:\n{out}");
        let dir = farm.scratch().join(target);
        farm.ok(["task", "download", &task, "-o", dir.to_str().unwrap()]);
        assert_eq!(
            fs::read_to_string(dir.join("out.txt")).unwrap(),
            format!("built for {target}\n")
        );
        check_environment(&fs::read_to_string(dir.join("environment")).unwrap(), target);
        let log = farm.ok(["task", "log", &task]);
        assert!(log.contains("echo built for"), "{log}");
    }
    let build = farm.json(&["build", "show", "tool-1"]);
    assert_eq!(build["data"]["build"]["revision"], source.git(&["rev-parse", "HEAD"]), "{build}");
}

/// Nothing but what the issue names, and nothing of the worker's own.
fn check_environment(text: &str, target: &str) {
    let mut names: Vec<&str> = text.lines().filter_map(|l| Some(l.split_once('=')?.0)).collect();
    // The shell sets these itself.
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    let expected = [
        "HOME",
        "LANG",
        "MF_ARCH",
        "MF_BUILD",
        "MF_DISTRO",
        "MF_PACKAGE",
        "MF_PROJECT",
        "MF_RELEASE",
        "MF_RESULT_DIR",
        "MF_TARGET",
        "MF_TASK",
        "PATH",
        "TMPDIR",
    ];
    assert_eq!(names, expected, "{text}");
    for line in [
        "LANG=C.UTF-8",
        "MF_ARCH=x86_64",
        "MF_BUILD=tool-1",
        "MF_DISTRO=linux",
        "MF_PACKAGE=tool",
        "MF_PROJECT=demo",
        &format!("MF_TARGET={target}"),
        &format!("MF_TASK=tool-1.{target}"),
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in:\n{text}");
    }
}

#[test]
fn a_failing_command_fails_the_build_and_shows_the_end_of_its_log() {
    let farm = Farm::start();
    world::make(&farm);
    let recipe =
        world::recipe(&["echo before", "echo the reason is this >&2; exit 7", "echo after"]);
    let source = Repository::new(farm.scratch().join("source"), &[(".monkeyfarm.toml", &recipe)]);
    let branch = world::package(&farm, "broken", &source.url(), &["--release", "one"]);
    let ran = farm.mf(["build", "create", "--package-branch", &branch, "--watch"]);
    let shown = format!("{}{}", ran.out, ran.err);
    assert_eq!(ran.code, 1, "{shown}");
    for words in ["BuildFail", "the reason is this", "exit", "7"] {
        assert!(shown.contains(words), "{words:?} is not in:\n{shown}");
    }
    let task = "broken-build1.one-x86_64";
    let log = farm.ok(["task", "log", task]);
    assert!(log.contains("before") && !log.contains("\nafter"), "{log}");
    let json = farm.json(&["task", "show", task]);
    assert_eq!(json["data"]["task"]["status_label"], "BuildFail");
    assert!(json["data"]["task"]["message"].as_str().unwrap().contains("exit"), "{json}");
    let again = farm.mf(["build", "watch", "broken-build1"]);
    assert_eq!(again.code, 1, "the exit code is the same after the end: {again:?}");
}

/// Two builds that can only end if both run at once, and a third that must
/// wait until one of them has ended, because the capacity is two.
#[test]
fn builds_run_in_parallel_up_to_the_capacity() {
    let farm = Farm::start();
    world::make(&farm);
    let system = farm.json(&["system", "list"])["data"]["systems"][0]["label"].clone();
    farm.ok(["system", "update", system.as_str().unwrap(), "--capacity", "2"]);
    let fifo = |name: &str| {
        let path = farm.scratch().join(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path.display().to_string()
    };
    let (there, back) = (fifo("there"), fifo("back"));
    let (go_first, go_second) = (fifo("go-first"), fifo("go-second"));
    // Opening a pipe waits for its other end.
    let first =
        world::recipe(&[&format!("echo 1 > {there}; read x < {back}; read x < {go_first}")]);
    let second =
        world::recipe(&[&format!("read x < {there}; echo 2 > {back}; read x < {go_second}")]);
    let third = world::recipe(&["true"]);
    let mut builds = Vec::new();
    for (name, recipe) in [("first", first), ("second", second), ("third", third)] {
        let source = Repository::new(farm.scratch().join(name), &[(".monkeyfarm.toml", &recipe)]);
        let branch = world::package(&farm, name, &source.url(), &["--release", "one"]);
        farm.ok(["build", "create", "-l", &format!("{name}-1"), "--package-branch", &branch]);
        builds.push(format!("{name}-1"));
    }
    // Once both gates are open both builds are in their last read, and until
    // one of them is told to go, the third has no room.
    let open = |gate: &str| fs::OpenOptions::new().write(true).open(gate).unwrap();
    let gates = [open(&go_first), open(&go_second)];
    let show =
        |build: &str| farm.json(&["build", "show", build])["data"]["build"]["status_label"].clone();
    assert_eq!(show("third-1"), "Queued");
    assert_eq!(show("first-1"), "Building");
    assert_eq!(show("second-1"), "Building");
    for mut gate in gates {
        gate.write_all(b"go\n").unwrap();
    }
    for build in builds {
        farm.ok(["build", "watch", &build]);
    }
}

#[test]
fn a_plugin_that_segfaults_fails_its_task_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    for library in [
        programs::plugin("git"),
        programs::plugin("generic"),
        programs::example_plugin("mf_plugin_crash"),
    ] {
        fs::copy(&library, dir.path().join(library.file_name().unwrap())).unwrap();
    }
    let farm = Farm::with(Options { plugins_dirs: vec![dir.path().into()], ..Options::default() });
    world::make(&farm);
    let worker = farm.child("mf-workerd");
    let more = ["--release", "one", "--build-handler", "crash"];
    let crashing = world::package(&farm, "crashing", "", &more);
    let ran = farm.mf(["build", "create", "--package-branch", &crashing, "--watch"]);
    let shown = format!("{}{}", ran.out, ran.err);
    assert_eq!(ran.code, 1, "{shown}");
    assert!(shown.contains("crash") && shown.contains("SIGSEGV"), "{shown}");
    let recipe = world::recipe(&["true"]);
    let source = Repository::new(farm.scratch().join("source"), &[(".monkeyfarm.toml", &recipe)]);
    let fine = world::package(&farm, "fine", &source.url(), &["--release", "one"]);
    farm.ok(["build", "create", "--package-branch", &fine, "--watch"]);
    assert_eq!(farm.child("mf-workerd"), worker, "the worker lives on");
}

#[test]
fn a_target_builds_from_nothing_by_its_own_configuration() {
    let farm = Farm::start();
    world::make(&farm);
    let config = "[build]\ncommands = [\"test -z \\\"$(ls -A)\\\"\", \"echo hello > $MF_RESULT_DIR/hello.txt\"]\n";
    farm.ok(["target", "update", "one-x86_64", "--config", config]);
    let branch = world::package(&farm, "nothing", "", &["--release", "one"]);
    farm.ok(["build", "create", "-l", "nothing-1", "--package-branch", &branch, "--watch"]);
    let kept = files(&farm, "nothing-1.one-x86_64");
    assert!(kept.contains(&("file".into(), "hello.txt".into())), "{kept:?}");
}

#[test]
fn a_log_is_shown_while_it_is_written() {
    let farm = Farm::start();
    world::make(&farm);
    let gate = farm.scratch().join("gate");
    assert!(Command::new("mkfifo").arg(&gate).status().unwrap().success());
    let command = format!("echo first line; read x < {}; echo last line", gate.display());
    let source = Repository::new(
        farm.scratch().join("source"),
        &[(".monkeyfarm.toml", &world::recipe(&[&command]))],
    );
    let branch = world::package(&farm, "slow", &source.url(), &["--release", "one"]);
    let mut watch = farm.mf_command();
    watch.args(["build", "create", "--package-branch", &branch, "--watch", "--logs"]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufReader::new(watch.stdout.take().unwrap());
    let mut lines = std::io::BufRead::lines(lines).map_while(Result::ok);
    assert!(lines.any(|line| line.ends_with("first line")), "the log is not live");
    fs::write(&gate, "go\n").unwrap();
    assert!(lines.any(|line| line.ends_with("last line")));
    lines.for_each(drop);
    assert!(watch.wait().unwrap().success());
}

/// Each is cancelled while another one, claimed before it, goes on.
#[test]
fn a_cancelled_build_is_stopped_and_its_neighbour_goes_on() {
    let farm = Farm::start();
    world::make(&farm);
    let system = farm.json(&["system", "list"])["data"]["systems"][0]["label"].clone();
    farm.ok(["system", "update", system.as_str().unwrap(), "--capacity", "2"]);
    let began = farm.scratch().join("began");
    assert!(Command::new("mkfifo").arg(&began).status().unwrap().success());
    for name in ["first", "second"] {
        let command = format!("echo {name} > {}; exec sleep 1000", began.display());
        farm.ok(["target", "update", "one-x86_64", "--config", &world::recipe(&[&command])]);
        let branch = world::package(&farm, name, "", &["--release", "one"]);
        let build = format!("{name}-1");
        farm.ok(["build", "create", "-l", &build, "--package-branch", &branch]);
        assert_eq!(fs::read_to_string(&began).unwrap().trim(), name);
    }
    for name in ["second", "first"] {
        let build = format!("{name}-1");
        farm.ok(["build", "cancel", &build]);
        let ran = farm.mf(["build", "watch", &build]);
        assert_eq!(ran.code, 3, "{ran:?}");
        let task = farm.json(&["task", "show", &format!("{build}.one-x86_64")]);
        assert_eq!(task["data"]["task"]["status_label"], "Cancelled", "{task}");
        let again = farm.mf(["build", "cancel", &build]);
        assert_eq!(again.code, 9, "{again:?}");
    }
}
