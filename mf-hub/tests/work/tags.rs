//! Builds move through tags, by the rules of each.

use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Answer, Farm};
use crate::worker::Worker;

/// Makes a tag of the project.
async fn tag(farm: &Farm, label: &str, rules: Value) {
    let mut fields = json!({ "project_label": "demo", "label": label });
    fields.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
    farm.admin().ok(Method::POST, "/tag/post.json", fields).await;
}

async fn call(farm: &Farm, path: &str, body: Value) -> Answer {
    let path = format!("{path}.json?project_label=demo");
    farm.admin().send(Method::POST, &path, body).await
}

/// A build of package `two` that has come to this end.
async fn built(farm: &Farm, worker: &Worker, label: &str, outcome: Outcome) {
    built_with(farm, worker, label, outcome, json!({})).await;
}

async fn built_with(farm: &Farm, worker: &Worker, label: &str, outcome: Outcome, mut more: Value) {
    more["label"] = label.into();
    farm.build_with("two", more).await;
    let claim = worker.take(label).await;
    worker.complete(&claim, outcome, "").await.done();
}

async fn tags(farm: &Farm, build: &str) -> Value {
    farm.object("build", build).await["tags"].take()
}

#[tokio::test]
async fn builds_move_from_tag_to_tag() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    tag(&farm, "candidate", json!({})).await;
    tag(&farm, "testing", json!({})).await;
    for label in ["b1", "b2", "b3"] {
        built(&farm, &worker, label, Outcome::Success).await;
    }
    for label in ["b1", "b2"] {
        let path = format!("/build/{label}/tag");
        let given = call(&farm, &path, json!({"tag_label": "candidate"})).await;
        assert_eq!(given.done()["data"]["build"]["tags"], json!(["candidate"]));
    }
    let to = |label: &str| json!({ "to_tag_label": label });
    let moved = call(&farm, "/tag/candidate/move_builds", to("testing")).await.done();
    let expected = json!({ "moved_builds": ["b1", "b2"], "untagged_builds": [] });
    assert_eq!(moved["data"], expected);
    assert_eq!(farm.object("tag", "candidate").await["builds"], json!([]));
    assert_eq!(farm.object("tag", "testing").await["builds"], json!(["b1", "b2"]));
    // Stable keeps only the latest: neither the one that it has nor the older
    // of those that come.
    let older = json!({ "tag_label": "stable" });
    call(&farm, "/build/b3/tag", older.clone()).await.done();
    let moved = call(&farm, "/tag/testing/move_builds", to("stable")).await.done();
    assert_eq!(moved["data"], json!({ "moved_builds": [], "untagged_builds": ["b1", "b2"] }));
    built(&farm, &worker, "b4", Outcome::Success).await;
    call(&farm, "/build/b1/tag", json!({"tag_label": "testing"})).await.done();
    call(&farm, "/build/b4/tag", json!({"tag_label": "testing"})).await.done();
    let moved = call(&farm, "/tag/testing/move_builds", to("stable")).await.done();
    assert_eq!(moved["data"], json!({ "moved_builds": ["b4"], "untagged_builds": ["b3", "b1"] }));
    assert_eq!(farm.object("tag", "stable").await["builds"], json!(["b4"]));
    let told = call(&farm, "/build/b1/tag", older).await;
    assert_eq!(
        told.refused(409, "IllegalMove"),
        "tag \"stable\" keeps only the latest build of a package-branch, and \"b4\" is newer than \"b1\""
    );
    call(&farm, "/tag/testing/move_builds", to("testing")).await.refused(400, "InvalidValue");
    call(&farm, "/tag/testing/move_builds", to("none")).await.refused(400, "UnknownReference");
    call(&farm, "/tag/testing/move_builds", json!({})).await.refused(400, "MissingField");
}

#[tokio::test]
async fn nothing_moves_in_or_out_of_a_locked_tag() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    for label in ["testing", "other"] {
        tag(&farm, label, json!({})).await;
    }
    built(&farm, &worker, "b1", Outcome::Success).await;
    built(&farm, &worker, "b2", Outcome::Success).await;
    let testing = json!({ "tag_label": "testing" });
    call(&farm, "/build/b1/tag", testing.clone()).await.done();
    call(&farm, "/build/b2/tag", json!({ "tag_label": "other" })).await.done();
    // Submitted while it was open, and built when it no longer is.
    let pre = json!({ "label": "b3", "pre_tag_label": "testing" });
    farm.build_with("two", pre.clone()).await;
    let locked = call(&farm, "/tag/testing/lock", Value::Null).await.done();
    assert_eq!(locked["data"]["tag"]["locked"], true);
    let locked = "tag \"testing\" is locked: nothing moves in or out";
    for (path, body) in [
        ("/build/b2/tag", testing.clone()),
        ("/build/b1/untag", testing.clone()),
        ("/tag/other/move_builds", json!({ "to_tag_label": "testing" })),
        ("/tag/testing/move_builds", json!({ "to_tag_label": "other" })),
    ] {
        assert_eq!(call(&farm, path, body).await.refused(409, "IllegalMove"), locked, "{path}");
    }
    for path in ["/tag/testing/delete", "/build/b1/delete"] {
        let path = format!("{path}.json?project_label=demo&confirm_delete=True");
        let told = farm.admin().send(Method::DELETE, &path, Value::Null).await;
        assert_eq!(told.refused(409, "IllegalMove"), locked, "{path}");
    }
    let mut pre = pre;
    pre["label"] = "b4".into();
    pre["project_label"] = "demo".into();
    pre["package_branch_label"] = "two".into();
    let told = farm.admin().send(Method::POST, "/build/post.json", pre).await;
    assert_eq!(told.refused(409, "IllegalMove"), locked);
    let claim = worker.take("b3").await;
    worker.complete(&claim, Outcome::Success, "").await.done();
    let build = farm.object("build", "b3").await;
    assert_eq!((&build["status_label"], &build["tags"]), (&json!("BuildSuccess"), &json!([])));
    let path = "/build/b3/history.json?project_label=demo&limit=1";
    let history = farm.admin().ok(Method::GET, path, Value::Null).await.json;
    assert_eq!(history["data"]["history"][0]["changes"]["not_tagged"]["to"]["why"], locked);
    call(&farm, "/tag/testing/unlock", Value::Null).await.done();
    call(&farm, "/build/b1/untag", testing.clone()).await.done();
    call(&farm, "/build/b1/untag", testing).await.refused(409, "IllegalMove");
}

#[tokio::test]
async fn only_what_was_built_is_tagged() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    tag(&farm, "testing", json!({})).await;
    let testing = json!({ "tag_label": "testing" });
    farm.build_with("two", json!({ "label": "b1" })).await;
    let told = call(&farm, "/build/b1/tag", testing.clone()).await;
    assert!(told.refused(409, "IllegalMove").starts_with("build \"b1\" is Queued"), "{told:?}");
    let claim = worker.take("b1").await;
    worker.complete(&claim, Outcome::Failure, "").await.done();
    call(&farm, "/build/b1/tag", testing.clone()).await.refused(409, "IllegalMove");
    built_with(&farm, &worker, "b2", Outcome::Success, json!({ "scratch": true })).await;
    let told = call(&farm, "/build/b2/tag", testing).await;
    assert!(told.refused(409, "IllegalMove").contains("scratch"), "{told:?}");
    assert_eq!(tags(&farm, "b2").await, json!([]));
}

#[tokio::test]
async fn a_deleted_tag_leaves_its_builds_and_a_deleted_build_its_tags() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    for label in ["one-tag", "other"] {
        tag(&farm, label, json!({})).await;
    }
    for label in ["b1", "b2"] {
        built(&farm, &worker, label, Outcome::Success).await;
        for tag in ["one-tag", "other"] {
            let given = json!({ "tag_label": tag });
            call(&farm, &format!("/build/{label}/tag"), given).await.done();
        }
    }
    let delete = async |path: &str| {
        let path = format!("{path}/delete.json?project_label=demo&confirm_delete=True");
        farm.admin().ok(Method::DELETE, &path, Value::Null).await;
    };
    delete("/tag/one-tag").await;
    assert_eq!(tags(&farm, "b1").await, json!(["other"]));
    delete("/build/b1").await;
    assert_eq!(farm.object("tag", "other").await["builds"], json!(["b2"]));
    let path = "/tag/other/history.json?project_label=demo&limit=1";
    let history = farm.admin().ok(Method::GET, path, Value::Null).await.json;
    assert_eq!(history["data"]["history"][0]["changes"]["untagged"]["to"], json!(["b1"]));
}
