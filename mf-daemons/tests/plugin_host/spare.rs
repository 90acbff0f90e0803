//! Processes that wait for a call: used once like any other, never in the
//! way, and gone when they are not wanted any more; and the zygote that they
//! are copies of.

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
    // The other processes of a call are children of its keeper.
    let ours = || {
        let mut all = processes_with(path.to_str().unwrap());
        all.retain(|listed| status_of(listed).contains(&parent(std::process::id())));
        all
    };
    let is_keeper = |listed: &String| {
        let child = parent(id(listed));
        processes_with(path.to_str().unwrap()).iter().any(|other| status_of(other).contains(&child))
    };
    let waiting = || ours().into_iter().filter(is_keeper).collect::<Vec<_>>();
    let host = HostProgram::at(&path);
    let call = || {
        let bench = Bench::new(host.clone());
        let (ended, _) = bench.start("tell", Some(Duration::from_secs(60))).wait(|_| ());
        assert!(matches!(ended, Ended::Built(_)), "{ended:?}");
    };
    // A keeper has its children a moment after it was started.
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

    let [zygote] = ours().try_into().unwrap();
    kill(&zygote);
    call();
    host.keep_spare();
    one();
    assert_eq!(ours().len(), 2, "a new zygote, and what waits");
    host.end_spare();
    host.keep_spare();
    assert_eq!(ours(), Vec::<String>::new());
    call();
    drop(host);
    assert_eq!(ours(), Vec::<String>::new());
}

/// The line of `/proc/PID/status` that names a parent.
fn parent(id: u32) -> String {
    format!("PPid:\t{id}\n")
}

/// The process id of what is listed as `/proc/PID: …`.
fn id(listed: &str) -> u32 {
    listed.trim_start_matches("/proc/").split(':').next().unwrap().parse().unwrap()
}

fn status_of(listed: &str) -> String {
    std::fs::read_to_string(format!("/proc/{}/status", id(listed))).unwrap_or_default()
}

/// Kills what is listed as `/proc/PID: …`, and waits until it has died.
fn kill(listed: &str) {
    let pid = Pid::from_raw(id(listed).cast_signed()).unwrap();
    let ended = pidfd_open(pid, PidfdFlags::empty()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    poll(&mut [PollFd::new(&ended, PollFlags::IN)], None).unwrap();
}
