//! Cancelling: at once what waits, and what runs when nothing of it is left.

use std::sync::Arc;

use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Answer, Farm};
use crate::worker::held;

async fn cancel(farm: &Farm, resource: &str, label: &str) -> Answer {
    let path = format!("/{resource}/{label}/cancel.json?project_label=demo");
    farm.admin().send(Method::POST, &path, Value::Null).await
}

#[tokio::test]
async fn what_waits_is_cancelled_at_once() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    farm.build_with("one", json!({"label": "b1"})).await;
    cancel(&farm, "task", "b1.el5-x86_64").await.done();
    let build = cancel(&farm, "build", "b1").await.done()["data"]["build"].take();
    assert_eq!(build["status_label"], "Cancelled");
    assert_eq!(worker.claim("a", 0).await, None);
    let told = cancel(&farm, "build", "b1").await;
    assert_eq!(told.refused(409, "IllegalMove"), "a build that is Cancelled cannot be cancelled");
    cancel(&farm, "task", "b1.el5-x86_64").await.refused(409, "IllegalMove");
    cancel(&farm, "task", "none").await.refused(404, "NotFound");
}

#[tokio::test]
async fn what_runs_keeps_its_place_until_nothing_of_it_is_left() {
    let farm = Farm::new().await;
    let worker = Arc::new(farm.worker(4).await);
    farm.build_with("two", json!({"label": "b1"})).await;
    farm.build_with("two", json!({"label": "b2"})).await;
    let claim = worker.take("a").await;
    let of = held(&claim);
    let told = tokio::spawn({
        let worker = Arc::clone(&worker);
        async move { worker.heartbeat(&[of], 15).await }
    });
    assert_eq!(
        cancel(&farm, "build", "b1").await.done()["data"]["build"]["status_label"],
        "Building"
    );
    assert_eq!(told.await.unwrap(), [of], "the heartbeat that waits says it at once");
    cancel(&farm, "build", "b1").await.done();
    assert_eq!(worker.heartbeat(&[of], 0).await, [of]);
    assert_eq!(worker.claim("b", 0).await, None, "the source name is still busy");
    worker.append(&claim, 0, "stopping\n").await.done();
    worker.complete(&claim, Outcome::Stopped, "").await.done();
    worker.complete(&claim, Outcome::Stopped, "").await.done();
    let task = farm.object("task", "b1.el6-x86_64").await;
    assert_eq!(task["status_label"], "Cancelled");
    assert_eq!(task["message"], "cancelled by admin");
    assert_eq!(worker.take("b").await.job.build, "b2");
}

#[tokio::test]
async fn a_cancelled_task_is_cancelled_however_its_attempt_ends() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    for (label, outcome) in [("b1", Outcome::Success), ("b2", Outcome::HandedBack)] {
        let build = farm.build_with("two", json!({ "label": label })).await;
        let claim = worker.take(label).await;
        cancel(&farm, "task", &claim.job.task).await.done();
        worker.complete(&claim, outcome, "").await.done();
        assert_eq!(farm.status(&build).await, "Cancelled");
    }
    farm.build("three").await;
    let claim = worker.take("c").await;
    let told = worker.complete(&claim, Outcome::Stopped, "").await;
    told.refused(409, "IllegalMove");
    let build = farm.build_with("two", json!({"label": "b4"})).await;
    worker.take("d").await;
    cancel(&farm, "build", "b4").await.done();
    worker.register(4, &[held(&claim)]).await;
    assert_eq!(farm.status(&build).await, "Cancelled", "its worker started anew");
}
