//! A cancelled build leaves nothing behind, however its processes hide.

use std::fs::{self, File};
use std::io::Read;
use std::process::Command;
use std::time::Instant;

use monkeyfarm_tests::{Farm, process, world};

/// Commands that each start a process that wants to stay: it holds the file
/// on descriptor 3 open for as long as it lives.
const STUBBORN: [&str; 4] = [
    // Deaf to what may be ignored.
    "sh -c 'trap \"\" TERM INT HUP QUIT; while :; do sleep 1000; done' &",
    // Of a session of its own.
    "setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' &",
    // Nobody's child any more.
    "(setsid sh -c '(trap \"\" TERM HUP; while :; do sleep 1000; done) & exit' &)",
    // One that starts others as they are killed.
    "sh -c 'trap \"\" TERM; while :; do sleep 1000 & wait; done' &",
];

#[test]
fn every_process_of_a_cancelled_build_ends() {
    let farm = Farm::start();
    world::make(&farm);
    let (began, alive) = (farm.scratch().join("began"), farm.scratch().join("alive"));
    for fifo in [&began, &alive] {
        assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
    }
    let mut commands = format!("exec 3> {}\n", alive.display());
    STUBBORN.iter().for_each(|command| commands += &format!("{command}\n"));
    commands += &format!("echo began > {}\ntrap '' TERM\nsleep 1000; sleep 1000", began.display());
    let script = farm.scratch().join("stubborn.sh");
    fs::write(&script, commands).unwrap();
    let recipe = world::recipe(&[&format!("sh {}", script.display())]);
    farm.ok(["target", "update", "one-x86_64", "--config", &recipe]);
    let branch = world::package(&farm, "stubborn", "", &["--release", "one"]);
    for round in ["1", "2"] {
        let (build, task) = match round {
            "1" => ("stubborn-1", None),
            // A task is cancelled as its build is.
            _ => ("stubborn-2", Some("stubborn-2.one-x86_64")),
        };
        farm.ok(["build", "create", "-l", build, "--package-branch", &branch]);
        // Opening waits for the other side.
        let mut alive = File::open(&alive).unwrap();
        assert_eq!(fs::read_to_string(&began).unwrap(), "began\n");
        let begin = Instant::now();
        match task {
            Some(task) => farm.ok(["task", "cancel", task]),
            None => farm.ok(["build", "cancel", build]),
        };
        // The end comes when the last of them has let go of it.
        assert_eq!(alive.read_to_string(&mut String::new()).unwrap(), 0);
        eprintln!("nothing was left after {:?}", begin.elapsed());
        let watched = farm.mf(["build", "watch", build]);
        assert_eq!(watched.code, 3, "{watched:?}");
        let shown = farm.json(&["task", "show", &format!("{build}.one-x86_64")]);
        assert_eq!(shown["data"]["task"]["status_label"], "Cancelled", "{shown}");
    }
    let left = process::of_farm(farm.pid(), farm.scratch());
    assert!(!left.iter().any(|process| process.contains("sleep")), "{left:?}");
}
