//! Issues of a GitHub in builds: what its stand-in is asked and answers is held
//! to GitHub's own description.

#[path = "../../../plugins/github/tests/contract/mod.rs"]
mod contract;
#[path = "../../../plugins/github/tests/stand_in/mod.rs"]
mod stand_in;

use monkeyfarm_bug_kit::suite::{BugHandler, Fault, Response, World};
use serde_json::json;

use crate::bugs;
use stand_in::TOKEN;

/// The farm asks by the plugin's file: a program cannot be linked with two plugins,
/// for each exports the same names.
fn handler() -> Box<dyn BugHandler> {
    unreachable!("only the farm asks")
}

#[test]
fn issues_are_closed_by_a_tag_after_a_limit_was_waited_out() {
    let tracker = stand_in::world();
    let burns = tracker.make("it burns");
    let (farm, branch) = bugs::farm("github");
    farm.ok(["bug-handler", "update", "github", "--config", &tracker.config()]);
    bugs::point_to(&farm, "github", tracker.server(), ("token", TOKEN));
    bugs::build(&farm, &branch, "tool-1", &burns);
    assert_eq!(bugs::bug(&farm, "tool-1", "open")["title"], "it burns");

    let told = json!({ "message": "API rate limit exceeded", "documentation_url": "x" });
    let limit = Response::json(403, &told).with("retry-after", "3600");
    tracker.server().misbehave([Fault::Answer(limit)]);
    farm.ok(["build", "tag", "tool-1", "stable"]);
    let waits = bugs::trouble(&farm, "tool-1");
    let why = waits["message"].as_str().unwrap();
    assert!(why.ends_with("the next call is made in 3600 s"), "{why}");
    assert!(farm.ok(["status"]).contains(why), "{why}");
    assert!(tracker.is_open(&burns), "nobody asks meanwhile");
    farm.ok(["util", "retry-errand", &waits["id"].to_string()]);
    assert_eq!(bugs::bug(&farm, "tool-1", "closed")["status"], "closed completed");
    let said = tracker.said(&burns);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("Build tool-1 of package tool was tagged stable"), "{said:?}");

    // Another repository's is not touched, whatever the token may.
    bugs::build(&farm, &branch, "tool-2", "other/place#1");
    let other = bugs::bug(&farm, "tool-2", "unknown");
    assert!(other["message"].as_str().unwrap().contains("other/place"), "{other}");
    for line in farm.messages() {
        assert!(!line.contains(TOKEN), "{line}");
    }
}
