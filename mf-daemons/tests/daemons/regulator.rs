//! The regulator as a program.

use std::fs;
use std::process::Command;

use rustix::process::Signal;

use crate::started::{NOBODY, Place, Started, silent_hub};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mf-regulatord");

#[test]
fn a_wrong_configuration_is_named_and_final() {
    let place = Place::new();
    let mut command = place.daemon(PROGRAM, NOBODY);
    command.args(["--at-once", "0"]);
    let mut daemon = Started::new(command);
    assert_eq!(daemon.end(), 78);
    assert_eq!(daemon.count("at_once is 0; the least that makes sense is 1"), 1);

    fs::remove_file(place.path("key")).unwrap();
    let mut daemon = Started::new(place.daemon(PROGRAM, NOBODY));
    assert_eq!(daemon.end(), 78);
    assert_eq!(daemon.count(place.path("key").to_str().unwrap()), 1, "{:?}", daemon.said);
}

#[test]
fn a_hub_that_is_away_is_told_of_once_for_each_hook() {
    let place = Place::new();
    let mut command = place.daemon(PROGRAM, NOBODY);
    command.args(["--cycle-seconds", "1"]);
    let mut daemon = Started::new(command);
    daemon.wait_for("enable-handlers: starts", 3);
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), 0);
    for hook in ["enable-handlers", "register-handlers"] {
        let told = format!("{hook}: the hub at {NOBODY} cannot be reached");
        assert_eq!(daemon.count(&told), 1, "{:#?}", daemon.said);
    }
    assert_eq!(daemon.count("cannot hear what happens"), 1);
}

#[test]
fn a_hook_that_hangs_is_killed_and_delays_no_other() {
    let (_listener, url) = silent_hub();
    let place = Place::new();
    let mut command = place.daemon(PROGRAM, &url);
    command.args(["--cycle-seconds", "1", "--hook-seconds", "1"]);
    let mut daemon = Started::new(command);
    // Each of them hangs; each runs again all the same, and they say so once.
    for hook in ["enable-handlers", "register-handlers"] {
        daemon.wait_for(&format!("{hook}: starts"), 2);
        let told = format!("{hook}: killed, since it was not done after 1 s");
        assert_eq!(daemon.count(&told), 1, "{:#?}", daemon.said);
    }
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), 0);
}

#[test]
fn the_regulator_ends_with_its_parent_and_leaves_ctrl_c_to_it() {
    let place = Place::new();
    let mut daemon = Started::with_lifeline(place.daemon(PROGRAM, NOBODY));
    daemon.wait_for("enable-handlers: the hub", 1);
    daemon.signal(Signal::INT);
    daemon.wait_for("cannot hear what happens", 1);
    daemon.lifeline = None;
    assert_eq!(daemon.end(), 0);
}

#[test]
fn a_hook_is_no_command_of_its_own() {
    let run = |name: &str| {
        let mut command = Command::new(PROGRAM);
        command.args(["--hook", name]);
        let mut daemon = Started::new(command);
        (daemon.end(), daemon.said.join("\n"))
    };
    let (code, said) = run("enable-handlers");
    assert!(code == 70 && said.contains("start it without"), "{code} {said}");
    let (code, said) = run("no-such-hook");
    assert!(code == 70 && said.contains("there is no hook \"no-such-hook\""), "{code} {said}");
}
