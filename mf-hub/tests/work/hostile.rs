//! Workers that are wrong, or worse.

use mf_core::wire::{Claim, Outcome};
use reqwest::Method;
use serde_json::json;

use crate::farm::{Farm, answer};
use crate::worker::sha256;

#[tokio::test]
async fn logs_take_only_what_belongs_where_it_is_sent() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    farm.build("two").await;
    let claim = worker.take("a").await;
    worker.append(&claim, 0, "hello ").await.done();
    assert_eq!(worker.append(&claim, 0, "hello world").await.done()["data"]["length"], 11);
    assert_eq!(worker.append(&claim, 3, "lo").await.done()["data"]["length"], 11);
    let told = worker.append(&claim, 12, "!").await;
    assert!(told.refused(409, "WrongOffset").contains("11 bytes"));
    worker
        .append_to(&claim, "build.log", 11, vec![b'x'; (4 << 20) + 1])
        .await
        .refused(413, "TooLarge");
    worker.upload(&claim, "log", "build.log", b"other").await.refused(400, "Refused");
    worker.upload(&claim, "log", "whole.log", b"whole").await.done();
    worker.append_to(&claim, "whole.log", 5, b"!".to_vec()).await.refused(400, "Refused");
    let url = format!("{}/task/{}/log/build.log?project_label=demo", farm.url, claim.job.task);
    assert_eq!(farm.http.get(url).send().await.unwrap().text().await.unwrap(), "hello world");
}

#[tokio::test]
async fn names_never_become_paths() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    farm.build("two").await;
    let claim = worker.take("a").await;
    let long = "x".repeat(4096);
    for name in ["../x", "/etc/passwd", "..", "", "a\0b", "a\nb", "a\\b", &long] {
        worker.upload(&claim, "file", name, b"x").await.refused(400, "InvalidValue");
        worker.append_to(&claim, name, 0, b"x".to_vec()).await.refused(400, "InvalidValue");
    }
    worker.upload(&claim, "else", "x", b"x").await.refused(400, "InvalidValue");
    let files = farm.files();
    assert!(!files.join("tasks").join("1").exists(), "nothing was stored");
    let told = worker.upload_as(&claim, "file", "x", &sha256(b"y"), b"x").await;
    assert!(told.refused(400, "InvalidValue").contains(&sha256(b"x")));
    worker.upload_as(&claim, "file", "x", "../../x", b"x").await.refused(400, "InvalidValue");
    assert_eq!(std::fs::read_dir(files.join("incoming")).unwrap().count(), 0);
    worker.upload(&claim, "file", "x", b"x").await.done();
    let told = worker.upload(&claim, "file", "x", b"y").await;
    assert!(told.refused(400, "Refused").contains("another file called \"x\""));
}

#[tokio::test]
async fn a_worker_writes_for_what_it_has_claimed_and_nothing_else() {
    let mut farm = Farm::new().await;
    let second = farm.second_worker(4).await;
    let first = farm.worker(4).await;
    let build = farm.build("two").await;
    let claim = first.take("a").await;
    second.append(&claim, 0, "x").await.refused(403, "Forbidden");
    second.complete(&claim, Outcome::Success, "").await.refused(403, "Forbidden");
    assert_eq!(second.heartbeat(&[crate::worker::held(&claim)], 0).await.len(), 1);
    for forged in [
        Claim { token: "0".repeat(64), ..claim.clone() },
        Claim { attempt: 2, ..claim.clone() },
        Claim { task_id: 99, ..claim.clone() },
    ] {
        first.append(&forged, 0, "x").await.refused(409, "StaleAttempt");
        first.advance(&forged, "build", "").await.refused(409, "StaleAttempt");
        first.upload(&forged, "file", "x", b"x").await.refused(409, "StaleAttempt");
        first.complete(&forged, Outcome::Success, "").await.refused(409, "StaleAttempt");
    }
    let plain = |key: &str| {
        let request = farm.http.post(format!("{}/task/complete.json", farm.url));
        request.bearer_auth(key).json(&json!({"outcome": "success"}))
    };
    answer(plain(&first.0.key)).await.refused(400, "MissingField");
    answer(plain(&first.0.key).header("mf-lease", "x")).await.refused(400, "Malformed");
    answer(plain("mf_no_key")).await.refused(401, "Unauthorized");
    answer(plain(&farm.admin().key)).await.refused(403, "Forbidden");
    let claims = json!({"nonce": "x"});
    farm.admin().send(Method::POST, "/system/claim.json", claims).await.refused(403, "Forbidden");
    let unsigned = farm.http.post(format!("{}/system/claim.json", farm.url)).json(&json!({}));
    answer(unsigned).await.refused(401, "Unauthorized");
    let told = first.advance(&claim, &"x".repeat(1_001), "").await;
    told.refused(400, "InvalidValue");
    assert_eq!(farm.status(&build).await, "Building");
    first.complete(&claim, Outcome::Failure, &"ä".repeat(70_000)).await.done();
    assert_eq!(farm.status(&build).await, "BuildFail");
}

#[tokio::test]
async fn a_worker_cannot_say_nonsense_of_itself() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    let offer = |label: &str| json!({"kind": "build_handler", "label": label});
    for body in [
        json!({"cpus": 0}),
        json!({"cpus": 1, "archs": ["a b"]}),
        json!({"cpus": 1, "handlers": [offer("../x")]}),
        json!({"cpus": 1, "handlers": [offer("x"), offer("x")]}),
    ] {
        let answer = worker.0.send(Method::POST, "/system/register.json", body).await;
        answer.refused(400, "InvalidValue");
    }
    let answer = worker.0.send(Method::POST, "/system/register.json", json!({"cpus": "x"})).await;
    answer.refused(400, "Malformed");
    farm.build("two").await;
    worker.take("it is as it was").await;
}
