//! A task's life, from submit to download.

use mf_core::wire::Outcome;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::farm::{Answer, Farm, answer};
use crate::worker::{Worker, sha256};
use mf_core::wire::Claim;

/// Starts to follow a log, before it needs to exist.
async fn follow(farm: &Farm, task: &str) -> reqwest::Response {
    let url = format!("{}/task/{task}/log/build.log?project_label=demo&follow=1", farm.url);
    let response = farm.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response
}

/// Reads until these bytes have come.
async fn expect(response: &mut reqwest::Response, text: &str) {
    let mut got = Vec::new();
    while got.len() < text.len() {
        got.extend(response.chunk().await.unwrap().expect("the log goes on"));
    }
    assert_eq!(String::from_utf8(got).unwrap(), text);
}

#[tokio::test]
async fn a_build_from_submit_to_download() {
    let farm = Farm::new().await;
    let worker = farm.worker(2).await;
    let build = farm.build_with("two", json!({"label": "b1", "pre_tag_label": "stable"})).await;
    assert_eq!(build["status_label"], "Queued");
    assert_eq!(build["tasks"], json!(["b1.el6-x86_64"]));
    let mut log = follow(&farm, "b1.el6-x86_64").await;

    let claim = worker.take("n1").await;
    let job = &claim.job;
    assert_eq!(
        [&job.project, &job.package, &job.build, &job.task, &job.target, &job.arch, &job.release],
        ["demo", "two", "b1", "b1.el6-x86_64", "el6-x86_64", "x86_64", "el6"]
    );
    assert_eq!(
        (job.target_config.as_str(), job.build_handler.label.as_str()),
        ("x = 1", "generic")
    );
    assert_eq!((job.url.as_str(), job.vcs_handler.label.as_str()), ("", ""));
    assert_eq!(farm.status(&build).await, "Building");

    worker.advance(&claim, "build", "abc123").await.done();
    for (offset, text) in [(0, "hello\n"), (6, "world\n")] {
        assert_eq!(worker.append(&claim, offset, text).await.done()["data"]["length"], offset + 6);
        expect(&mut log, text).await;
    }
    worker.upload(&claim, "file", "hello.txt", b"hi there").await.done();
    worker.upload(&claim, "source", "hello.txt", b"the source").await.done();
    worker.complete(&claim, Outcome::Success, "").await.done();
    assert_eq!(log.chunk().await.unwrap(), None, "the log ends with its attempt");

    let task = farm.object("task", "b1.el6-x86_64").await;
    assert_eq!(task["status_label"], "BuildSuccess");
    assert_eq!(task["logs"], json!(["build.log"]));
    assert_eq!((&task["files"], &task["sources"]), (&json!(["hello.txt"]), &json!(["hello.txt"])));
    assert_eq!((&task["attempt"], &task["revision"]), (&json!(1), &json!("abc123")));
    let build = farm.object("build", "b1").await;
    assert_eq!(build["status_label"], "BuildSuccess");
    assert_eq!((&build["revision"], &build["tags"]), (&json!("abc123"), &json!(["stable"])));
    files_and_links(&farm, &task).await;
}

async fn files_and_links(farm: &Farm, task: &Value) {
    let get = |path: &str| farm.http.get(format!("{}{path}", farm.url));
    let of = "/task/b1.el6-x86_64";
    let listed = answer(get(&format!("{of}/list_files.json?project_label=demo"))).await.done();
    let listed: Vec<(&str, &str, i64)> = listed["data"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            let text = |name: &str| file[name].as_str().unwrap();
            (text("kind"), text("name"), file["size"].as_i64().unwrap())
        })
        .collect();
    assert_eq!(
        listed,
        [("file", "hello.txt", 8), ("log", "build.log", 12), ("source", "hello.txt", 10)]
    );

    let file = get(&format!("{of}/file/hello.txt?project_label=demo")).send().await.unwrap();
    let header = |name: &str| file.headers()[name].to_str().unwrap().to_owned();
    assert!(header("content-disposition").starts_with("attachment; filename=\"hello.txt\""));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("sandbox"));
    assert_eq!(file.text().await.unwrap(), "hi there");
    let log = get(&format!("{of}/log/build.log?project_label=demo"));
    let part = log.header("range", "bytes=6-").send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()["content-range"], "bytes 6-11/12");
    assert_eq!(part.text().await.unwrap(), "world\n");
    let beyond = get(&format!("{of}/log/build.log?project_label=demo"));
    answer(beyond.header("range", "bytes=12-")).await.refused(416, "BadRange");
    let none = get(&format!("{of}/log/other.log?project_label=demo&follow=1"));
    answer(none).await.refused(404, "NotFound");

    let path = format!("{}/files/hello.txt", task["fs_path"].as_str().unwrap());
    let link = get("/root/get_file_download_url.json").query(&[("path", &path)]);
    let link = answer(link).await.done()["data"]["download_url"].as_str().unwrap().to_owned();
    assert!(link.starts_with(&farm.url), "{link}");
    let fetched = farm.http.get(&link).send().await.unwrap();
    assert_eq!(fetched.text().await.unwrap(), "hi there");
    let forged = link.replace("hello.txt", "other.txt");
    answer(farm.http.get(forged)).await.refused(403, "Forbidden");
    for path in ["tasks/1/1/files/none", "tasks/99/1/files/hello.txt"] {
        let link = get("/root/get_file_download_url.json").query(&[("path", path)]);
        answer(link).await.refused(404, "NotFound");
    }
    let link = get("/root/get_file_download_url.json").query(&[("path", "../../etc/passwd")]);
    answer(link).await.refused(400, "InvalidValue");

    let query = "task_label=b1.el6-x86_64&project_label=demo";
    let all = answer(get(&format!("/util/get_all_task_data.json?{query}"))).await.done();
    for (key, label) in [
        ("task", "b1.el6-x86_64"),
        ("target", "el6-x86_64"),
        ("build", "b1"),
        ("package", "two"),
        ("package_branch", "two"),
        ("release", "el6"),
    ] {
        assert_eq!(all["data"][key]["label"], label);
    }
}

async fn finish(worker: &Worker, claim: &Claim, outcome: Outcome) -> Answer {
    worker.complete(claim, outcome, "as it was").await
}

#[tokio::test]
async fn a_build_ends_as_its_tasks_do() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    let build = farm.build("one").await;
    let first = worker.take("a").await;
    assert_eq!(worker.claim("b", 0).await, None, "its other task has the same source name");
    finish(&worker, &first, Outcome::Success).await.done();
    assert_eq!(farm.status(&build).await, "Building");
    let second = worker.take("b").await;
    finish(&worker, &second, Outcome::Failure).await.done();
    assert_eq!(farm.status(&build).await, "BuildFail");
    finish(&worker, &second, Outcome::Failure).await.done();
    finish(&worker, &second, Outcome::Success).await.refused(409, "StaleAttempt");
    let task = farm.object("task", &second.job.task).await;
    assert_eq!(
        (&task["status_label"], &task["message"]),
        (&json!("BuildFail"), &json!("as it was"))
    );
}

#[tokio::test]
async fn only_the_latest_build_keeps_a_tag_that_says_so() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    for label in ["b1", "b2", "b3"] {
        farm.build_with("two", json!({"label": label, "pre_tag_label": "stable"})).await;
    }
    let tasks = [worker.take("1").await];
    finish(&worker, &tasks[0], Outcome::Success).await.done();
    assert_eq!(farm.object("tag", "stable").await["builds"], json!(["b1"]));
    let second = worker.take("2").await;
    finish(&worker, &second, Outcome::Success).await.done();
    assert_eq!(farm.object("tag", "stable").await["builds"], json!(["b2"]));
    let third = worker.take("3").await;
    finish(&worker, &third, Outcome::Failure).await.done();
    assert_eq!(farm.object("tag", "stable").await["builds"], json!(["b2"]));
}

#[tokio::test]
async fn the_status_counts_what_there_is() {
    let farm = Farm::new().await;
    let worker = farm.worker(3).await;
    farm.build("one").await;
    farm.build("two").await;
    worker.take("a").await;
    let path = "/util/status.json";
    let status =
        farm.admin().ok(Method::GET, path, Value::Null).await.json["data"]["status"].take();
    assert_eq!(status["tasks"]["Building"], 1);
    assert_eq!(status["tasks"]["Queued"], 2);
    assert_eq!(status["queue"]["length"], 2);
    let system = &status["systems"][0];
    assert_eq!(
        (&system["capacity"], &system["load"], &system["running"]),
        (&json!(3), &json!(1), &json!(1))
    );
    assert_ne!(system["last_seen"], "");
}

#[tokio::test]
async fn a_file_of_many_blocks_arrives_whole() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    farm.build_with("two", json!({"label": "b1"})).await;
    let claim = worker.take("a").await;
    let bytes: Vec<u8> = (0..3_000_017u32).map(|n| (n % 251) as u8).collect();
    worker.upload(&claim, "file", "big name ä.bin", &bytes).await.done();
    worker.upload(&claim, "file", "big name ä.bin", &bytes).await.done();
    let url =
        format!("{}/task/b1.el6-x86_64/file/big%20name%20%C3%A4.bin?project_label=demo", farm.url);
    let got = farm.http.get(url).send().await.unwrap().bytes().await.unwrap();
    assert_eq!((got.len(), sha256(&got)), (bytes.len(), sha256(&bytes)));
}

#[tokio::test]
async fn what_is_recorded_of_a_file_is_as_large_for_the_last_as_for_the_first() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    farm.build_with("two", json!({"label": "b1"})).await;
    let claim = worker.take("a").await;
    for number in 0..40 {
        worker.upload(&claim, "file", &format!("{number:0>200}"), b"x").await.done();
    }
    let task = farm.object("task", "b1.el6-x86_64").await;
    assert_eq!(task["files"].as_array().unwrap().len(), 40);
    let url = format!("{}/util/events?after=0&resource=task", farm.url);
    let mut events = farm.http.get(url).send().await.unwrap();
    let mut added = 0;
    let mut text = String::new();
    while added < 40 {
        text += std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap();
        added = text.matches("\"added\":").count();
    }
    let longest = text.lines().map(str::len).max().unwrap();
    assert!(longest < 1_500, "an event has {longest} bytes");
}
