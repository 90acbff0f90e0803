//! What builds take of their host's disk.

use std::fs;

use monkeyfarm_tests::farm::Options;
use monkeyfarm_tests::{Farm, Repository, awaited, world};

/// A farm whose worker is told this.
fn told(workerd: &str) -> Farm {
    let mut farm = Farm::prepared(Options::default());
    fs::create_dir_all(farm.data_dir()).unwrap();
    fs::write(farm.data_dir().join("workerd.toml"), workerd).unwrap();
    farm.up();
    world::make(&farm);
    farm
}

/// A package of that name that is built by one command; its package-branch.
fn package(farm: &Farm, name: &str, command: &str) -> String {
    let files = [(".monkeyfarm.toml", world::recipe(&[command]))];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    let source = Repository::new(farm.scratch().join(name), &files);
    world::package(farm, name, &source.url(), &["--release", "one"])
}

#[test]
fn a_build_that_takes_too_much_is_ended_and_nothing_of_it_is_left() {
    let farm = told("task_megabytes = 8\n");
    let glutton = "head -c 20000000 /dev/zero > big; echo it is there; exec sleep 1000";
    let branch = package(&farm, "glutton", glutton);
    let ran = farm.mf(["build", "create", "-l", "g-1", "--package-branch", &branch, "--watch"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let task = farm.json(&["task", "show", "g-1.one-x86_64"])["data"]["task"].take();
    let why = task["message"].as_str().unwrap();
    assert!(why.starts_with("the task's directory takes 2"), "{why}");
    assert!(why.ends_with("MB, and task_megabytes of this system allows 8"), "{why}");
    let log = farm.ok(["task", "log", "g-1.one-x86_64"]);
    assert!(log.contains("it is there") && log.ends_with(&format!("failed: {why}\n")), "{log}");
    awaited::gone(&farm.data_dir().join("worker/tasks"), ".");

    let frugal = package(&farm, "frugal", "head -c 2000000 /dev/zero > small");
    farm.ok(["build", "create", "--package-branch", &frugal, "--watch"]);
}

#[test]
fn a_system_whose_disk_is_nearly_full_gets_no_tasks_until_it_is_not() {
    // No disk has so much.
    let mut farm = told("free_megabytes = 1_000_000_000_000\n");
    let list = farm.json(&["system", "list"]);
    let host = list["data"]["systems"][0]["label"].as_str().unwrap().to_owned();
    let drained = |farm: &Farm, right: &dyn Fn(&str) -> bool| {
        let shown = awaited::wait(farm, &["system", "show", &host], |shown| {
            right(shown["data"]["system"]["drained"].as_str().unwrap())
        });
        shown["data"]["system"]["drained"].as_str().unwrap().to_owned()
    };
    let said = drained(&farm, &|said| !said.is_empty());
    assert!(said.starts_with(&format!("by {host} since ")), "{said}");
    assert!(said.ends_with("(free_megabytes)") && said.contains("MB free"), "{said}");
    farm.wait_for_message(&["gets no more tasks: its disk has "]);
    let branch = package(&farm, "tool", "true");
    farm.ok(["build", "create", "-l", "tool-1", "--package-branch", &branch]);
    let why = farm.ok(["why", "tool-1.one-x86_64"]);
    assert!(why.contains("because of: its disk has"), "{why}");

    // There is more.
    assert!(farm.stop().success());
    fs::write(farm.data_dir().join("workerd.toml"), "free_megabytes = 0\n").unwrap();
    farm.up();
    farm.ok(["build", "watch", "tool-1"]);
    assert_eq!(drained(&farm, &|_| true), "");

    // What an admin says, no worker takes back.
    farm.ok(["system", "drain", &host, "--reason", "new disks"]);
    assert!(farm.stop().success());
    farm.up();
    farm.ok(["build", "create", "-l", "tool-2", "--package-branch", &branch]);
    let why = farm.ok(["why", "tool-2.one-x86_64"]);
    assert!(why.contains("because of: new disks"), "{why}");
    farm.ok(["system", "resume", &host]);
    farm.ok(["build", "watch", "tool-2"]);
}
