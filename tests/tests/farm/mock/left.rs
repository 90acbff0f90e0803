//! What builds of mock leave: processes, mounts, locks, and roots on the disk.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use monkeyfarm_tests::farm::PATIENCE;
use monkeyfarm_tests::{Farm, process};
use rustix::process::Pid;

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Victim {
    Worker,
    Keeper,
    Mock,
}

impl Victim {
    /// Its pid, while something is at work in a root.
    pub fn of(self, farm: &Farm, root: &str) -> Pid {
        let there = of_root(root);
        assert!(!there.is_empty(), "{self:?}: nothing runs in {root}");
        let worker = farm.child("mf-workerd");
        let pid = match self {
            Self::Worker => worker,
            Self::Keeper => below(worker, there[0]),
            Self::Mock => there.into_iter().find(|pid| is_mock(*pid)).unwrap(),
        };
        Pid::from_raw(pid).unwrap()
    }
}

/// Follows a task's log until a line has these words.
pub fn wait_for_line(farm: &Farm, task: &str, words: &str) {
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

/// Where the farm's worker keeps its records of roots.
pub fn records(farm: &Farm) -> PathBuf {
    farm.data_dir().join("worker/cache/mock/roots")
}

/// The names of the roots that the farm's worker knows of.
pub fn roots(farm: &Farm) -> Vec<String> {
    names(&records(farm))
}

/// The names of what is in a directory, if it is there.
pub fn names(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
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
pub fn assert_nothing_runs(root: &str, what: &str) {
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
