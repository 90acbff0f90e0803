//! The worker as a program.

use std::fs;
use std::process::Command;

use rustix::process::Signal;

use crate::started::{NOBODY, Place, Started};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mf-workerd");

fn worker(place: &Place) -> Command {
    let mut command = place.daemon(PROGRAM, NOBODY);
    command.arg("--config").arg(place.path("workerd.toml"));
    command.arg("--data-dir").arg(place.path("data"));
    command
}

fn place() -> Place {
    let place = Place::new();
    fs::write(place.path("workerd.toml"), "task_seconds = 60\n").unwrap();
    place
}

#[test]
fn a_wrong_configuration_is_named_and_final() {
    let place = place();
    fs::write(place.path("workerd.toml"), "task_second = 60\n").unwrap();
    let mut daemon = Started::new(worker(&place));
    assert_eq!(daemon.end(), 78);
    assert!(daemon.count("workerd.toml") == 1 && daemon.count("task_second") > 0);

    fs::write(place.path("workerd.toml"), "").unwrap();
    fs::create_dir(place.path("plugins.d")).unwrap();
    fs::write(place.path("plugins.d/git.toml"), "[secrets]\ntoken = sw0rdfish\n").unwrap();
    let mut daemon = Started::new(worker(&place));
    assert_eq!(daemon.end(), 78);
    assert_eq!(daemon.count("plugins.d/git.toml: line 2"), 1, "{:#?}", daemon.said);
    assert_eq!(daemon.count("sw0rdfish"), 0);

    fs::remove_dir_all(place.path("plugins.d")).unwrap();
    fs::write(place.path("data"), "a file").unwrap();
    let mut daemon = Started::new(worker(&place));
    assert_eq!(daemon.end(), 70);
    assert_eq!(daemon.count("/data cannot be used"), 1, "{:#?}", daemon.said);
}

#[test]
fn a_second_worker_does_not_take_the_directory() {
    let place = place();
    let mut first = Started::new(worker(&place));
    first.wait_for("cannot be reached", 1);
    let mut second = Started::new(worker(&place));
    assert_eq!(second.end(), 75);
    assert_eq!(second.count("another worker has the data directory"), 1);
    first.signal(Signal::TERM);
    assert_eq!(first.end(), 0);
    assert_eq!(first.count("cannot be reached"), 1, "{:#?}", first.said);
}

#[test]
fn what_a_killed_worker_left_is_removed_before_the_hub_hears_of_the_next() {
    let place = place();
    let left = place.path("data/tasks/7.1");
    fs::create_dir_all(left.join("source")).unwrap();
    let mut left_running = Command::new("cat");
    left_running.env_clear().env("HOME", left.join("home")).stdin(std::process::Stdio::piped());
    let mut left_running = left_running.spawn().unwrap();
    let process = left_running.id();
    // Kept, or `wait` would close it and end the process in its own way.
    let _stdin = left_running.stdin.take();
    // The orphan of a worker is reaped by whoever inherits it.
    let reaper = std::thread::spawn(move || left_running.wait().unwrap());
    let mut daemon = Started::with_lifeline(worker(&place));
    daemon.wait_for("cannot be reached", 1);
    assert!(!reaper.join().unwrap().success());
    assert_eq!(daemon.count(&format!("killing process {process}, left by")), 1);
    assert_eq!(daemon.count("7.1, left by an earlier worker"), 1);
    assert!(!left.exists());
    daemon.lifeline = None;
    assert_eq!(daemon.end(), 0);
}
