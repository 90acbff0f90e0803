//! Bugs in builds, with a real regulator, a real plugin and a tracker that
//! answers as a Bugzilla does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Instant;

use monkeyfarm_bug_kit::suite::{Fault, Server, World};
use monkeyfarm_tests::farm::PATIENCE;
use monkeyfarm_tests::{Farm, Options, Repository, world};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::bugzilla::{self, KEY};

/// No lease ends while a test runs: what dies is noticed by its connection.
const LEASE: &str = "lease_seconds = 3600\n";

/// Says where the tracker of a handler is, and the key for it.
pub fn point_to(farm: &Farm, handler: &str, server: &Server, (name, key): (&str, &str)) {
    let dir = farm.data_dir().join("plugins.d");
    fs::create_dir_all(&dir).unwrap();
    let file = dir.join(format!("{handler}.toml"));
    let text = format!("url = \"{}\"\n[secrets]\n{name} = \"{key}\"\n", server.url());
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Waits for what the farm does by itself; to look is the pause between two looks.
fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "{what} did not happen");
    }
}

/// The first bug of a build, once it is in this state.
pub fn bug(farm: &Farm, build: &str, state: &str) -> Value {
    until(&format!("the bug of {build} is {state}"), || {
        let shown = farm.json(&["build", "show", build]);
        let bug = shown["data"]["build"]["bug_details"][0].clone();
        (bug["state"] == state).then_some(bug)
    })
}

/// What is wrong with an errand of a build, once something is.
pub fn trouble(farm: &Farm, build: &str) -> Value {
    until(&format!("an errand of {build} gives trouble"), || {
        let status = farm.json(&["status"]);
        let all = status["data"]["status"]["troubles"].as_array().unwrap().clone();
        all.into_iter().find(|errand| errand["build_label"] == build)
    })
}

/// A farm whose project has a bug handler, and a package-branch of it.
pub fn farm(handler: &str) -> (Farm, String) {
    let mut farm = Farm::prepared(Options::default());
    fs::create_dir_all(farm.data_dir()).unwrap();
    fs::write(farm.data_dir().join("hub.toml"), LEASE).unwrap();
    farm.up();
    world::make(&farm);
    let shown = farm.json(&["bug-handler", "show", handler]);
    assert_eq!(shown["data"]["bug_handler"]["enabled"], true, "{shown}");
    farm.ok(["project", "update", "demo", "--bug-handler", handler]);
    let template = "https://bugs.test/show_bug.cgi?id={bug}";
    farm.ok(["bug-handler", "update", handler, "--bug-url-template", template]);
    farm.ok(["tag", "create", "-l", "stable", "--close-on-tag=True"]);
    let recipe = "[build]\ncommands = [\"true\"]\n";
    let source = Repository::new(farm.scratch().join("s"), &[(".monkeyfarm.toml", recipe)]);
    let branch = world::package(&farm, "tool", &source.url(), &[]);
    (farm, branch)
}

pub fn build(farm: &Farm, branch: &str, label: &str, bugs: &str) {
    let words = ["build", "create", "-l", label, "--package-branch", branch, "--bugs", bugs];
    farm.ok(words.into_iter().chain(["--watch"]));
}

#[test]
fn bugs_become_known_and_a_tag_closes_them() {
    let tracker = bugzilla::world();
    let burns = tracker.make("it burns");
    let (farm, branch) = farm("bugzilla");
    // Nobody has said where the tracker is.
    build(&farm, &branch, "tool-1", &burns);
    let unknown = trouble(&farm, "tool-1")["message"].as_str().unwrap().to_owned();
    assert!(unknown.contains("names no tracker"), "{unknown}");
    let shown = farm.json(&["build", "show", "tool-1"])["data"]["build"].clone();
    assert_eq!(shown["bug_urls"][0], format!("https://bugs.test/show_bug.cgi?id={burns}"));
    assert_eq!(shown["bug_details"][0]["state"], "unchecked");

    // A wrong key closes nothing and loses nothing.
    let wrong = "0000000000000000000000000000000000000000";
    point_to(&farm, "bugzilla", tracker.server(), ("api_key", wrong));
    let retry = |errand: &Value| farm.ok(["util", "retry-errand", &errand["id"].to_string()]);
    retry(&trouble(&farm, "tool-1"));
    assert_eq!(bug(&farm, "tool-1", "open")["title"], "it burns");
    farm.ok(["build", "tag", "tool-1", "stable"]);
    let refused = trouble(&farm, "tool-1");
    let why = refused["message"].as_str().unwrap();
    assert!(why.contains("does not take the key") && why.contains("[secrets]"), "{why}");
    assert_eq!(refused["about"], format!("close bug {burns}"));
    assert!(farm.ok(["status"]).contains("does not take the key"));
    point_to(&farm, "bugzilla", tracker.server(), ("api_key", KEY));
    retry(&refused);
    let closed = bug(&farm, "tool-1", "closed");
    assert_eq!(closed["status"], "RESOLVED FIXED");
    let said = tracker.said(&burns);
    assert_eq!(said.len(), 1, "{said:?}");
    let told = "Build tool-1 of package tool was tagged stable in project demo.";
    assert!(said[0].starts_with(told), "{}", said[0]);

    // What is refused for good is said on the bug, and the rest goes on.
    build(&farm, &branch, "tool-2", "99999");
    let unknown = bug(&farm, "tool-2", "unknown");
    assert!(unknown["message"].as_str().unwrap().contains("has no bug 99999"), "{unknown}");
    farm.ok(["build", "reopen-bugs", "tool-1", "--comment", "it still does"]);
    bug(&farm, "tool-1", "open");
    assert!(tracker.said(&burns)[1].starts_with("it still does"));
    for line in farm.messages() {
        assert!(!line.contains(KEY) && !line.contains(wrong), "{line}");
    }
}

#[test]
fn a_regulator_that_is_killed_before_it_reports_doubles_nothing() {
    let tracker = bugzilla::world();
    let burns = tracker.make("it burns");
    let (farm, branch) = farm("bugzilla");
    point_to(&farm, "bugzilla", tracker.server(), ("api_key", KEY));
    build(&farm, &branch, "tool-1", &burns);
    bug(&farm, "tool-1", "open");
    // The bug, its comments and the change are answered; the bug as it is then
    // is not.
    tracker.server().misbehave_at(vec![None, None, None, Some(Fault::Hang)]);
    farm.ok(["build", "tag", "tool-1", "stable"]);
    tracker.server().wait_until(|| !tracker.is_open(&burns));
    let regulator = Pid::from_raw(farm.child("mf-regulatord")).unwrap();
    kill_process(regulator, Signal::KILL).unwrap();
    assert_eq!(bug(&farm, "tool-1", "closed")["status"], "RESOLVED FIXED");
    let said = tracker.said(&burns);
    assert_eq!(said.len(), 1, "{said:?}");
    let shown = farm.json(&["build", "show", "tool-1"]);
    let errands = shown["data"]["build"]["errands"].as_array().unwrap().clone();
    let closes = errands.iter().find(|errand| errand["about"] == format!("close bug {burns}"));
    assert!(closes.unwrap()["attempts"].as_i64().unwrap() >= 2, "{errands:?}");
}
