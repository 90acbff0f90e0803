//! What every bug handler must do.

use monkeyfarm_plugin_api::BugAction::{Close, Comment, Link, Reopen, Show};
use monkeyfarm_plugin_api::{Failure, FailureKind};
use serde_json::json;

use super::{Bench, Fault, Response, World, deserted};

/// Markers as the farm makes them.
const ONE: &str = "5bdcc146bf60754e6a04";
const TWO: &str = "90c1d3e5f7a9b2c4d6e8";

/// How many comments of the bug are the farm's under that marker.
fn signed(world: &dyn World, bug: &str, marker: &str) -> usize {
    world.said(bug).iter().filter(|text| text.contains(marker)).count()
}

#[track_caller]
fn is_later(failure: &Failure, all: bool) {
    assert_eq!((failure.kind, failure.wait.all), (FailureKind::Later, all), "{failure}");
}

/// Title, status and whether it is open.
pub fn a_bug_is_shown_as_it_is(world: &dyn World) {
    let bench = Bench::new(world);
    let bug = world.make("it burns <b>& \"é");
    let shown = bench.done(Show, &bug, ONE);
    assert_eq!((shown.title.as_str(), shown.open), ("it burns <b>& \"é", true));
    assert!(!shown.status.is_empty());
    world.set_open(&bug, false);
    let shown = bench.done(Show, &bug, ONE);
    assert!(!shown.open && !shown.status.is_empty(), "{shown:?}");
    let shown = bench.done(Show, &format!("#{bug}").replace("##", "#"), ONE);
    assert!(!shown.open, "people write a # before it");
    assert!(!bench.farm.log().is_empty(), "the log says what was asked");
}

/// The same work that is done again says nothing again.
pub fn a_comment_is_made_once_for_each_marker(world: &dyn World) {
    let bench = Bench::new(world);
    let bug = world.make("it burns");
    for _ in 0..3 {
        assert!(bench.done(Comment, &bug, ONE).open);
    }
    bench.done(Comment, &bug, TWO);
    assert_eq!((signed(world, &bug, ONE), signed(world, &bug, TWO)), (1, 1));
    let said = world.said(&bug);
    let comment = said.iter().find(|text| text.contains(ONE)).unwrap();
    assert!(comment.starts_with("Build b1 of package p was tagged stable"), "{comment}");
}

/// The comment and the change.
pub fn closing_says_why_and_closes(world: &dyn World) {
    let bench = Bench::new(world);
    let bug = world.make("it burns");
    for _ in 0..2 {
        assert!(!bench.done(Close, &bug, ONE).open);
    }
    assert!(!world.is_open(&bug));
    assert_eq!(signed(world, &bug, ONE), 1);
}

/// Somebody was quicker: what is to be said is said all the same.
pub fn a_closed_bug_stays_closed_and_hears_why(world: &dyn World) {
    let bench = Bench::new(world);
    let bug = world.make("it burns");
    world.set_open(&bug, false);
    assert!(!bench.done(Close, &bug, ONE).open);
    assert!(!world.is_open(&bug));
    assert_eq!(signed(world, &bug, ONE), 1);
}

/// The same the other way round.
pub fn a_bug_is_opened_again(world: &dyn World) {
    let bench = Bench::new(world);
    let bug = world.make("it burns");
    bench.done(Close, &bug, ONE);
    for _ in 0..2 {
        assert!(bench.done(Reopen, &bug, TWO).open);
    }
    assert!(world.is_open(&bug));
    assert_eq!((signed(world, &bug, ONE), signed(world, &bug, TWO)), (1, 1));
}

/// However a tracker shows it, the bug then says which build it was.
pub fn a_link_names_the_build(world: &dyn World) {
    let bench = Bench::new(world);
    let bug = world.make("it burns");
    for _ in 0..2 {
        bench.done(Link, &bug, ONE);
    }
    assert_eq!(signed(world, &bug, ONE), 1);
    assert!(world.is_open(&bug));
}

/// Whatever of the requests is done and not heard of: the next try finds it.
pub fn a_reply_that_is_lost_doubles_nothing(world: &dyn World) {
    for lost in 0..5 {
        let bench = Bench::new(world);
        let bug = world.make("it burns");
        let asked = world.server().seen().len();
        // The requests before that one are answered as they should be.
        let fine = (0..lost).map(|_| None);
        let faults = fine.chain([Some(Fault::LoseReply)]);
        world.server().misbehave_at(faults.collect());
        let first = bench.run(Close, &bug, ONE);
        world.server().behave();
        if let Err(failure) = first {
            assert_eq!(failure.kind, FailureKind::Later, "{failure}");
        } else {
            assert!(world.server().seen().len() - asked <= lost, "request {lost} was lost");
        }
        assert!(!bench.done(Close, &bug, ONE).open);
        assert_eq!(signed(world, &bug, ONE), 1, "request {lost} was lost");
        assert!(!world.is_open(&bug));
    }
}

/// On whatever page it is.
pub fn a_marker_is_found_among_many_comments(world: &dyn World) {
    let bench = Bench::new(world);
    let bug = world.make("it burns");
    let say = |count: usize| (0..count).for_each(|n| world.say(&bug, &format!("comment {n}")));
    say(230);
    bench.done(Comment, &bug, ONE);
    say(120);
    bench.done(Comment, &bug, ONE);
    assert_eq!(signed(world, &bug, ONE), 1);
}

/// Nothing listens there, or says that it is down.
pub fn a_tracker_that_is_down_is_tried_again(world: &dyn World) {
    let mut bench = Bench::new(world);
    let bug = world.make("it burns");
    world.server().misbehave([Fault::Answer(Response::json(503, &json!({})))]);
    is_later(&bench.failed(Close, &bug, ONE), true);
    world.server().misbehave([Fault::Answer(Response::json(500, &json!({})))]);
    is_later(&bench.failed(Close, &bug, ONE), false);
    let url = deserted();
    bench.local = json!({ "url": url });
    let failure = bench.failed(Close, &bug, ONE);
    is_later(&failure, true);
    assert!(failure.sentence.contains(&url), "{failure}");
    assert!(world.is_open(&bug) && signed(world, &bug, ONE) == 0);
}

/// It has a limit of its own, well within that of the call.
pub fn a_tracker_that_is_slow_is_tried_again(world: &dyn World) {
    let mut bench = Bench::new(world);
    let bug = world.make("it burns");
    bench.local["timeout_seconds"] = json!(1);
    world.server().misbehave([Fault::Hang]);
    let failure = bench.failed(Close, &bug, ONE);
    is_later(&failure, true);
    assert!(failure.sentence.contains("did not answer within 1 s"), "{failure}");
}

/// Somebody will put it right; nobody is to read it in a log until then.
pub fn a_wrong_key_is_tried_again_and_never_shown(world: &dyn World) {
    let wrong = "0123456789012345678901234567890123456789";
    let bug = world.make("it burns");
    let bench = Bench::with_key(world, wrong);
    let failure = bench.failed(Close, &bug, ONE);
    is_later(&failure, true);
    assert!(failure.sentence.contains("[secrets]"), "{failure}");
    let unsendable = Bench::with_key(world, "two\nlines");
    let sentence = unsendable.failed(Close, &bug, ONE).sentence;
    let right = Bench::new(world);
    right.done(Close, &bug, ONE);
    let (_, key) = world.key();
    for text in [wrong, key.as_str(), "two\nlines"] {
        let logs = bench.farm.log().concat() + &right.farm.log().concat();
        assert!(!logs.contains(text) && !failure.sentence.contains(text));
        assert!(!sentence.contains(text), "{sentence}");
        for request in world.server().seen() {
            assert!(!request.path.contains(text) && !request.query.contains(text));
        }
    }
}

/// For good: no later try would find it.
pub fn a_bug_that_there_is_not_is_refused(world: &dyn World) {
    let bench = Bench::new(world);
    let unknown = world.unknown();
    for action in [Show, Comment, Close, Reopen, Link] {
        let failure = bench.failed(action, &unknown, ONE);
        assert_eq!(failure.kind, FailureKind::Failed, "{failure}");
        assert!(failure.sentence.contains(&unknown), "{failure}");
    }
}

/// Foreign text never becomes a part of an address that it was not meant for.
pub fn what_is_no_bug_is_refused_before_anybody_is_asked(world: &dyn World) {
    let bench = Bench::new(world);
    for bad in ["", "..", "../version", "1/../2", "1?x=y", "1#", "1 2", "1%2f2", "é", "1\r\nx: y"]
    {
        let failure = bench.failed(Show, bad, ONE);
        assert_eq!(failure.kind, FailureKind::Failed, "{bad:?}: {failure}");
    }
    assert_eq!(world.server().seen().len(), 0, "{:?}", world.server().seen());
}

/// A proxy in between, or another program at that address.
pub fn a_reply_that_is_no_json_is_tried_again(world: &dyn World) {
    let bench = Bench::new(world);
    let bug = world.make("it burns");
    for body in ["<html>Please sign in</html>", "", "{\"half\":", "[]", "\"text\"", "{}"] {
        let response = Response { status: 200, body: body.into(), ..Response::default() };
        world.server().misbehave([Fault::Answer(response)]);
        is_later(&bench.failed(Show, &bug, ONE), false);
    }
}

/// It is told to the farm, which waits; the handler does not.
pub fn a_limit_of_an_hour_is_waited_out(world: &dyn World) {
    let bench = Bench::new(world);
    let bug = world.make("it burns");
    let limit = |status| Response::json(status, &json!({ "message": "enough" }));
    let date = "Sun, 22 Nov 2026 10:00:00 GMT";
    for response in [
        limit(429).with("retry-after", "3600"),
        limit(503).with("retry-after", "3600"),
        limit(403).with("date", date).with("retry-after", "Sun, 22 Nov 2026 11:00:00 GMT"),
        limit(403)
            .with("date", date)
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-reset", "1795345200"),
    ] {
        world.server().misbehave([Fault::Answer(response)]);
        let failure = bench.failed(Close, &bug, ONE);
        is_later(&failure, true);
        assert!((3600..3610).contains(&failure.wait.seconds), "{failure}");
    }
    assert!(world.is_open(&bug));
}

/// A key is for one address.
pub fn a_key_is_not_sent_after_a_redirect(world: &dyn World) {
    let bench = Bench::new(world);
    let bug = world.make("it burns");
    let elsewhere = super::Server::start(|_| Response::json(200, &json!({})));
    for status in [301, 302, 307, 308] {
        let to = format!("{}/x?secret=1", elsewhere.url());
        let response = Response::json(status, &json!({})).with("location", to);
        world.server().misbehave([Fault::Answer(response)]);
        let failure = bench.failed(Comment, &bug, ONE);
        assert_eq!(failure.kind, FailureKind::Later, "{failure}");
        assert!(failure.sentence.contains(&elsewhere.url()), "{failure}");
    }
    assert!(elsewhere.seen().is_empty());
}

/// Whoever corrects it finds the work still there.
pub fn a_configuration_that_is_wrong_loses_nothing(world: &dyn World) {
    let bug = world.make("it burns");
    let fails = |change: &dyn Fn(&mut Bench<'_>), told: &str| {
        let mut bench = Bench::new(world);
        change(&mut bench);
        let failure = bench.failed(Close, &bug, ONE);
        is_later(&failure, true);
        assert!(failure.sentence.contains(told), "{failure}");
    };
    fails(&|bench| bench.local = json!({ "uri": "x" }), "plugins.d/tracker.toml");
    fails(&|bench| bench.local = json!({ "url": "not an address" }), "plugins.d/tracker.toml");
    fails(&|bench| bench.config = "no_such_key = 1".into(), "line 1");
    fails(&|bench| bench.local["ca_file"] = json!("/nonexistent"), "/nonexistent");
    assert!(world.is_open(&bug) && world.server().seen().is_empty());
}
