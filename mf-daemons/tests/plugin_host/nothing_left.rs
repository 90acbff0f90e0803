//! However a call ends, nothing of it is left: where the kernel gives a PID
//! namespace, and where it does not.

use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mf_daemons::host::orphans;
use mf_daemons::plugin::{Ended, HostProgram, Job};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::bench::{Bench, HOST, example, processes_with};

/// The host program in three worlds: as it is; where PID namespaces are
/// refused (in a user namespace that may have none); and, when this is root,
/// as a user who is not. The directory must live as long.
fn hosts() -> (tempfile::TempDir, Vec<HostProgram>) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let mut hosts = vec![HostProgram::at(HOST)];
    let refused = "unshare --user --map-root-user sh -c \
                   'echo 0 > /proc/sys/user/max_pid_namespaces && exec \"$0\" \"$@\"'";
    let nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    for (name, how) in [("refused", refused), ("nobody", nobody)] {
        if name == "nobody" && !rustix::process::geteuid().is_root() {
            continue;
        }
        let script = dir.path().join(name);
        std::fs::write(&script, format!("#!/bin/sh\nexec {how} {HOST} \"$@\"\n")).unwrap();
        std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
        let tried = Command::new(&script).arg("--version").stdout(Stdio::null()).status();
        match tried {
            Ok(status) if status.success() => hosts.push(HostProgram::at(script)),
            other => eprintln!("SKIPPED as {name}: {how} cannot be used: {other:?}"),
        }
    }
    (dir, hosts)
}

#[test]
fn a_namespace_is_used_where_there_is_one() {
    let (_dir, hosts) = hosts();
    let own = std::fs::read_link("/proc/self/ns/pid").unwrap();
    let own = format!("namespace {}\n", own.display());
    for host in hosts {
        let refused = host.path().ends_with("refused");
        let bench = Bench::new(host);
        let (_, log) = bench.start("tell", None).wait(|_| ());
        if log.contains(&own) && !refused {
            eprintln!("SKIPPED with PID namespaces: this kernel gives none");
            continue;
        }
        assert_eq!(log.contains(&own), refused, "{log}");
        // Where there is a namespace, its processes are all that is to be seen.
        assert_eq!(log.contains("mf-plugin-host __zygote"), !refused, "{log}");
    }
}

fn kill(id: u32) {
    kill_process(Pid::from_raw(id.cast_signed()).unwrap(), Signal::KILL).unwrap();
}

#[test]
fn what_a_successful_build_leaves_behind_is_killed() {
    let (_dir, hosts) = hosts();
    for host in hosts {
        let bench = Bench::new(host);
        let (ended, log) = bench.start("leave-child", None).wait(|_| ());
        assert!(matches!(ended, Ended::Built(_)), "{ended:?} {log}");
    }
}

#[test]
fn what_ignores_everything_is_killed_when_it_is_stopped() {
    let (_dir, hosts) = hosts();
    for host in hosts {
        let bench = Bench::new(host);
        let started = bench.start("stay", None);
        let stopper = started.running.stopper();
        let mut lived = false;
        let (ended, _) = started.wait(|_| {
            lived = !processes_with(&bench.marker).is_empty();
            stopper.stop();
        });
        assert_eq!(ended, Ended::Stopped);
        assert!(lived, "there was nothing to kill");
    }
}

#[test]
fn what_obeys_is_asked_first() {
    let bench = Bench::new(HostProgram::at(HOST));
    let started = bench.start("obey", None);
    let stopper = started.running.stopper();
    assert_eq!(started.wait(|_| stopper.stop()).0, Ended::Stopped);
}

#[test]
fn what_comes_too_late_does_not_begin() {
    let bench = Bench::new(HostProgram::at(HOST));
    let begin = |begin_by| {
        let job = Job::Build(Box::default());
        bench.start_by("obey", job, Some(Duration::from_millis(300)), Some(begin_by)).wait(|_| ())
    };
    let now = mf_core::time::since_boot();
    let (ended, log) = begin(now - Duration::from_millis(10));
    assert_eq!((ended, log.as_str()), (Ended::Late, ""));
    assert_eq!(begin(now + Duration::from_secs(600)).0, Ended::TimedOut);
}

#[test]
fn a_deadline_ends_what_does_not_end() {
    let bench = Bench::new(HostProgram::at(HOST));
    let (ended, _) = bench.start("obey", Some(Duration::from_millis(300))).wait(|_| ());
    assert_eq!(ended, Ended::TimedOut);
}

#[test]
fn who_forgets_a_call_ends_it() {
    let (_dir, hosts) = hosts();
    for host in hosts {
        let bench = Bench::new(host);
        bench.start("stay", None).drop();
    }
}

#[test]
fn a_killed_keeper_is_a_sentence_and_leaves_nothing() {
    orphans::adopt().unwrap();
    let (_dir, hosts) = hosts();
    for host in hosts {
        let bench = Bench::new(host);
        let started = bench.start("stay", None);
        let keeper = started.running.keeper_id();
        let (ended, _) = started.wait(|_| kill(keeper));
        let Ended::Killed(sentence) = ended else { panic!("{ended:?}") };
        assert!(
            sentence
                .ends_with("was lost: its keeper ended before the call did (signal: 9 (SIGKILL))"),
            "{sentence}"
        );
    }
}

/// The parent here is the program itself, which checks a plugin whose
/// constructor never returns.
#[test]
fn a_killed_parent_leaves_nothing() {
    let file = example("hang");
    let (_dir, hosts) = hosts();
    for host in hosts {
        let mut check = Command::new(host.path());
        let mut parent =
            check.args(["check", "--load"]).arg(&file).stderr(Stdio::piped()).spawn().unwrap();
        let keeper = first_child(&mut parent);
        let ended = pidfd_open(keeper, PidfdFlags::empty()).unwrap();
        kill(parent.id());
        // The keeper ends last, and standard error, which the plugin has as
        // its log, when all have.
        poll(&mut [PollFd::new(&ended, PollFlags::IN)], None).unwrap();
        std::io::read_to_string(parent.stderr.take().unwrap()).unwrap();
        parent.wait().unwrap();
    }
}

/// The first child of `parent`, as soon as there is one.
fn first_child(parent: &mut Child) -> Pid {
    let list = format!("/proc/{0}/task/{0}/children", parent.id());
    loop {
        assert_eq!(parent.try_wait().unwrap(), None, "it has ended too early");
        let children = std::fs::read_to_string(&list).unwrap();
        if let Some(child) = children.split_whitespace().next() {
            return Pid::from_raw(child.parse().unwrap()).unwrap();
        }
        std::thread::yield_now();
    }
}
