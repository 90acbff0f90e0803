//! Processes that wait for a call: used once like any other, never in the
//! way, and gone when they are not wanted any more.

use std::time::Duration;

use mf_daemons::plugin::{Ended, HostProgram};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::bench::{Bench, HOST, processes_with};

#[test]
fn what_waits_is_used_once_replaced_when_it_died_and_ended_at_the_end() {
    let dir = tempfile::tempdir().unwrap();
    // A path of its own, by which this test knows its keepers.
    let path = dir.path().join("host");
    std::os::unix::fs::symlink(HOST, &path).unwrap();
    // The other processes of a call are copies of its keeper.
    let waiting = || {
        let mut all = processes_with(path.to_str().unwrap());
        all.retain(|listed| is_our_child(listed));
        all
    };
    let host = HostProgram::at(&path);
    let call = || {
        let bench = Bench::new(host.clone());
        let (ended, _) = bench.start("tell", Some(Duration::from_secs(60))).wait(|_| ());
        assert!(matches!(ended, Ended::Built(_)), "{ended:?}");
    };
    // A program has its arguments a moment after it was started.
    let one = || loop {
        match waiting() {
            none if none.is_empty() => std::thread::yield_now(),
            mut one => break one.remove(0),
        }
    };
    host.keep_spare();
    one();
    host.keep_spare();
    call();
    assert_eq!(waiting(), Vec::<String>::new(), "the call had processes of its own");

    host.keep_spare();
    kill(&one());
    call();

    host.keep_spare();
    one();
    host.end_spare();
    host.keep_spare();
    assert_eq!(waiting(), Vec::<String>::new());
    call();
}

/// Whether what is listed as `/proc/PID: …` is a child of this process.
fn is_our_child(listed: &str) -> bool {
    let dir = listed.split(':').next().unwrap();
    let status = std::fs::read_to_string(format!("{dir}/status")).unwrap_or_default();
    status.contains(&format!("PPid:\t{}\n", std::process::id()))
}

/// Kills what is listed as `/proc/PID: …`, and waits until it has died.
fn kill(listed: &str) {
    let pid = listed.trim_start_matches("/proc/").split(':').next().unwrap();
    let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
    let ended = pidfd_open(pid, PidfdFlags::empty()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    poll(&mut [PollFd::new(&ended, PollFlags::IN)], None).unwrap();
}
