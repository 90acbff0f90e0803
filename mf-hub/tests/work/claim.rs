//! How a worker comes by its tasks.

use std::sync::Arc;

use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::json;

use crate::farm::Farm;

#[tokio::test]
async fn a_worker_that_waits_has_the_task_as_soon_as_it_is_there() {
    let farm = Farm::new().await;
    let worker = Arc::new(farm.worker(1).await);
    let asked = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.claim("a", 30).await }
    });
    waiting(&farm, 1).await;
    farm.build("two").await;
    let claim = asked.await.unwrap().expect("it waits longer than this takes");
    assert_eq!(claim.job.package, "two");
    assert_eq!(worker.claim("b", 0).await, None);
}

#[tokio::test]
async fn the_same_nonce_gives_the_same_task_and_another_another() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    farm.build("two").await;
    farm.build("three").await;
    let claim = worker.take("a").await;
    assert_eq!(worker.take("a").await, claim);
    let other = worker.take("b").await;
    assert_ne!(other.task_id, claim.task_id);
    worker.complete(&claim, Outcome::Success, "").await.done();
    assert_eq!(worker.claim("a", 0).await, None, "what it gave has ended");
    let long = json!({ "nonce": "x".repeat(201) });
    for body in [long, json!({})] {
        let answer = worker.0.send(Method::POST, "/system/claim.json", body).await;
        answer.refused(400, "InvalidValue");
    }
}

#[tokio::test]
async fn the_same_nonce_twice_at_once_gives_one_task() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    farm.build("two").await;
    farm.build("three").await;
    let (one, two) = tokio::join!(worker.claim("a", 1), worker.claim("a", 1));
    let given: Vec<_> = [one, two].into_iter().flatten().collect();
    assert!(given.iter().all(|claim| *claim == given[0]), "{given:?}");
    assert_eq!(worker.heartbeat(&[crate::worker::held(&given[0])], 0).await, []);
    assert_eq!(worker.claim("b", 0).await.unwrap().attempt, 1, "the other task is free");
}

/// Waits until so many requests wait for a task.
async fn waiting(farm: &Farm, wanted: u64) {
    loop {
        let answer = farm.admin().ok(Method::GET, "/util/status.json", json!(null)).await;
        let systems = answer.json["data"]["status"]["systems"].as_array().unwrap();
        if systems.iter().map(|system| system["waiting"].as_u64().unwrap()).sum::<u64>() == wanted {
            return;
        }
    }
}

#[tokio::test]
async fn a_worker_that_hangs_up_strands_nothing() {
    let mut farm = Farm::new().await;
    let second = farm.second_worker(1).await;
    let first = farm.worker(8).await;
    // The first has more room, so that the task would be its.
    let request = first.0.http.post(format!("{}/system/claim.json", farm.url));
    let request = request.bearer_auth(&first.0.key).json(&json!({"nonce": "a", "wait": 30}));
    let gone = tokio::spawn(request.send());
    waiting(&farm, 1).await;
    gone.abort();
    assert!(gone.await.is_err());
    farm.build("two").await;
    let claim = second.claim("b", 30).await.expect("the task is not stranded");
    assert_eq!((claim.job.package.as_str(), claim.attempt), ("two", 1));
}

#[tokio::test]
async fn a_key_that_is_revoked_while_it_waits_gets_nothing() {
    let mut farm = Farm::new().await;
    let second = farm.second_worker(1).await;
    let first = Arc::new(farm.worker(8).await);
    let asked = tokio::spawn({
        let (first, body) = (Arc::clone(&first), json!({ "nonce": "a", "wait": 30 }));
        async move { first.0.send(Method::POST, "/system/claim.json", body).await }
    });
    waiting(&farm, 1).await;
    let admin = farm.admin();
    let system = farm.host().await;
    let path = format!("/system/{system}/list_keys");
    let keys = admin.ok(Method::GET, &path, json!(null)).await;
    let key = json!({ "key": keys.json["data"]["keys"][0]["key_id"] });
    admin.ok(Method::POST, &format!("/system/{system}/revoke_key"), key).await;
    farm.build("two").await;
    asked.await.unwrap().refused(401, "Unauthorized");
    let claim = second.claim("b", 30).await.expect("the task is not stranded");
    assert_eq!((claim.job.package.as_str(), claim.attempt), ("two", 1));
}

#[tokio::test]
async fn capacity_source_names_and_priority_are_kept() {
    let farm = Farm::new().await;
    let worker = farm.worker(2).await;
    let twos = [farm.build("two").await, farm.build("two").await];
    farm.build("three").await;
    farm.build_with("one", json!({"build_type_label": "security"})).await;
    let urgent = worker.take("a").await;
    assert_eq!(urgent.job.package, "one");
    let next = worker.take("b").await;
    assert_eq!(next.job.build, twos[0]["label"], "its own project's oldest");
    assert_eq!(worker.claim("c", 0).await, None, "the capacity is 2");
    worker.complete(&urgent, Outcome::Success, "").await.done();
    assert_eq!(worker.take("c").await.job.package, "one");
    let admin = farm.admin();
    let system = admin.ok(Method::GET, "/system/get_all.json", json!(null)).await;
    let label = system.json["data"]["systems"][0]["label"].as_str().unwrap().to_owned();
    let put = format!("/system/{label}/put.json");
    admin.ok(Method::PUT, &put, json!({"capacity": 9})).await;
    assert_eq!(worker.take("d").await.job.package, "three", "two's source name is busy");
    assert_eq!(worker.claim("e", 0).await, None);
    worker.register(2, &[]).await;
    let path = format!("/system/{label}/get_one.json");
    let system = admin.ok(Method::GET, &path, json!(null)).await;
    assert_eq!(system.json["data"]["system"]["capacity"], 9, "an admin's capacity stays");
    admin.ok(Method::PUT, &put, json!({"enabled": false})).await;
    assert_eq!(worker.claim("f", 0).await, None, "a disabled system gets nothing");
}
