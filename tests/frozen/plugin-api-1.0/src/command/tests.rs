#![allow(clippy::unwrap_used)]

use std::fs;
use std::time::Duration;

use super::*;
use crate::FailureKind;
use crate::kit::Recorder;

fn sh(script: &str) -> Command {
    Command::new("/bin/sh").args(["-c", script])
}

#[test]
fn the_environment_is_what_was_given() {
    let cx = Recorder::new().context();
    let said = Command::new("env").env("A", "b c").output(&cx, 4096).unwrap();
    let mut lines: Vec<_> = said.text().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["A=b c", "LANG=C.UTF-8", &format!("PATH={PATH}")]);
    assert_eq!(sh("cat").output(&cx, 1).unwrap().text(), "", "standard input is empty");
}

#[test]
fn sentences_say_how_it_ended() {
    let cx = Recorder::new().context();
    let sentence = |script: &str| sh(script).run(&cx).unwrap_err().sentence;
    assert_eq!(sentence("exit 3"), "`sh` failed with exit status 3");
    assert_eq!(sentence("kill -SEGV $$"), "`sh` was ended by signal 11 (SIGSEGV)");
    let late = Command::new("sleep").arg("1000").timeout(Duration::from_millis(20));
    assert_eq!(
        late.run(&cx).unwrap_err().sentence,
        "`sleep` was stopped: it took longer than 20ms"
    );
    let limit = Duration::from_millis(20);
    let said = Command::new("sleep").arg("1000").silence(limit).output(&cx, 100).unwrap();
    assert_eq!(said.ended, Ended::Silent(limit));
    assert_eq!(said.ended.to_string(), "was stopped: it wrote nothing for 20ms");
}

#[test]
fn a_missing_program_or_directory_is_named() {
    let cx = Recorder::new().context();
    let missing = Command::new("mf-no-such-program").if_missing("install nothing");
    let sentence = missing.run(&cx).unwrap_err().sentence;
    assert!(sentence.starts_with("cannot run `mf-no-such-program`: this host has no such"));
    assert!(sentence.ends_with("; install nothing"), "{sentence}");
    let sentence = Command::new("true").dir("/no/such/dir").run(&cx).unwrap_err().sentence;
    assert_eq!(sentence, "cannot run `true` in /no/such/dir: no such directory");
    let sentence = Command::new("/etc/passwd").run(&cx).unwrap_err().sentence;
    assert!(sentence.starts_with("cannot run `passwd`: "), "{sentence}");
}

#[test]
fn output_has_a_limit_and_loses_nothing_below_it() {
    let cx = Recorder::new().context();
    let all = sh("head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2");
    let said = all.output(&cx, 1_000_000).unwrap();
    assert_eq!((said.stdout.len(), said.stderr.len()), (1_000_000, 1_000_000));
    let endless = Command::new("yes").output(&cx, 1000).unwrap_err();
    assert_eq!(endless.sentence, "`yes` wrote more than 1000 bytes");
}

#[test]
fn a_process_left_behind_does_not_hold_the_command_up() {
    let cx = Recorder::new().context();
    let said = sh("sleep 1000 & echo $!").output(&cx, 100).unwrap();
    let left: i32 = said.text().trim().parse().unwrap();
    let left = rustix::process::Pid::from_raw(left).unwrap();
    rustix::process::kill_process(left, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn lines_come_whole_and_progress_too() {
    let cx = Recorder::new().context();
    let mut lines = Vec::new();
    let script = r"printf 'one\n10%%\r20%%\rlast'; printf 'oops\n' >&2";
    let ended = sh(script).lines(&cx, |stream, line| lines.push((stream, line.to_owned())));
    assert!(ended.unwrap().success());
    let (err, out): (Vec<_>, Vec<_>) = lines.into_iter().partition(|l| l.0 == Stream::Stderr);
    assert_eq!(err, [(Stream::Stderr, "oops".to_owned())]);
    assert_eq!(out.iter().map(|l| &*l.1).collect::<Vec<_>>(), ["one", "10%", "20%", "last"]);
}

#[test]
fn a_cancel_ends_the_command_and_its_group() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("started");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let recorder = Recorder::new();
    let canceller = {
        let (recorder, fifo) = (recorder.clone(), fifo.clone());
        std::thread::spawn(move || {
            let pid = fs::read_to_string(fifo).unwrap();
            recorder.cancel();
            pid
        })
    };
    // The shell waits for a child that a signal to the shell alone would miss.
    let command = sh("sleep 1000 & echo $! > started; wait").dir(dir.path());
    let failure = command.run(&recorder.context()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Cancelled);
    let sleeper: i32 = canceller.join().unwrap().trim().parse().unwrap();
    wait_for_the_end_of(sleeper);
}

/// Returns when process `pid` is dead; at once when it is gone altogether.
fn wait_for_the_end_of(pid: i32) {
    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    if let Ok(handle) = pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()) {
        poll(&mut [PollFd::new(&handle, PollFlags::IN)], None).unwrap();
    }
}

#[test]
fn a_cancelled_task_starts_nothing() {
    let recorder = Recorder::new();
    recorder.cancel();
    let failure = Command::new("/no/such/program").run(&recorder.context()).unwrap_err();
    assert_eq!(failure, Failure::cancelled());
}
