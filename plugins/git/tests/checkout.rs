//! Checkouts of repositories that a real `git daemon` serves.
#![allow(clippy::unwrap_used)]

mod world;

use std::fs;

use monkeyfarm_vcs_kit::suite::deserted;
use world::{World, daemon};

#[test]
fn a_branch_a_tag_a_hash_and_the_default() {
    let world = World::new();
    let repo = world.repo("hello");
    let first = repo.commit("a", "first");
    repo.git(["tag", "plain"]);
    repo.git(["tag", "--annotate", "--message", "x", "v1.0"]);
    let second = repo.commit("a", "second");
    repo.git(["branch", "release/1"]);
    let third = repo.commit("a", "third");
    let url = format!("git://{}/hello", daemon(&world));

    for (reference, hash, text) in [
        ("main", &third, "third"),
        ("", &third, "third"),
        ("release/1", &second, "second"),
        ("refs/heads/release/1", &second, "second"),
        ("plain", &first, "first"),
        ("v1.0", &first, "first"),
        ("refs/tags/v1.0", &first, "first"),
        (&second, &second, "second"),
        (&second.to_uppercase(), &second, "second"),
        (&second[..7], &second, "second"),
    ] {
        let (dir, revision) = world.checkout(&url, reference);
        assert_eq!(revision, *hash, "{reference}");
        assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), text, "{reference}");
    }
    assert_eq!(world.cached("mirror").len(), 1, "one mirror");
    assert_eq!(world.cached("mark").len(), 0, "no mark is left");
    let last = world.farm.log().pop().unwrap();
    assert_eq!(last, format!("`{}` of {url} is {second}", &second[..7]));
}

#[test]
fn a_branch_wins_over_a_tag_of_its_name() {
    let world = World::new();
    let repo = world.repo("r");
    let tagged = repo.commit("a", "tagged");
    repo.git(["tag", "both"]);
    let branched = repo.commit("a", "branched");
    repo.git(["branch", "both"]);
    assert_eq!(world.checkout(&repo.url(), "both").1, branched);
    assert_eq!(world.checkout(&repo.url(), "refs/tags/both").1, tagged);
}

#[test]
fn what_moved_is_followed_even_backwards() {
    let world = World::new();
    let repo = world.repo("r");
    let url = repo.url();
    repo.commit("a", "1");
    let two = repo.commit("a", "2");
    assert_eq!(world.checkout(&url, "main").1, two);
    repo.git(["reset", "--quiet", "--hard", "HEAD^"]);
    let other = repo.commit("b", "other");
    assert_eq!(world.checkout(&url, "main").1, other, "forced");
    // In no branch any more, and still to be had.
    assert_eq!(world.checkout(&url, &two).1, two);

    repo.git(["checkout", "--quiet", "-b", "deep"]);
    let deep = repo.commit("c", "deep");
    assert_eq!(world.checkout(&url, "deep").1, deep);
    repo.git(["branch", "--move", "deep", "deep/er"]);
    assert_eq!(world.checkout(&url, "deep/er").1, deep);
    assert!(world.refusal(&url, "deep").contains("has no branch, tag or revision `deep`"));
    assert_eq!(world.checkout(&url, "").1, deep, "the default branch is the renamed one");
}

#[test]
fn a_hash_in_no_branch_is_fetched_by_itself() {
    let world = World::new();
    let repo = world.repo("r");
    repo.commit("a", "1");
    let hidden = repo.commit("a", "2");
    repo.git(["update-ref", "refs/pull/1/head", &hidden]);
    repo.git(["reset", "--quiet", "--hard", "HEAD^"]);
    let url = format!("git://{}/r", daemon(&world));
    assert_eq!(world.checkout(&url, &hidden).1, hidden);
    let unknown = "0123456789012345678901234567890123456789";
    let sentence = world.refusal(&url, unknown);
    assert_eq!(
        sentence,
        format!(
            "{url} has no such revision, or does not give it out: \
             remote error: upload-pack: not our ref {unknown}; if its branch was written anew \
             since, submit another build"
        )
    );
}

#[test]
fn what_does_not_exist_is_named() {
    let world = World::new();
    let repo = world.repo("r");
    repo.commit("a", "1");
    repo.git(["branch", "develop"]);
    repo.git(["tag", "v1.0"]);
    let server = daemon(&world);
    let url = format!("git://{server}/r");
    assert_eq!(
        world.refusal(&url, "mian"),
        format!(
            "{url} has no branch, tag or revision `mian`; the nearest it has: main, v1.0, develop"
        )
    );
    assert!(world.refusal(&url, "abcdef1").contains("has no branch, tag or revision `abcdef1`"));
    assert!(world.refusal(&url, "refs/tags/main").contains("the nearest it has: main"));

    let missing = format!("git://{server}/no-such");
    assert_eq!(
        world.refusal(&missing, "main"),
        format!("there is no repository at {missing}, or none that this worker may see")
    );
    let refused = format!("git://{}/r", deserted());
    assert_eq!(
        world.refusal(&refused, "main"),
        format!("cannot reach {refused}: nothing answers there (connection refused)")
    );
    let unknown = "git://no-such-host.invalid/r";
    assert_eq!(
        world.refusal(unknown, "main"),
        format!("cannot reach {unknown}: no host of that name is known")
    );
    let nowhere = format!("file://{}/nowhere", world.dir.path().display());
    assert_eq!(
        world.refusal(&nowhere, "main"),
        format!("there is no repository at {nowhere}, or none that this worker may see")
    );
}

#[test]
fn an_empty_repository_says_so() {
    let world = World::new();
    let url = world.repo("r").url();
    assert!(world.refusal(&url, "").starts_with(&format!("{url} has no default branch: ")));
    assert_eq!(
        world.refusal(&url, "main"),
        format!("{url} has no branch, tag or revision `main`: it is empty")
    );
}

#[test]
fn the_checkout_is_what_was_committed_and_knows_its_version() {
    let world = World::new();
    let repo = world.repo("r");
    fs::write(repo.dir.join(".gitattributes"), "a export-ignore\nb export-subst\n").unwrap();
    fs::write(repo.dir.join("b"), "$Format:%H$").unwrap();
    repo.commit("a", "kept");
    repo.git(["tag", "--annotate", "--message", "x", "v1.0"]);
    let (dir, _) = world.checkout(&repo.url(), "main");
    assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), "kept");
    assert_eq!(fs::read_to_string(dir.join("b")).unwrap(), "$Format:%H$");
    let checkout = world::Repo { dir };
    assert_eq!(checkout.git(["describe"]), "v1.0");
    assert_eq!(checkout.git(["status", "--porcelain"]), "");
    assert_eq!(checkout.git(["remote"]), "", "there is nowhere to push to");
}

#[test]
fn nothing_that_a_build_does_in_its_checkout_reaches_the_mirror() {
    let world = World::new();
    let repo = world.repo("r");
    let hash = repo.commit("a", "1");
    let (dir, _) = world.checkout(&repo.url(), "main");
    let build = world::Repo { dir };
    build.git(["config", "core.hooksPath", "/tmp"]);
    build.git(["checkout", "--quiet", "-b", "mine"]);
    build.commit("a", "changed");
    build.git(["gc", "--quiet", "--prune=now"]);
    fs::remove_dir_all(build.dir.join(".git")).unwrap();
    let (dir, revision) = world.checkout(&repo.url(), "main");
    assert_eq!((revision, fs::read_to_string(dir.join("a")).unwrap()), (hash, "1".to_owned()));
    assert!(world.refusal(&repo.url(), "mine").contains("has no branch"));
}
