//! A commit is built, once, by every package-branch that watches it.

use std::time::Duration;

use monkeyfarm_tests::awaited::wait;
use monkeyfarm_tests::{Farm, Repository, world};
use serde_json::json;

/// A farm with a package-branch that watches a repository, seen once.
fn farm() -> (Farm, Repository) {
    let farm = Farm::start();
    world::make(&farm);
    let recipe = world::recipe(&["git -C $PWD log -1 2>/dev/null; cp v $MF_RESULT_DIR/"]);
    let files = [(".monkeyfarm.toml", recipe.as_str()), ("v", "1\n")];
    let source = Repository::new(farm.scratch().join("s"), &files);
    farm.ok(["tag", "create", "-l", "candidate"]);
    let more = ["--build-on-commit=True", "--pre-tag", "candidate"];
    world::package(&farm, "tool", &source.url(), &more);
    seen(&farm, "tool.main", &source.git(&["rev-parse", "HEAD"]));
    (farm, source)
}

/// Waits until a head was seen there.
fn seen(farm: &Farm, branch: &str, revision: &str) {
    wait(farm, &["package-branch", "show", branch], |shown| {
        shown["data"]["package_branch"]["head"] == *revision
    });
}

/// All builds, the oldest first: label, revision and status.
fn builds(farm: &Farm) -> Vec<[String; 3]> {
    let all = farm.json(&["build", "list"]);
    let mut all: Vec<_> = all["data"]["builds"].as_array().unwrap().clone();
    all.sort_by_key(|build| build["id"].as_i64());
    let text = |build: &serde_json::Value, field: &str| build[field].as_str().unwrap().to_owned();
    all.iter()
        .map(|build| ["label", "revision", "status_label"].map(|field| text(build, field)))
        .collect()
}

#[test]
fn a_commit_is_built_and_tagged() {
    let (mut farm, source) = farm();
    assert!(builds(&farm).is_empty(), "what was there before is not built");
    let second = source.commit(&[("v", "2\n")]);
    seen(&farm, "tool.main", &second);
    wait(&farm, &["build", "list"], |_| {
        builds(&farm) == [["tool-build1", &second, "BuildSuccess"].map(str::to_owned)]
    });
    let build = farm.json(&["build", "show", "tool-build1"])["data"]["build"].take();
    assert_eq!(build["tags"], json!(["candidate"]), "{build}");
    assert_eq!(
        (&build["user_label"], &build["build_type_label"]),
        (&json!("admin"), &json!("commit"))
    );
    for target in world::TARGETS {
        let task = farm.json(&["task", "show", &format!("tool-build1.{target}")]);
        assert_eq!(task["data"]["task"]["revision"], json!(second), "{task}");
    }
    // Seen again by another regulator, it is not built again; what came while
    // nobody looked is.
    assert!(farm.stop().success());
    let third = source.commit(&[("v", "3\n")]);
    farm.up();
    seen(&farm, "tool.main", &third);
    assert_eq!(builds(&farm).len(), 2, "{:?}", builds(&farm));
    assert_eq!(builds(&farm)[1][..2], ["tool-build2".to_owned(), third]);
}

#[test]
fn a_repository_that_is_gone_is_said_and_looked_at_when_somebody_says_so() {
    let (farm, source) = farm();
    let away = farm.scratch().join("away");
    std::fs::rename(source.dir(), &away).unwrap();
    wait(&farm, &["package-branch", "show", "tool.main"], |shown| {
        let state = shown["data"]["package_branch"]["head_state"].as_str().unwrap();
        !state.starts_with("there since ") && state.contains(&source.url())
    });
    std::fs::rename(&away, source.dir()).unwrap();
    let second = source.commit(&[("v", "2\n")]);
    let told = farm.ok(["util", "notify", "--url", &source.url()]);
    assert!(told.contains("tool.main"), "{told}");
    seen(&farm, "tool.main", &second);
    let http = reqwest::blocking::Client::builder().timeout(Duration::from_secs(60));
    let hook = http.build().unwrap().post(format!("{}/util/notify", farm.setting("url")));
    let body = json!({ "ref": "refs/heads/main", "repository": { "clone_url": source.url() } });
    let answer =
        hook.basic_auth("admin", Some(farm.setting("api_key"))).json(&body).send().unwrap();
    assert!(answer.text().unwrap().contains("tool.main"));
}

#[test]
fn all_tasks_of_a_build_are_of_one_revision() {
    let (farm, source) = farm();
    farm.ok(["package-branch", "update", "tool.main", "--build-on-commit=False"]);
    let first = source.git(&["rev-parse", "HEAD"]);
    farm.ok(["package-branch", "update", "tool.main", "--releases", "one"]);
    farm.ok(["build", "create", "-l", "b1", "--package-branch", "tool.main", "--watch"]);
    source.commit(&[("v", "2\n"), (".monkeyfarm.toml", &world::recipe(&["false"]))]);
    let second = source.git(&["rev-parse", "HEAD"]);
    assert_ne!(
        farm.mf(["build", "create", "-l", "b2", "--package-branch", "tool.main", "--watch"]).code,
        0
    );
    source.commit(&[(".monkeyfarm.toml", &world::recipe(&["true"]))]);
    // Built again it is what it was, and not what the branch is now.
    farm.ok(["build", "retry", "b2"]);
    assert_ne!(farm.mf(["build", "watch", "b2"]).code, 0);
    assert_eq!(builds(&farm)[0][1], first);
    assert_eq!(builds(&farm)[1][1], second);
    let task = farm.json(&["task", "show", "b2.one-x86_64"]);
    assert_eq!(task["data"]["task"]["revision"], json!(second));
    assert_eq!(task["data"]["task"]["attempt"], json!(2));
}
