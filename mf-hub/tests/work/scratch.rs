//! Scratch builds go when they have had their time, with all that they had.

use std::time::{Duration, Instant};

use mf_core::wire::Outcome;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::farm::Farm;

/// Far longer than it takes.
const LIMIT: Duration = Duration::from_secs(60);

async fn is_there(farm: &Farm, build: &str) -> bool {
    let path = format!("/build/{build}/get_one.json?project_label=demo");
    farm.admin().send(Method::GET, &path, Value::Null).await.status == StatusCode::OK
}

#[tokio::test]
async fn only_those_that_have_ended_go_and_take_their_files_along() {
    let mut farm = Farm::new().await;
    let worker = farm.worker(4).await;
    for (label, scratch) in [("old", true), ("kept", false)] {
        farm.build_with("two", json!({ "label": label, "scratch": scratch })).await;
        let claim = worker.take(label).await;
        worker.upload(&claim, "file", "a.rpm", b"a").await.done();
        worker.complete(&claim, Outcome::Success, "").await.done();
    }
    farm.build_with("two", json!({ "label": "running", "scratch": true })).await;
    let claim = worker.take("running").await;
    worker.upload(&claim, "file", "a.rpm", b"a").await.done();
    let files = || std::fs::read_dir(farm.files().join("tasks")).unwrap().count();
    assert_eq!(files(), 3);
    assert!(is_there(&farm, "old").await, "its time is not over");

    farm.kill();
    farm.configure("scratch_seconds = 0\n");
    farm.start_again();
    let began = Instant::now();
    let files = || std::fs::read_dir(farm.files().join("tasks")).unwrap().count();
    // The request is the pause between two looks.
    while is_there(&farm, "old").await || files() > 2 {
        assert!(began.elapsed() < LIMIT, "it stays");
    }
    assert!(is_there(&farm, "kept").await && is_there(&farm, "running").await);
}
