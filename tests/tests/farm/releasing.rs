//! A release manager's day, by `mf` alone.

use std::fs;

use monkeyfarm_tests::{Farm, Repository, world};

#[test]
fn builds_are_built_judged_and_moved_to_stable() {
    let farm = Farm::start();
    world::make(&farm);
    let host = farm.scratch().join("on-this-host");
    let commands = format!("[build]\ncommands = [\"cp {} out\"]\n", host.display());
    let recipe = format!("{commands}files = [\"out\"]\n");
    let source = Repository::new(farm.scratch().join("s"), &[(".monkeyfarm.toml", &recipe)]);
    let branch = world::package(&farm, "tool", &source.url(), &[]);
    for tag in ["candidate", "testing"] {
        farm.ok(["tag", "create", "-l", tag]);
    }
    farm.ok(["tag", "create", "-l", "stable", "--only-latest=True", "--requires-admin=True"]);
    // The host lacks something yet.
    let submit = |label: &'static str| {
        [
            "build",
            "create",
            "-l",
            label,
            "--package-branch",
            &branch,
            "--pre-tag",
            "candidate",
            "--watch",
        ]
    };
    assert_eq!(farm.mf(submit("tool-1")).code, 1);
    let task = format!("tool-1.{}", world::TARGETS[0]);
    let why = farm.ok(["why", &task]);
    assert!(why.starts_with("ended: it is BuildFail since "), "{why}");
    assert_eq!(farm.ok(["task", "why", &task]), why);
    fs::write(&host, "1\n").unwrap();
    assert!(farm.ok(["build", "retry", "tool-1"]).starts_with("build tool-1 is built again"));
    farm.ok(["build", "watch", "tool-1"]);
    farm.ok(submit("tool-2"));
    let told = farm.ok(["build", "comment", "tool-2", "breaks my site", "--karma", "-1"]);
    assert_eq!(told.trim(), "build tool-2 has a karma of -1");
    farm.ok(["build", "comment", "tool-2", "no, it was me", "--karma", "1"]);

    let moved = farm.ok(["tag", "move", "candidate", "testing"]);
    assert_eq!(moved, "moved     tool-1\nmoved     tool-2\n");
    let locked = farm.ok(["tag", "lock", "stable"]);
    assert_eq!(locked.trim(), "tag stable is locked: nothing moves in or out");
    let refused = farm.mf(["tag", "move-builds", "testing", "--to-tag", "stable"]);
    assert_eq!(refused.code, 9, "{}", refused.err);
    farm.ok(["tag", "unlock", "stable"]);
    let moved = farm.ok(["tag", "move-builds", "testing", "--to", "stable"]);
    assert_eq!(moved, "moved     tool-2\nuntagged  tool-1\n", "only the latest is stable");
    assert_eq!(farm.ok(["tag", "move", "testing", "stable"]).trim(), "there was nothing to move");
    let told = farm.ok(["build", "untag", "tool-2", "stable"]);
    assert_eq!(told.trim(), "build tool-2 has no tag");
    let told = farm.ok(["build", "tag", "tool-1", "--tag", "testing"]);
    assert_eq!(told.trim(), "build tool-1 has the tags testing");

    let history = farm.ok(["build", "history", "tool-2", "--limit", "3"]);
    assert!(history.contains("tags  stable → nothing"), "{history}");
    let history = farm.ok(["tag", "history", "stable"]);
    assert!(history.contains("locked  yes → no") && history.contains("admin (key "), "{history}");
    let found = farm.ok(["util", "search", "tool-1"]);
    assert!(found.contains("BuildSuccess"), "{found}");

    let system = farm.json(&["system", "list"]);
    let system = system["data"]["systems"][0]["label"].as_str().unwrap().to_owned();
    let told = farm.ok(["system", "drain", &system]);
    assert!(told.contains("gets no more tasks"), "{told}");
    farm.ok(["build", "create", "-l", "tool-3", "--package-branch", &branch]);
    let waiting = format!("tool-3.{}", world::TARGETS[0]);
    let why = farm.ok(["why", &waiting]);
    assert!(why.starts_with("impossible: ") && why.contains("mf system resume"), "{why}");
    assert!(farm.ok(["system", "resume", &system]).contains("gets tasks again"));
    farm.ok(["build", "watch", "tool-3"]);
}
