//! The suite that all bug handlers pass, against a Bugzilla of our own, and
//! what is Bugzilla's alone.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod recorded;
mod stand_in;

use monkeyfarm_bug_kit::suite::{Bench, World};
use monkeyfarm_plugin_api::BugAction::{Close, Reopen, Show};
use monkeyfarm_plugin_api::FailureKind;

use stand_in::{KEY, world};

monkeyfarm_bug_kit::bug_suite!(suite, crate::stand_in::world);

#[test]
fn the_hub_says_how_bugs_are_closed_and_which() {
    let world = world();
    let bug = world.make("it burns");
    let mut bench = Bench::new(&world);
    bench.config = "closed_status = 'VERIFIED'\nresolution = 'INVALID'".into();
    assert_eq!(bench.done(Close, &bug, "m1").status, "VERIFIED INVALID");
    bench.config = "open_status = 'IN_PROGRESS'\nproducts = ['Farm']".into();
    assert_eq!(bench.done(Reopen, &bug, "m2").status, "IN_PROGRESS");
    bench.config = "closed_status = 'NOSUCH'".into();
    let failure = bench.failed(Close, &bug, "m3");
    assert!(
        failure.sentence.ends_with("There is no status named 'NOSUCH'. (code 51)"),
        "{failure}"
    );
    bench.config = "products = ['Tree', 'Ape']".into();
    let failure = bench.failed(Close, &bug, "m4");
    assert_eq!(failure.kind, FailureKind::Failed);
    assert!(failure.sentence.ends_with("this farm is only for Tree, Ape"), "{failure}");
    assert!(world.is_open(&bug));
}

#[test]
fn a_key_is_in_an_address_only_where_the_hub_wants_it() {
    let world = world();
    let bug = world.make("it burns");
    let mut bench = Bench::new(&world);
    bench.done(Close, &bug, "m1");
    for request in world.server().seen() {
        assert!(!request.query.contains(KEY));
        let in_header = request.header("x-bugzilla-api-key") == KEY;
        let in_body = request.json()["api_key"] == KEY;
        assert_eq!((in_header, in_body), (request.method == "GET", request.method != "GET"));
    }
    bench.config = "key_in_query = true".into();
    let before = world.server().seen().len();
    bench.done(Show, &bug, "m2");
    assert_eq!(world.server().seen()[before].parameter("api_key"), KEY);
    assert!(!bench.farm.log().concat().contains(KEY));
}
