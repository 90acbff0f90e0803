//! What a URL may say, and what a branch may not do.
#![allow(clippy::unwrap_used)]

mod served;

use std::fs;

use monkeyfarm_vcs_kit::suite::web::{Site, serve};
use monkeyfarm_vcs_kit::suite::{Bench, World, run};
use served::{Branches, over_brz};

fn branch(world: &Branches, name: &str) -> String {
    world.make(name);
    fs::write(world.work(name, "").join("a"), name).unwrap();
    world.commit(name, "", name)
}

#[test]
fn a_branch_that_leads_elsewhere_is_not_followed() {
    let world = over_brz();
    let bench = Bench::new(&world);
    branch(&world, "r");
    // A branch of this host that the server knows nothing of.
    let private = bench.dir.path().join("private");
    run(bench.dir.path(), "brz", &["init", "-q", "private"]);
    fs::write(private.join("secret"), "s3cret").unwrap();
    run(&private, "brz", &["add", "-q"]);
    run(&private, "brz", &["commit", "-q", "-m", "secret"]);
    let there = format!("file://{}", private.display());

    // A reference is a branch that says it is another one.
    let reference = world.base().join("reference/.bzr/branch");
    fs::create_dir_all(&reference).unwrap();
    fs::copy(world.base().join("r/.bzr/branch-format"), reference.join("../branch-format"))
        .unwrap();
    fs::write(reference.join("format"), "Bazaar-NG Branch Reference Format 1\n").unwrap();
    fs::write(reference.join("location"), &there).unwrap();
    // A stacked branch has its older revisions elsewhere.
    let stacked = world.base().join("stacked");
    let words = ["branch", "-q", "--stacked", "--no-tree", &there, stacked.to_str().unwrap()];
    run(bench.dir.path(), "brz", &words);

    for name in ["reference", "stacked"] {
        let url = world.url(name);
        let said = bench.refusal(&url, "");
        let told = format!("{url} redirects to where this worker may not fetch from: ");
        assert!(said.starts_with(&told), "{said}");
        assert!(bench.head(&url, "").is_err());
    }
    assert!(bench.cached("mirror").is_empty());
}

#[test]
fn an_url_may_have_a_password() {
    let world = over_brz();
    let revision = branch(&world, "r");
    let bench = Bench::new(&world);
    // joe:s3cret
    let authorization = "Basic am9lOnMzY3JldA==".to_owned();
    let server = serve(Site { content: world.content(), authorization });
    let url = format!("http://joe:s3cret@{server}/r");
    assert_eq!(bench.try_checkout(&url, "").unwrap().1, revision);
}

#[test]
fn a_url_made_from_a_name_and_the_name_stand_together() {
    let world = over_brz();
    let bench = Bench::new(&world);
    branch(&world, "r");
    world.branch("r", "next");
    fs::write(world.work("r", "next").join("a"), "next").unwrap();
    let next = world.commit("r", "next", "next");
    let url = format!("{}/next", world.url("r"));
    for reference in ["next", "2", "revno:2", "", &format!("revid:{next}")] {
        assert_eq!(bench.try_checkout(&url, reference).unwrap().1, next, "{reference}");
    }
    let said = bench.refusal("lp:bzr", "");
    assert!(said.contains("is short for an address that only Launchpad knows"), "{said}");
    let said = bench.refusal(&url, "99");
    assert_eq!(said, format!("{url} has no revision 99"));
}
