//! What failed is built again.

use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Answer, Farm};
use crate::worker::held;

async fn retry(farm: &Farm, resource: &str, label: &str) -> Answer {
    let path = format!("/{resource}/{label}/retry.json?project_label=demo");
    farm.admin().send(Method::POST, &path, Value::Null).await
}

#[tokio::test]
async fn a_retry_is_a_new_attempt_beside_the_old_ones() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    let build = farm.build_with("two", json!({"label": "b1", "pre_tag_label": "stable"})).await;
    let (path, task) = ("b1.el6-x86_64", worker.take("a").await);
    retry(&farm, "task", path).await.refused(409, "IllegalMove");
    let told = retry(&farm, "build", "b1").await;
    assert_eq!(
        told.refused(409, "IllegalMove"),
        "a build that is Building cannot be retried: none of its tasks has failed"
    );
    worker.append(&task, 0, "first\n").await.done();
    worker.upload(&task, "file", "a.txt", b"one").await.done();
    worker.complete(&task, Outcome::Failure, "no").await.done();
    assert_eq!(farm.status(&build).await, "BuildFail");

    let again = retry(&farm, "task", path).await.done()["data"]["task"].take();
    assert_eq!((&again["status_label"], &again["end_date"]), (&json!("Queued"), &json!("")));
    assert_eq!(again["message"], "retried by admin");
    assert_eq!(again["logs"], json!(["build.log"]), "until the next attempt begins");
    assert_eq!(farm.status(&build).await, "Queued");
    retry(&farm, "task", path).await.refused(409, "IllegalMove");
    let second = worker.take("b").await;
    assert_eq!((second.task_id, second.attempt), (task.task_id, 2));
    worker.append(&second, 0, "second\n").await.done();
    worker.complete(&second, Outcome::Success, "").await.done();
    let built = farm.object("build", "b1").await;
    assert_eq!(built["status_label"], "BuildSuccess");
    assert_eq!(built["tags"], json!(["stable"]), "its tag is given when it succeeds");
    let bytes = async |query: &str| {
        let url = format!("{}/task/{path}/{query}project_label=demo", farm.url);
        farm.http.get(url).send().await.unwrap().text().await.unwrap()
    };
    assert_eq!(bytes("log/build.log?attempt=1&").await, "first\n");
    assert_eq!(bytes("log/build.log?").await, "second\n");
    assert_eq!(bytes("file/a.txt?attempt=1&").await, "one");
    retry(&farm, "task", path).await.refused(409, "IllegalMove");
    retry(&farm, "build", "b1").await.refused(409, "IllegalMove");
}

#[tokio::test]
async fn a_build_is_retried_where_it_failed() {
    let farm = Farm::new().await;
    let worker = farm.worker(2).await;
    let build = farm.build_with("one", json!({"label": "b1"})).await;
    let first = worker.take("a").await;
    worker.complete(&first, Outcome::Success, "").await.done();
    let second = worker.take("b").await;
    worker.complete(&second, Outcome::Failure, "").await.done();
    let again = retry(&farm, "build", "b1").await.done()["data"]["build"].take();
    assert_eq!(again["status_label"], "Building", "one of its tasks is built");
    let third = worker.take("c").await;
    assert_eq!(third.task_id, second.task_id);
    worker.complete(&third, Outcome::Success, "").await.done();
    assert_eq!(farm.status(&build).await, "BuildSuccess");
}

#[tokio::test]
async fn workers_lost_before_a_retry_no_longer_count() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    let build = farm.build_with("two", json!({"label": "b1"})).await;
    let lose = async |nonce: &str| {
        let claim = worker.take(nonce).await;
        worker.register(1, &[]).await;
        worker.heartbeat(&[], 0).await;
        held(&claim).attempt
    };
    for nonce in ["a", "b", "c"] {
        lose(nonce).await;
    }
    assert_eq!(farm.status(&build).await, "Lost");
    retry(&farm, "build", "b1").await.done();
    assert_eq!(lose("d").await, 4);
    assert_eq!(farm.status(&build).await, "Queued", "it may lose its worker as before");
}
