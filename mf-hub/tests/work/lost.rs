//! Workers and hubs that go away.

use mf_core::wire::{Held, Outcome};
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::Farm;
use crate::worker::held;

#[tokio::test]
async fn what_is_handed_back_is_queued_again() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    let build = farm.build("two").await;
    let first = worker.take("a").await;
    worker.append(&first, 0, "first\n").await.done();
    worker.complete(&first, Outcome::HandedBack, "the worker goes away").await.done();
    assert_eq!(farm.status(&build).await, "Queued");
    worker.append(&first, 6, "more\n").await.refused(409, "StaleAttempt");
    let second = worker.take("b").await;
    assert_eq!((second.task_id, second.attempt), (first.task_id, 2));
    worker.append(&second, 0, "second\n").await.done();
    let url = format!("{}/task/{}/log/build.log?project_label=demo", farm.url, first.job.task);
    let text = async |query: &str| {
        farm.http.get(format!("{url}{query}")).send().await.unwrap().text().await.unwrap()
    };
    assert_eq!(text("").await, "second\n");
    assert_eq!(text("&attempt=1").await, "first\n", "an attempt that ended keeps its log");
    assert_eq!(text("&attempt=1&follow=1").await, "first\n");
}

#[tokio::test]
async fn a_worker_that_starts_anew_gives_up_what_it_does_not_name() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    let build = farm.build("two").await;
    farm.build("three").await;
    let (lost, kept) = (worker.take("a").await, worker.take("b").await);
    let unknown = Held { task: 99, attempt: 1 };
    let stop = worker.register(4, &[held(&kept), unknown]).await;
    assert_eq!(stop, json!([unknown]));
    assert_eq!(worker.heartbeat(&[held(&lost), held(&kept)], 0).await, [held(&lost)]);
    worker.append(&lost, 0, "x").await.refused(409, "StaleAttempt");
    worker.append(&kept, 0, "x").await.done();
    for attempt in 2..=3 {
        let claim = worker.take(&format!("again-{attempt}")).await;
        assert_eq!((claim.task_id, claim.attempt), (lost.task_id, attempt));
        worker.register(4, &[held(&kept)]).await;
    }
    assert_eq!(farm.status(&build).await, "Lost");
    assert_eq!(worker.claim("c", 0).await, None);
    let task = farm.object("task", &lost.job.task).await;
    let message = task["message"].as_str().unwrap();
    assert!(message.contains("it lost its worker 3 times"), "{message}");
}

#[tokio::test]
async fn a_silent_worker_loses_its_lease_and_another_gets_the_task() {
    let mut farm = Farm::with_lease(1).await;
    let second = farm.second_worker(1).await;
    let first = farm.worker(4).await;
    let build = farm.build("two").await;
    let claim = first.take("a").await;
    // The hub sees to it by itself.
    let again = second.wait("d").await;
    assert_eq!((again.task_id, again.attempt), (claim.task_id, 2));
    first.complete(&claim, Outcome::Success, "").await.refused(409, "StaleAttempt");
    assert_eq!(first.heartbeat(&[held(&claim)], 0).await, [held(&claim)]);
    second.complete(&again, Outcome::Success, "").await.done();
    assert_eq!(farm.status(&build).await, "BuildSuccess");
}

#[tokio::test]
async fn a_worker_that_hangs_up_has_a_moment_to_come_back() {
    let mut farm = Farm::new().await;
    let second = farm.second_worker(1).await;
    let first = farm.worker(4).await;
    farm.build("two").await;
    let claim = first.take("a").await;
    let request = first.0.http.post(format!("{}/system/heartbeat.json", farm.url));
    let body = json!({ "held": [held(&claim)], "wait": 15 });
    let beating = tokio::spawn(request.bearer_auth(&first.0.key).json(&body).send());
    // Long enough for the hub to have it.
    assert_eq!(second.claim("b", 1).await, None);
    beating.abort();
    assert!(beating.await.unwrap_err().is_cancelled());
    let again = second.wait("d").await;
    assert!(farm.history(&claim.job.task).contains("its worker hung up"));
    assert_eq!((again.task_id, again.attempt), (claim.task_id, 2));
    let told = first.append(&claim, 0, "x").await;
    told.refused(409, "StaleAttempt");
}

#[tokio::test]
async fn a_hub_that_was_killed_goes_on_where_it_was() {
    let mut farm = Farm::new().await;
    let worker = farm.worker(4).await;
    let build = farm.build("two").await;
    farm.build("two").await;
    farm.build("three").await;
    let claim = worker.take("a").await;
    worker.append(&claim, 0, "before\n").await.done();
    farm.kill();
    farm.start_again();
    let worker = crate::worker::Worker(crate::farm::Caller { url: farm.url.clone(), ..worker.0 });
    assert_eq!(worker.heartbeat(&[held(&claim)], 0).await, []);
    assert_eq!(worker.take("a").await, claim, "the same nonce gives the same token, too");
    let next = worker.take("b").await;
    assert_eq!(next.job.package, "three", "two's source name is still busy");
    let appended = worker.append(&claim, 0, "before\nafter\n").await.done();
    assert_eq!(appended["data"]["length"], 13);
    worker.complete(&claim, Outcome::Success, "").await.done();
    assert_eq!(farm.status(&build).await, "BuildSuccess");
    let log = std::fs::read(farm.files().join("tasks/1/1/log-1")).unwrap();
    assert_eq!(log, b"before\nafter\n");
}

#[tokio::test]
async fn a_hub_that_stops_breaks_a_followed_log_off() {
    let mut farm = Farm::new().await;
    let worker = farm.worker(1).await;
    farm.build("two").await;
    let claim = worker.take("a").await;
    worker.append(&claim, 0, "so far\n").await.done();
    let path = format!("/task/{}/log/build.log?project_label=demo&follow=1", claim.job.task);
    let mut log = farm.http.get(format!("{}{path}", farm.url)).send().await.unwrap();
    assert_eq!(log.headers()["mf-attempt"], "1", "who is cut off asks for the same one");
    assert_eq!(log.chunk().await.unwrap().unwrap(), "so far\n");
    assert!(farm.stop().success());
    assert!(log.chunk().await.is_err(), "it is not the end of the log");
}

#[tokio::test]
async fn who_may_no_longer_read_a_log_follows_it_no_longer() {
    let farm = Farm::new().await;
    let (worker, admin) = (farm.worker(1).await, farm.admin());
    let post = async |path: &str, body: Value| admin.ok(Method::POST, path, body).await;
    post("/user/post.json", json!({ "label": "ann" })).await;
    post("/group/post.json", json!({ "label": "crew", "users": "ann" })).await;
    let key = post("/user/ann/create_key", json!({})).await.json["data"]["key"].take();
    let secret = json!({ "restricted": true, "admin_group_label": "crew" });
    admin.ok(Method::PUT, "/project/demo/put.json", secret).await;
    farm.build("two").await;
    let claim = worker.take("a").await;
    worker.append(&claim, 0, "so far\n").await.done();
    let path = format!("/task/{}/log/build.log?project_label=demo&follow=1", claim.job.task);
    let request = farm.http.get(format!("{}{path}", farm.url)).bearer_auth(key.as_str().unwrap());
    let mut log = request.send().await.unwrap();
    assert_eq!(log.chunk().await.unwrap().unwrap(), "so far\n");
    admin.ok(Method::PUT, "/group/crew/put.json", json!({ "users": [] })).await;
    // Nothing more comes of the log, and it is asked again by itself.
    assert!(log.chunk().await.is_err(), "it breaks off, and has not ended");
}

#[tokio::test]
async fn the_files_of_a_deleted_build_go_soon() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    let (gone, kept) = (farm.build("two").await, farm.build("three").await);
    for (nonce, build) in [("a", &gone), ("b", &kept)] {
        let claim = worker.take(nonce).await;
        assert_eq!(claim.job.build, build["label"]);
        worker.upload(&claim, "file", "x", b"x").await.done();
        worker.complete(&claim, Outcome::Success, "").await.done();
    }
    let label = gone["label"].as_str().unwrap();
    let path = format!("/build/{label}/delete.json?project_label=demo&confirm_delete=True");
    let tasks = farm.files().join("tasks");
    assert!(tasks.join("1").exists());
    farm.admin().ok(Method::DELETE, &path, Value::Null).await;
    // It is done while the hub is at work.
    let gone = async {
        while tasks.join("1").exists() {
            farm.status(&kept).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), gone).await.unwrap();
    assert!(tasks.join("2").exists());
}
