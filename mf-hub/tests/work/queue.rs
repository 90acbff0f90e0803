//! The queue as a whole: paused and resumed; and the order in it.

use std::sync::Arc;

use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Answer, Farm};

async fn pause(farm: &Farm, reason: &str) -> Answer {
    let body = json!({ "reason": reason });
    farm.admin().send(Method::POST, "/util/pause.json", body).await
}

async fn resume(farm: &Farm) -> Answer {
    farm.admin().send(Method::POST, "/util/resume.json", json!({})).await
}

async fn why(farm: &Farm, task: &str) -> Value {
    let path = format!("/task/{task}/why.json?project_label=demo");
    farm.admin().ok(Method::GET, &path, Value::Null).await.json["data"].take()
}

#[tokio::test]
async fn a_paused_queue_gives_nothing_and_says_why() {
    let mut farm = Farm::new().await;
    let worker = farm.worker(2).await;
    farm.build_with("two", json!({ "label": "b1" })).await;
    let running = worker.take("a").await;
    let queue = pause(&farm, " new disks ").await.done()["data"]["queue"].take();
    assert_eq!(queue["paused"]["reason"], "new disks");
    assert_eq!(queue["paused"]["user_label"], "admin");
    farm.build_with("three", json!({ "label": "b2" })).await;
    assert_eq!(worker.claim("b", 0).await, None);
    let said = why(&farm, "b2.el6-x86_64").await;
    assert_eq!(said["verdict"], "paused");
    let sentence = said["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("the queue is paused by admin since 2"), "{sentence}");
    assert!(sentence.ends_with("because of: new disks"), "{sentence}");
    assert_eq!(said["details"]["systems"][0]["says"], "next", "what comes afterwards");
    assert_eq!(why(&farm, "b1.el6-x86_64").await["verdict"], "running");
    worker.complete(&running, Outcome::Success, "").await.done();
    let status = farm.admin().ok(Method::GET, "/util/status.json", Value::Null).await;
    let shown = &status.json["data"]["status"]["queue"];
    assert_eq!((&shown["length"], &shown["paused"]["reason"]), (&json!(1), &json!("new disks")));

    let told = pause(&farm, "again").await;
    let told = told.refused(409, "IllegalMove");
    assert!(told.contains("paused by admin") && told.contains("new disks"), "{told}");
    farm.kill();
    farm.start_again();
    let worker = Arc::new(farm.worker(2).await);
    assert_eq!(worker.claim("c", 0).await, None, "it is still paused");
    let asked = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.claim("d", 30).await }
    });
    assert!(resume(&farm).await.done()["data"]["queue"]["paused"].is_null());
    assert_eq!(asked.await.unwrap().expect("who waits has it").job.build, "b2");
    assert_eq!(resume(&farm).await.refused(409, "IllegalMove"), "the queue is not paused");
}

#[tokio::test]
async fn pausing_needs_an_admin_and_a_reason() {
    let farm = Farm::new().await;
    pause(&farm, "  ").await.refused(400, "InvalidValue");
    let none = farm.admin().send(Method::POST, "/util/pause.json", json!({})).await;
    none.refused(400, "MissingField");
    let regulator = farm.regulator();
    let body = json!({ "reason": "x" });
    regulator.send(Method::POST, "/util/pause.json", body).await.refused(403, "Forbidden");
}

/// Labels of the builds whose tasks a worker gets, in order.
async fn order(farm: &Farm, count: usize) -> Vec<String> {
    let worker = farm.worker(9).await;
    let mut order = Vec::new();
    for n in 0..count {
        order.push(worker.take(&format!("{n}")).await.job.build);
    }
    order
}

#[tokio::test]
async fn admins_let_a_build_go_first_or_last() {
    let farm = Farm::new().await;
    for (branch, label) in [("one", "b1"), ("two", "b2"), ("three", "b3")] {
        farm.build_with(branch, json!({ "label": label })).await;
    }
    let prioritize = async |label: &str, priority: Value| {
        let path = format!("/build/{label}/prioritize.json?project_label=demo");
        farm.admin().send(Method::POST, &path, json!({ "priority": priority })).await
    };
    let build = prioritize("b3", json!(5)).await.done()["data"]["build"].take();
    assert_eq!(build["priority"], 5);
    prioritize("b1", json!(-5)).await.done();
    prioritize("b2", json!(1_001)).await.refused(400, "InvalidValue");
    let said = why(&farm, "b3.el6-x86_64").await;
    assert_eq!(said["details"]["needs"]["priority"], 5);
    assert_eq!(order(&farm, 3).await, ["b3", "b2", "b1"]);
    let cancel = "/build/b2/cancel.json?project_label=demo";
    farm.admin().ok(Method::POST, cancel, Value::Null).await;
    prioritize("b2", json!(1)).await.done();
    farm.build_with("two", json!({ "label": "b4" })).await;
    farm.admin().ok(Method::POST, &cancel.replace("b2", "b4"), Value::Null).await;
    let told = prioritize("b4", json!(1)).await;
    let told = told.refused(409, "IllegalMove");
    assert_eq!(told, "a build that is Cancelled has no turn: nothing of it waits");
}
