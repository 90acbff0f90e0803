//! RPMs by the handler `mock`, from the submit to the download. With mock
//! itself, where `MOCK` or the `PATH` has it: killed at several moments, it
//! leaves nothing that runs, is mounted or locked.

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use monkeyfarm_tests::farm::PATIENCE;
use monkeyfarm_tests::{Farm, Repository, process, programs, world};
use rustix::process::{Pid, Signal, kill_process};
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

#[test]
fn real_mock_builds_in_a_farm() {
    let Some((mock, fixture)) = real() else { return };
    let dir = open_dir();
    let farm = real_farm(dir.path(), &mock, &fixture, SPEC);
    farm.ok(["build", "create", "-l", "h1", "--package-branch", "hello.main", "--watch"]);
    let task = &farm.json(&["task", "show", "h1.two-x86_64"])["data"]["task"];
    assert_eq!(task["files"], json!(["hello-1.0-1.noarch.rpm"]), "{task}");
    assert!(farm.ok(["task", "log", "h1.two-x86_64"]).contains("\nbegun\n"));
    assert!(left_roots(&farm).is_empty());
}

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Victim {
    Worker,
    Keeper,
    Mock,
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
        let task = format!("{build}.one-x86_64");
        farm.ok(["build", "create", "-l", &build, "--package-branch", "hello.main"]);
        wait_for_line(&farm, &task, line);
        let roots = left_roots(&farm);
        assert_eq!(roots.len(), 1, "{victim:?} at {line}: {roots:?}");
        let root = &roots[0];
        let before = of_root(root);
        assert!(!before.is_empty(), "{victim:?} at {line}: nothing runs in {root}");
        let worker = farm.child("mf-workerd");
        let prey = match victim {
            Victim::Worker => worker,
            Victim::Keeper => below(worker, before[0]),
            Victim::Mock => before.iter().copied().find(|pid| is_mock(*pid)).unwrap(),
        };
        kill_process(Pid::from_raw(prey).unwrap(), Signal::KILL).unwrap();
        assert_nothing_runs(root, &format!("{victim:?} at {line}"));
        match victim {
            // It is built again, and that build removes what was left.
            Victim::Worker => {
                wait_for_line(&farm, &task, "left by a task that was killed");
                farm.ok(["build", "cancel", &build]);
            }
            Victim::Keeper | Victim::Mock => {}
        }
        let ended = farm.mf(["build", "watch", &build]);
        assert_ne!(ended.code, 0, "{ended:?}");
    }
    // Whatever is still on the disk is removed by the next build.
    Repository::new(dir.path().join("source"), &[("hello.spec", SPEC)]);
    farm.ok(["build", "create", "-l", "last", "--package-branch", "hello.main", "--watch"]);
    assert!(left_roots(&farm).is_empty(), "{:?}", left_roots(&farm));
    let stages: Vec<_> = fs::read_dir(dir.path().join("stage")).unwrap().flatten().collect();
    assert!(stages.is_empty(), "{stages:?}");
}

/// Follows a task's log until a line has these words.
fn wait_for_line(farm: &Farm, task: &str, words: &str) {
    let deadline = Instant::now() + PATIENCE * 3;
    let mut seen = String::new();
    // Its log begins anew with every attempt.
    while Instant::now() < deadline {
        let mut command = farm.mf_command();
        command.args(["task", "log", task, "--follow"]).stdout(Stdio::piped());
        let mut follow = command.stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(follow.stdout.take().unwrap()).lines();
        let found = lines.map_while(Result::ok).any(|line| {
            seen.push_str(&format!("{line}\n"));
            line.contains(words)
        });
        let _ = follow.kill();
        follow.wait().unwrap();
        if found {
            return;
        }
    }
    panic!("{task} never said {words:?}:\n{seen}");
}

/// The names of the roots that the farm's worker knows of.
fn left_roots(farm: &Farm) -> Vec<String> {
    let mut find = Command::new("find");
    let said = find.arg(farm.data_dir()).args(["-path", "*/mock/roots/mf-*"]).output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    text.lines().filter_map(|path| Some(path.rsplit('/').next()?.to_owned())).collect()
}

/// Every process that has to do with a root: at work in it, or told of it.
fn of_root(root: &str) -> Vec<i32> {
    let within = |pid: i32| {
        let link = |name: &str| fs::read_link(format!("/proc/{pid}/{name}"));
        let links = ["root", "cwd"].iter().filter_map(|name| link(name).ok());
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        links.into_iter().any(|path| path.to_string_lossy().contains(root))
            || String::from_utf8_lossy(&words).contains(root)
    };
    let all = fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|p| within(*p))
        .collect()
}

fn is_mock(pid: i32) -> bool {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).contains("--uniqueext")
}

/// The child of `top` that `pid` descends from.
fn below(top: i32, pid: i32) -> i32 {
    let mut pid = pid;
    loop {
        match process::parent(pid).unwrap() {
            parent if parent == top => return pid,
            parent => pid = parent,
        }
    }
}

/// Waits until nothing runs in a root, and sees that nothing of it is mounted
/// or locked.
fn assert_nothing_runs(root: &str, what: &str) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{PidfdFlags, pidfd_open};
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = of_root(root);
        if left.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "{what}: {left:?} still run in {root}");
        for pid in left {
            // Gone meanwhile, or soon.
            let Ok(handle) = pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()) else {
                continue;
            };
            let second = Timespec { tv_sec: 1, tv_nsec: 0 };
            let _ = poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&second));
        }
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(root), "{what}: still mounted: {mounts}");
    let lock = Path::new("/var/lib/mock").join(format!("local-x86_64-{root}/buildroot.lock"));
    if let Ok(lock) = File::options().write(true).open(&lock) {
        rustix::fs::fcntl_lock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive)
            .unwrap_or_else(|error| panic!("{what}: {root} is locked: {error}"));
    }
}
