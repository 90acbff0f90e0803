//! Stopping, starting again, and being killed.

use std::process::Stdio;

use monkeyfarm_tests::{Farm, Ran, Repository, process, world};
use rustix::process::{Pid, Signal, kill_process};

fn build_once(farm: &Farm, name: &str) {
    let source = Repository::new(
        farm.scratch().join(name),
        &[(".monkeyfarm.toml", &world::recipe(&["echo fine"]))],
    );
    let branch = world::package(farm, name, &source.url(), &["--release", "one"]);
    farm.ok([
        "build",
        "create",
        "-l",
        &format!("{name}-1"),
        "--package-branch",
        &branch,
        "--watch",
    ]);
}

#[test]
fn a_stopped_farm_goes_on_where_it_was() {
    let mut farm = Farm::start();
    world::make(&farm);
    build_once(&farm, "before");
    assert!(farm.stop().success());
    farm.up();
    let shown = farm.json(&["build", "show", "before-1"]);
    assert_eq!(shown["data"]["build"]["status_label"], "BuildSuccess");
    assert!(farm.ok(["task", "log", "before-1.one-x86_64"]).contains("fine"));
    build_once(&farm, "after");
    assert!(farm.stop().success());
}

#[test]
fn a_build_that_a_stop_interrupts_is_built_after_the_start() {
    let mut farm = Farm::start();
    world::make(&farm);
    let began = farm.scratch().join("began");
    let command = format!(
        "test -e {0}.once || {{ touch {0}.once; echo began > {0}; exec sleep 1000; }}",
        began.display()
    );
    assert!(std::process::Command::new("mkfifo").arg(&began).status().unwrap().success());
    let source = Repository::new(
        farm.scratch().join("source"),
        &[(".monkeyfarm.toml", &world::recipe(&[&command]))],
    );
    let branch = world::package(&farm, "long", &source.url(), &["--release", "one"]);
    farm.ok(["build", "create", "-l", "long-1", "--package-branch", &branch]);
    std::fs::read(&began).unwrap();
    assert!(farm.stop().success());
    farm.up();
    let out = farm.ok(["build", "watch", "long-1"]);
    assert!(out.contains("BuildSuccess"), "{out}");
    let shown = farm.json(&["task", "show", "long-1.one-x86_64"]);
    assert_eq!(shown["data"]["task"]["attempt"], 2);
}

#[test]
fn a_second_farm_on_the_directory_says_who_has_it() {
    let farm = Farm::start();
    let second = Ran::of(farm.up_command().stdin(Stdio::null()));
    assert_eq!(second.code, 75, "{second:?}");
    assert!(second.err.contains(&farm.pid().to_string()), "{second:?}");
    farm.ok(["status"]);
}

#[test]
fn a_killed_program_is_started_again_at_the_same_address() {
    let mut farm = Farm::start();
    world::make(&farm);
    let url = farm.setting("url");
    for name in ["mf-hub", "mf-workerd", "mf-regulatord"] {
        let pid = farm.child(name);
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
        build_once(&farm, &format!("after-{name}"));
        assert_ne!(process::child(farm.pid(), name), Some(pid), "{name}");
    }
    assert_eq!(farm.setting("url"), url);
    assert!(farm.stop().success());
}

#[test]
fn a_killed_mf_up_takes_everything_with_it() {
    let farm = Farm::start();
    let (pid, dir) = (farm.pid(), farm.scratch().to_path_buf());
    let mut children = Vec::new();
    for name in ["mf-hub", "mf-workerd", "mf-regulatord"] {
        let child = Pid::from_raw(farm.child(name)).unwrap();
        let flags = rustix::process::PidfdFlags::empty();
        children.push(rustix::process::pidfd_open(child, flags).unwrap());
    }
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    for child in children {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let patience = Timespec { tv_sec: 60, tv_nsec: 0 };
        let ended = poll(&mut [PollFd::new(&child, PollFlags::IN)], Some(&patience)).unwrap();
        assert_eq!(ended, 1, "a program outlived mf up: {:?}", process::of_farm(pid, &dir));
    }
}
