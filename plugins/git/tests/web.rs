//! Checkouts over http: urls as people paste them, with a password in them too.
#![allow(clippy::unwrap_used)]

mod world;

use std::net::SocketAddr;
use std::process::Command;

use monkeyfarm_plugin_api::VcsHandler;
use monkeyfarm_plugin_api::kit::Recorder;
use monkeyfarm_vcs_kit::suite::web::{Content, Site, serve};
use world::World;

/// joe:s3cret
const JOE: &str = "Basic am9lOnMzY3JldA==";

fn web(world: &World, authorization: &str) -> SocketAddr {
    serve(Site { content: Content::Git(world.repos()), authorization: authorization.to_owned() })
}

#[test]
fn an_url_may_be_written_in_more_than_one_way() {
    let world = World::new();
    let repo = world.repo("r");
    let first = repo.commit("a", "1");
    let second = repo.commit("a", "2");
    let url = format!("HTTP://{}//r/", web(&world, ""));
    assert_eq!(world.checkout(&url, "main").1, second);
    assert_eq!(world.checkout(&url, &first).1, first);
}

#[test]
fn a_password_reaches_the_server_and_nobody_else() {
    let world = World::new();
    let repo = world.repo("r");
    let hash = repo.commit("a", "1");
    let server = web(&world, JOE);
    let (dir, revision) = world.checkout(&format!("http://joe:s3cret@{server}/r"), "main");
    assert_eq!(revision, hash);
    let last = world.farm.log().pop().unwrap();
    assert_eq!(last, format!("`main` of http://***@{server}/r is {hash}"));

    assert!(!world.farm.log().concat().contains("s3cret"));
    assert!(!world.farm.progress().concat().contains("s3cret"));
    for place in [dir, world.cache()] {
        let found = Command::new("grep").args(["-rl", "s3cret"]).arg(place).output().unwrap();
        assert_eq!(String::from_utf8(found.stdout).unwrap(), "");
    }
    // The mirror is there now, and still not for everybody.
    for url in [format!("http://{server}/r"), format!("http://joe:wrong@{server}/r")] {
        let sentence = world.refusal(&url, "main");
        assert!(
            sentence
                .ends_with("/r wants to know who asks, and this worker has no key that it takes")
                && !sentence.contains("wrong"),
            "{sentence}"
        );
    }
}

#[test]
fn the_hosts_own_password_goes_to_the_server_it_is_for() {
    let world = World::new();
    world.repo("r").commit("a", "1");
    let (server, other) = (web(&world, JOE), web(&world, JOE));
    let farm = Recorder::new().with_secret("credentials", format!("http://joe:s3cret@{server}"));
    let checkout = |server| {
        let job = world.job(&format!("http://{server}/r"), "main");
        mf_plugin_git::Git.checkout(&job, &farm.context())
    };
    checkout(server).unwrap();
    assert!(checkout(other).unwrap_err().sentence.contains("wants to know who asks"));
    assert!(world.cached("home").is_empty());
}
