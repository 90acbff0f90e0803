//! Handlers are registered, enabled as soon as a worker has them, and
//! disabled when nobody provides them any more.

use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::Farm;

async fn enabled(farm: &Farm, kind: &str, label: &str) -> Value {
    let path = format!("/{kind}/{label}/get_one.json");
    farm.admin().ok(Method::GET, &path, json!(null)).await.json["data"][kind]["enabled"].take()
}

#[tokio::test]
async fn a_build_handler_waits_for_a_system_that_has_it() {
    let farm = Farm::new().await;
    assert_eq!(enabled(&farm, "build_handler", "generic").await, false);
    let none = farm.enable_handlers().await;
    assert_eq!(none.json["data"], json!({"enabled": [], "disabled": []}));
    let build = farm.build("two").await;
    let worker = farm.worker(1).await;
    assert_eq!(enabled(&farm, "build_handler", "generic").await, true);
    assert_eq!(farm.status(&build).await, "Queued");

    let before = farm.written();
    farm.register_handlers(&["generic"]).await;
    farm.enable_handlers().await;
    assert!(farm.written() == before, "nothing has changed, and nothing was written");

    let gone = farm.register_handlers(&["other"]).await;
    assert_eq!(gone.json["data"]["registered"]["disabled"], json!(["generic"]));
    assert_eq!(enabled(&farm, "build_handler", "generic").await, false);
    assert_eq!(worker.claim("a", 0).await, None, "what is disabled is not used");
    farm.register_handlers(&["generic"]).await;
    assert_eq!(enabled(&farm, "build_handler", "generic").await, false, "it waits once more");
    assert_eq!(worker.claim("a", 0).await, None);
    let enabled = farm.enable_handlers().await;
    assert_eq!(enabled.json["data"]["enabled"], json!(["generic"]));
    worker.take("a").await;
}

#[tokio::test]
async fn vcs_and_bug_handlers_are_usable_at_once() {
    let farm = Farm::new().await;
    let offers = json!({"handlers": [
        {"kind": "vcs_handler", "label": "git", "display_name": "Git", "plugin": "git", "version": "1", "digest": "aa"},
        {"kind": "bug_handler", "label": "github", "plugin": "github"},
    ]});
    let regulator = farm.regulator();
    let path = "/util/register_handlers.json";
    let answer = regulator.ok(Method::POST, path, offers).await;
    assert_eq!(answer.json["data"]["registered"]["enabled"], json!(["git", "github"]));
    assert_eq!(enabled(&farm, "vcs_handler", "git").await, true);
    let twice = json!({"handlers": [{"label": "x"}, {"label": "x"}]});
    regulator.send(Method::POST, path, twice).await.refused(400, "InvalidValue");
    let answer = farm.admin().send(Method::POST, path, json!({})).await;
    answer.refused(403, "Forbidden");
    regulator.ok(Method::POST, path, json!({})).await;
    assert_eq!(enabled(&farm, "vcs_handler", "git").await, false);
}

#[tokio::test]
async fn draining_the_only_system_leaves_its_handlers_as_they_are() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    let task = farm.build("two").await["tasks"][0].as_str().unwrap().to_owned();
    let admin = farm.admin();
    let all = admin.ok(Method::GET, "/system/get_all.json", Value::Null).await;
    let host = all.json["data"]["systems"][0]["label"].as_str().unwrap().to_owned();
    let drain = json!({ "reason": "new disks" });
    admin.ok(Method::POST, &format!("/system/{host}/drain.json"), drain).await;
    let none = farm.enable_handlers().await;
    assert_eq!(none.json["data"], json!({"enabled": [], "disabled": []}));
    assert_eq!(enabled(&farm, "build_handler", "generic").await, true);
    let path = format!("/task/{task}/why.json?project_label=demo");
    let why = admin.ok(Method::GET, &path, Value::Null).await.json["data"].take();
    let told = why["details"]["systems"][0]["reasons"][0].as_str().unwrap();
    assert!(told.starts_with("the system is drained by admin since 2"), "{told}");
    assert!(told.ends_with(" UTC, because of: new disks"), "{told}");
    admin.ok(Method::POST, &format!("/system/{host}/resume.json"), json!({})).await;
    worker.take("a").await;

    // A system that no longer has it is another matter.
    let body = json!({ "cpus": 1, "archs": ["x86_64"], "handlers": [], "held": [] });
    worker.0.ok(Method::POST, "/system/register.json", body).await;
    assert_eq!(farm.enable_handlers().await.json["data"]["disabled"], json!(["generic"]));
    // One that is drained does not enable what was not.
    admin.ok(Method::POST, &format!("/system/{host}/drain.json"), json!({})).await;
    worker.register(1, &[]).await;
    assert_eq!(farm.enable_handlers().await.json["data"]["enabled"], json!([]));
}
