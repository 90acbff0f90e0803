//! The suite that all bug handlers pass, against a GitHub of our own, and what
//! is GitHub's alone.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod contract;
mod stand_in;

use mf_plugin_github::GitHub;
use monkeyfarm_bug_kit::suite::{Bench, BugHandler, Fault, Response, World};
use monkeyfarm_plugin_api::BugAction::{Close, Comment, Show};
use monkeyfarm_plugin_api::FailureKind;
use serde_json::json;

use stand_in::{TOKEN, world};

/// What the stand-in is asked by.
fn handler() -> Box<dyn BugHandler> {
    Box::new(GitHub)
}

monkeyfarm_bug_kit::bug_suite!(suite, crate::stand_in::world);

#[test]
fn every_request_says_who_asks_and_what_it_speaks() {
    let world = world();
    let bug = world.make("it burns");
    Bench::new(&world).done(Close, &bug, "m1");
    let seen = world.server().seen();
    assert_eq!(seen.len(), 4, "issue, comments, comment, change");
    for request in seen {
        assert_eq!(request.header("authorization"), format!("Bearer {TOKEN}"));
        assert_eq!(request.header("x-github-api-version"), "2022-11-28");
        assert_eq!(request.header("accept"), "application/vnd.github+json");
        assert!(request.header("user-agent").starts_with("MonkeyFarm/"));
    }
}

#[test]
fn an_issue_of_another_repository_must_be_allowed() {
    let world = world();
    let bug = world.make("it burns");
    let mut bench = Bench::new(&world);
    let named = |repository: &str| format!("{repository}#{bug}");
    assert_eq!(bench.done(Show, &named("monkey/farm"), "m").title, "it burns");
    let failure = bench.failed(Comment, &named("other/place"), "m");
    assert_eq!(failure.kind, FailureKind::Failed);
    assert!(failure.sentence.starts_with("other/place is not among"), "{failure}");
    bench.config = String::new();
    let failure = bench.failed(Show, &bug, "m");
    assert_eq!(failure.kind, FailureKind::Later, "somebody may still say it: {failure}");
}

#[test]
fn a_secondary_limit_without_a_time_is_a_minute() {
    let world = world();
    let bug = world.make("it burns");
    let bench = Bench::new(&world);
    let told = json!({ "message": "You have exceeded a secondary rate limit. Please wait." });
    world.server().misbehave([Fault::Answer(Response::json(403, &told))]);
    let failure = bench.failed(Comment, &bug, "m");
    assert_eq!((failure.wait.seconds, failure.wait.all), (60, true), "{failure}");
    let told = json!({ "message": "Unable to create comment because issue is locked." });
    world.server().misbehave([Fault::Answer(Response::json(403, &told))]);
    let failure = bench.failed(Comment, &bug, "m");
    assert_eq!(failure.kind, FailureKind::Failed);
    assert!(failure.sentence.contains("issue is locked"), "{failure}");
}

#[test]
fn the_next_page_is_never_elsewhere() {
    let world = world();
    let bug = world.make("it burns");
    let bench = Bench::new(&world);
    let first = Response::json(200, &json!([]))
        .with("link", "<http://127.0.0.1:1/repos/x?page=2>; rel=\"next\"");
    let issue = stand_in::issue(1, "it burns", true);
    let faults = [Response::json(200, &issue), first].map(Fault::Answer);
    world.server().misbehave(faults);
    bench.done(Comment, &bug, "m");
    assert_eq!(world.said(&bug).len(), 1);
}
