//! What becomes of what waits and runs when the farm changes under it.

use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Answer, Farm};
use crate::worker::held;

async fn put(farm: &Farm, path: &str, fields: Value) {
    farm.admin().ok(Method::PUT, &format!("{path}?project_label=demo"), fields).await;
}

async fn delete(farm: &Farm, path: &str) -> Answer {
    let path = format!("{path}?project_label=demo&confirm_delete=True");
    farm.admin().send(Method::DELETE, &path, Value::Null).await
}

async fn system(farm: &Farm) -> String {
    let all = farm.admin().ok(Method::GET, "/system/get_all.json", Value::Null).await;
    all.json["data"]["systems"][0]["label"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_change_of_priority_reorders_what_waits() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    for (label, priority) in [("slow", 1), ("fast", 2)] {
        let made = json!({ "label": label, "priority": priority });
        farm.admin().ok(Method::POST, "/build_type/post.json", made).await;
    }
    for (branch, label, of) in
        [("one", "b1", ""), ("two", "b2", "slow"), ("three", "b3", "fast"), ("two", "b4", "slow")]
    {
        farm.build_with(branch, json!({ "label": label, "build_type_label": of })).await;
    }
    assert_eq!(worker.take("a").await.job.build, "b3");
    put(&farm, "/build_type/slow/put.json", json!({ "priority": -1 })).await;
    assert_eq!(worker.take("b").await.job.build, "b1", "no type is a priority of 0");
    // Of equals the older.
    put(&farm, "/build_type/slow/put.json", json!({ "priority": 100 })).await;
    assert_eq!(worker.take("c").await.job.build, "b2");
}

#[tokio::test]
async fn a_release_at_its_end_takes_no_new_tasks_and_keeps_those_it_has() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    let build = farm.build_with("two", json!({ "label": "b1" })).await;
    put(&farm, "/release/el6/put.json", json!({ "eol": true })).await;
    let claim = worker.take("a").await;
    worker.complete(&claim, Outcome::Failure, "").await.done();
    let retry = "/build/b1/retry.json?project_label=demo";
    farm.admin().ok(Method::POST, retry, Value::Null).await;
    let claim = worker.take("b").await;
    worker.complete(&claim, Outcome::Success, "").await.done();
    assert_eq!(farm.status(&build).await, "BuildSuccess");
    let more = json!({ "project_label": "demo", "package_branch_label": "two", "label": "b2" });
    let told = farm.admin().send(Method::POST, "/build/post.json", more).await;
    assert!(told.refused(400, "Refused").contains("el6-x86_64: release el6 is at its end of life"));
    let all = farm.build("one").await;
    assert_eq!(all["releases"], json!(["el5"]), "the others are built");
}

#[tokio::test]
async fn a_system_stays_while_it_builds_and_for_what_it_has_built() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    let label = system(&farm).await;
    let path = format!("/system/{label}/delete.json");
    farm.build_with("two", json!({ "label": "b1" })).await;
    let claim = worker.take("a").await;
    let told = delete(&farm, &path).await;
    assert_eq!(
        told.refused(409, "IllegalMove"),
        format!("system {label:?} is building 1 task: drain it and wait, or cancel them")
    );
    assert_eq!(worker.heartbeat(&[held(&claim)], 0).await, [], "it goes on");
    worker.complete(&claim, Outcome::Success, "").await.done();
    let told = delete(&farm, &path).await;
    assert!(told.refused(409, "StillReferred").ends_with(": 1 task (b1.el6-x86_64)"), "{told:?}");
    delete(&farm, "/build/b1/delete.json").await.done();
    delete(&farm, &path).await.done();
    let body = json!({ "nonce": "b", "wait": 0 });
    worker.0.send(Method::POST, "/system/claim.json", body).await.refused(401, "Unauthorized");
}

#[tokio::test]
async fn a_capacity_of_nothing_takes_nothing_and_the_heaviest_is_built_alone() {
    let farm = Farm::new().await;
    let worker = farm.worker(2).await;
    let path = format!("/system/{}/put.json", system(&farm).await);
    put(&farm, "/package/two/put.json", json!({ "footprint": 900 })).await;
    farm.build_with("two", json!({ "label": "heavy" })).await;
    put(&farm, &path, json!({ "capacity": 0 })).await;
    assert_eq!(worker.claim("a", 0).await, None);
    worker.register(2, &[]).await;
    assert_eq!(worker.claim("b", 0).await, None, "its worker does not overrule an admin");
    put(&farm, &path, json!({ "capacity": 2 })).await;
    let heavy = worker.take("c").await;
    assert_eq!(heavy.job.build, "heavy", "one task fits an idle system, however heavy");
    farm.build_with("three", json!({ "label": "light" })).await;
    assert_eq!(worker.claim("d", 0).await, None, "nothing beside it");
    // Lowered below what it builds: that goes on, and nothing comes.
    put(&farm, &path, json!({ "capacity": 1 })).await;
    assert_eq!(worker.heartbeat(&[held(&heavy)], 0).await, []);
    worker.complete(&heavy, Outcome::Success, "").await.done();
    assert_eq!(worker.take("e").await.job.build, "light");
}

#[tokio::test]
async fn a_drained_system_ends_what_it_builds_and_takes_nothing() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    let label = system(&farm).await;
    let build = farm.build_with("two", json!({ "label": "b1" })).await;
    farm.build_with("three", json!({ "label": "b2" })).await;
    let claim = worker.take("a").await;
    let call = async |function: &str| {
        let path = format!("/system/{label}/{function}.json");
        farm.admin().ok(Method::POST, &path, Value::Null).await.json["data"]["system"].take()
    };
    let drained = call("drain").await;
    assert_eq!((&drained["enabled"], &drained["build_count"]), (&json!(false), &json!(1)));
    assert_eq!(worker.claim("b", 0).await, None);
    assert_eq!(worker.heartbeat(&[held(&claim)], 0).await, []);
    worker.complete(&claim, Outcome::Success, "").await.done();
    assert_eq!(farm.status(&build).await, "BuildSuccess");
    call("resume").await;
    assert_eq!(worker.take("c").await.job.build, "b2");
}

#[tokio::test]
async fn a_task_keeps_its_label_when_its_target_has_another() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    farm.build_with("two", json!({ "label": "b1" })).await;
    put(&farm, "/target/el6-x86_64/put.json", json!({ "label": "rhel6" })).await;
    put(&farm, "/release/el6/put.json", json!({ "label": "r6" })).await;
    let task = farm.object("task", "b1.el6-x86_64").await;
    assert_eq!(task["target_label"], "rhel6");
    let claim = worker.take("a").await;
    assert_eq!((claim.job.target.as_str(), claim.job.release.as_str()), ("rhel6", "r6"));
    assert_eq!(farm.build("two").await["tasks"][0].as_str().unwrap(), "two-build1.rhel6");
}
