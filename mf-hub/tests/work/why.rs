//! Why a task is where it is: what is said, and what then happens.

use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::Farm;
use crate::worker::Worker;

async fn why(farm: &Farm, task: &str) -> Value {
    let path = format!("/task/{task}/why.json?project_label=demo");
    farm.admin().ok(Method::GET, &path, Value::Null).await.json["data"].take()
}

/// The verdict and the sentence.
async fn said(farm: &Farm, task: &str) -> (String, String) {
    let said = why(farm, task).await;
    let text = |name: &str| said[name].as_str().unwrap().to_owned();
    (text("verdict"), text("sentence"))
}

async fn put(farm: &Farm, path: &str, fields: Value) {
    farm.admin().ok(Method::PUT, path, fields).await;
}

/// The label of the only system.
async fn system(farm: &Farm) -> String {
    let all = farm.admin().ok(Method::GET, "/system/get_all.json", Value::Null).await;
    all.json["data"]["systems"][0]["label"].as_str().unwrap().to_owned()
}

async fn submit(farm: &Farm, branch: &str, label: &str) -> String {
    farm.build_with(branch, json!({ "label": label })).await;
    format!("{label}.el6-x86_64")
}

#[tokio::test]
async fn from_the_queue_to_the_end() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    let host = system(&farm).await;
    let first = submit(&farm, "two", "b1").await;
    let (verdict, sentence) = said(&farm, &first).await;
    assert_eq!(verdict, "next");
    assert!(sentence.starts_with(&format!("it is the next task of {host}: ")), "{sentence}");
    let second = submit(&farm, "three", "b2").await;
    let behind = format!("{host} has room for it, and 1 task goes first there");
    assert_eq!(said(&farm, &second).await, ("behind".into(), behind));
    let claim = worker.take("a").await;
    assert_eq!(claim.job.task, first, "as was said");
    worker.advance(&claim, "build", "").await.done();
    let (verdict, sentence) = said(&farm, &first).await;
    assert_eq!(verdict, "running");
    assert!(sentence.starts_with(&format!("it runs on {host} since ")), "{sentence}");
    assert!(sentence.ends_with("UTC, attempt 1, in stage build"), "{sentence}");
    let (verdict, sentence) = said(&farm, &second).await;
    assert_eq!(verdict, "busy");
    assert_eq!(
        sentence,
        format!(
            "every system that could build it is full: {host}: its footprint is 1, \
             and the system has 0 left ({first})"
        )
    );
    assert_eq!(worker.claim("b", 0).await, None, "as was said");
    let path = "/build/b1/cancel.json?project_label=demo";
    farm.admin().ok(Method::POST, path, Value::Null).await;
    assert_eq!(said(&farm, &first).await.0, "stopping");
    worker.complete(&claim, Outcome::Stopped, "").await.done();
    let (verdict, sentence) = said(&farm, &first).await;
    assert_eq!(verdict, "ended");
    assert!(sentence.contains(": cancelled by admin; `mf task retry`"), "{sentence}");
    assert_eq!(said(&farm, &second).await.0, "next");
    assert_eq!(worker.take("b").await.job.task, second, "as was said");
}

#[tokio::test]
async fn what_must_not_be_built_together_is_named() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    for package in ["two", "three"] {
        let path = format!("/package/{package}/put.json?project_label=demo");
        put(&farm, &path, json!({ "source_name": "mysql" })).await;
    }
    let (first, second) = (submit(&farm, "two", "b1").await, submit(&farm, "three", "b2").await);
    let claim = worker.take("a").await;
    let (verdict, sentence) = said(&farm, &second).await;
    assert_eq!(verdict, "held");
    assert!(
        sentence.ends_with(&format!("source name mysql is being built there ({first})")),
        "{sentence}"
    );
    worker.complete(&claim, Outcome::Success, "").await.done();
    assert_eq!(said(&farm, &second).await.0, "next");
}

#[tokio::test]
async fn who_may_not_know_of_a_task_is_not_told_its_name() {
    let farm = Farm::new().await;
    let worker = farm.worker(4).await;
    for (resource, mut fields) in [
        ("project", json!({ "label": "secret", "restricted": true })),
        ("package", json!({ "label": "hidden", "source_name": "two" })),
        (
            "package-branch",
            json!({ "label": "hidden", "package_label": "hidden", "build_handler_label": "generic", "releases": "el6" }),
        ),
        ("build", json!({ "label": "hidden", "package_branch_label": "hidden" })),
    ] {
        if resource != "project" {
            fields["project_label"] = "secret".into();
        }
        farm.admin().ok(Method::POST, &format!("/{resource}/post.json"), fields).await;
    }
    worker.take("a").await;
    let task = submit(&farm, "two", "b1").await;
    let url = format!("{}/task/{task}/why?project_label=demo", farm.url);
    let open = farm.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(open.contains("\"held\"") && !open.contains("hidden"), "{open}");
    assert!(said(&farm, &task).await.1.contains("(hidden.el6-x86_64)"));
}

#[tokio::test]
async fn what_is_missing_is_said_with_what_to_do() {
    let farm = Farm::new().await;
    let task = submit(&farm, "two", "b1").await;
    let host = system(&farm).await;
    let impossible = async |part: &str, todo: &str| {
        let (verdict, sentence) = said(&farm, &task).await;
        assert_eq!(verdict, "impossible", "{sentence}");
        assert!(sentence.contains(part) && sentence.contains(todo), "{sentence}");
    };
    impossible("the system's capacity is 0", "start its worker").await;
    let worker: Worker = farm.worker(2).await;
    assert_eq!(said(&farm, &task).await.0, "next");
    let path = format!("/system/{host}/drain.json");
    farm.admin().ok(Method::POST, &path, Value::Null).await;
    impossible("the system is drained by admin since 2", &format!("mf system resume {host}")).await;
    assert_eq!(worker.claim("a", 0).await, None, "as was said");
    farm.admin().ok(Method::POST, &path.replace("drain", "resume"), Value::Null).await;
    let target = "/target/el6-x86_64/put.json";
    put(&farm, target, json!({ "arch_label": "aarch64" })).await;
    impossible("the system does not serve aarch64", "add aarch64 to `archs`").await;
    put(&farm, target, json!({ "arch_label": "x86_64" })).await;
    // The farm's plugin is another file now, and the worker has the old one.
    let offer = json!({"kind": "build_handler", "label": "generic", "plugin": "p", "version": "2", "digest": "11"});
    let all = json!({ "handlers": [offer] });
    farm.regulator().ok(Method::POST, "/util/register_handlers.json", all).await;
    impossible("in another plugin file", "install the farm's plugin p 2 (sha256 11)").await;
    assert_eq!(worker.claim("b", 0).await, None, "as was said");
    farm.register_handlers(&["generic"]).await;
    assert_eq!(said(&farm, &task).await.0, "next");
    farm.register_handlers(&[]).await;
    impossible("the build handler generic is disabled", "the regulator enables generic").await;
    let details = why(&farm, &task).await["details"].take();
    assert_eq!(details["needs"]["arch"], "x86_64");
    assert_eq!(details["systems"][0]["says"], "never");
}
