//! Plugins that crash: counted by their hash, quarantined, shown with what
//! they left, and cleared.

use mf_core::wire::{Claim, Outcome};
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Farm, answer};
use crate::worker::Worker;

async fn list(farm: &Farm) -> Value {
    farm.admin().ok(Method::GET, "/util/list_plugins.json", Value::Null).await.json["data"]
        ["plugins"]
        .take()
}

async fn show(farm: &Farm, plugin: &str) -> Value {
    let path = format!("/util/show_plugin.json?plugin={plugin}");
    farm.admin().ok(Method::GET, &path, Value::Null).await.json["data"]["plugin"].take()
}

async fn enabled(farm: &Farm) -> Value {
    farm.object("build_handler", "generic").await["enabled"].take()
}

/// An attempt whose plugin crashes.
async fn crash(worker: &Worker, claim: &Claim, digest: &str) {
    worker.append(claim, 0, "first\nthread panicked\nlast words\n").await.done();
    let body = json!({
        "outcome": "failure", "message": "it crashed",
        "crash": {"plugin": "p", "version": "1", "digest": digest, "path": "/plugins/p.so",
            "handler": "generic", "how": "plugin 'p' was ended by signal 11 (SIGSEGV)"},
    });
    let said = answer(worker.request(claim, "complete.json").json(&body)).await;
    said.done();
}

async fn build(farm: &Farm, worker: &Worker, nonce: &str) -> Claim {
    farm.build("two").await;
    worker.take(nonce).await
}

#[tokio::test]
async fn three_crashes_in_a_row_are_enough_and_a_success_between_forgives() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    for nonce in ["a", "b"] {
        let claim = build(&farm, &worker, nonce).await;
        assert_eq!(
            farm.object("task", &claim.job.task).await["plugins"],
            "build generic: plugin p 1, sha256 00"
        );
        crash(&worker, &claim, "00").await;
    }
    let claim = build(&farm, &worker, "c").await;
    worker.complete(&claim, Outcome::Success, "").await.done();
    for nonce in ["d", "e"] {
        crash(&worker, &build(&farm, &worker, nonce).await, "00").await;
    }
    assert_eq!(enabled(&farm).await, true, "two in a row");
    assert_eq!(list(&farm).await[0]["crashes"], 4);

    crash(&worker, &build(&farm, &worker, "f").await, "00").await;
    assert_eq!(enabled(&farm).await, false);
    let waits = farm.build("two").await;
    assert_eq!(worker.claim("g", 0).await, None, "what is quarantined is not used");
    let task = waits["tasks"][0].as_str().unwrap();
    let why = format!("/task/{task}/why.json?project_label=demo");
    let why = farm.admin().ok(Method::GET, &why, Value::Null).await.json.to_string();
    assert!(why.contains("mf plugin clear p"), "{why}");

    let shown = &show(&farm, "p").await[0];
    assert_eq!(shown["evidence"].as_array().unwrap().len(), 5);
    assert_eq!(shown["evidence"][0]["log"], "first\nthread panicked\nlast words\n");
    assert_eq!(shown["evidence"][0]["handler"], "generic");
    let why = shown["why"].as_str().unwrap();
    assert!(why.starts_with("it crashed 3 times in a row; last: plugin 'p'"), "{why}");

    // Registered again as it is, it stays where it is.
    farm.register_handlers(&["generic"]).await;
    farm.enable_handlers().await;
    assert_eq!(enabled(&farm).await, false);
    let clear = |plugin: &'static str| {
        let body = json!({ "plugin": plugin });
        let admin = farm.admin();
        async move { admin.send(Method::POST, "/util/clear_plugin.json", body).await }
    };
    clear("nobody").await.refused(404, "NotFound");
    assert_eq!(clear("p").await.done()["data"]["cleared"], json!(["00"]));
    assert_eq!(enabled(&farm).await, true);
    assert_eq!(list(&farm).await[0]["crashes"], 0);
    worker.take("h").await;
}

#[tokio::test]
async fn a_worker_is_believed_only_of_what_it_was_given() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    for nonce in ["a", "b", "c", "d"] {
        crash(&worker, &build(&farm, &worker, nonce).await, "11").await;
    }
    assert_eq!(list(&farm).await[0]["crashes"], 0);
    assert_eq!(enabled(&farm).await, true);
    let show = "/util/show_plugin.json?plugin=p";
    worker.0.send(Method::GET, show, Value::Null).await.refused(403, "Forbidden");
}

#[tokio::test]
async fn one_crash_while_it_is_loaded_is_enough() {
    let farm = Farm::new().await;
    let digest = "0123456789abcdef".repeat(4);
    let offer = json!({"kind": "vcs_handler", "label": "svn", "plugin": "svn", "digest": digest});
    let crash = json!({"plugin": "svn", "version": "1", "digest": digest, "path": "/p/svn.so",
        "how": "cannot be loaded: its process was ended by signal 6 (SIGABRT)", "log": "oh\n"});
    let register = async |crashed: Value| {
        let body = json!({"handlers": [offer], "crashed": crashed});
        farm.regulator().send(Method::POST, "/util/register_handlers.json", body).await
    };
    register(json!([])).await.done();
    assert_eq!(farm.object("vcs_handler", "svn").await["enabled"], true);
    register(json!([crash])).await.done();
    register(json!([crash])).await.done();
    assert_eq!(farm.object("vcs_handler", "svn").await["enabled"], false);
    let shown = show(&farm, "01234567").await;
    assert_eq!(shown[0]["evidence"].as_array().unwrap().len(), 1, "said twice, it happened once");
    assert_eq!(shown[0]["evidence"][0]["actor"], "regulator");
    let wrong = json!([{"plugin": "svn", "digest": "x"}]);
    register(wrong).await.refused(400, "InvalidValue");

    let body = json!({ "plugin": "svn" });
    farm.admin().ok(Method::POST, "/util/clear_plugin.json", body).await;
    assert_eq!(farm.object("vcs_handler", "svn").await["enabled"], true);
}

#[tokio::test]
async fn crashes_of_the_regulators_calls_count_until_one_comes_off() {
    let farm = Farm::new().await;
    let digest = "0123456789abcdef".repeat(4);
    let offer = json!({"kind": "bug_handler", "label": "trac", "plugin": "trac", "digest": digest});
    farm.regulator()
        .ok(Method::POST, "/util/register_handlers.json", json!({"handlers": [offer]}))
        .await;
    let crashed = json!({"crashed": {"plugin": "trac", "version": "1", "digest": digest,
        "path": "/p/trac.so", "handler": "trac", "how": "panicked", "log": "oh\n"}});
    let worked = json!({ "worked": digest });
    let enabled = async || farm.object("bug_handler", "trac").await["enabled"].take();
    let report = async |calls: Value| {
        let body = json!({ "calls": calls });
        farm.regulator().send(Method::POST, "/util/report_calls.json", body).await
    };
    report(json!([crashed, crashed, worked, crashed])).await.done();
    report(json!([crashed])).await.done();
    assert_eq!(enabled().await, true, "two in a row");
    report(json!([crashed])).await.done();
    assert_eq!(enabled().await, false);
    let shown = show(&farm, "trac").await;
    assert_eq!(shown[0]["evidence"].as_array().unwrap().len(), 5);
    assert_eq!(shown[0]["evidence"][0]["handler"], "trac");
    assert_eq!(shown[0]["evidence"][0]["log"], "oh\n");
    report(json!([{ "worked": "x" }])).await.refused(400, "InvalidValue");
    let body = json!({ "calls": [] });
    let path = "/util/report_calls.json";
    farm.worker(1).await.0.send(Method::POST, path, body).await.refused(403, "Forbidden");
}

#[tokio::test]
async fn hooks_are_shown_as_long_as_their_plugin_is_there_or_quarantined() {
    let farm = Farm::new().await;
    let digest = "0123456789abcdef".repeat(4);
    let hook = |label: &str| {
        json!({"label": label, "plugin": "watch", "version": "2", "digest": digest,
            "schemas": {"local": {"type": "object"}}})
    };
    let send = async |hooks: Value, crashed: Value| {
        let body = json!({"hooks": hooks, "crashed": crashed});
        farm.regulator().send(Method::POST, "/util/register_handlers.json", body).await
    };
    let none = json!([]);
    send(json!([hook("a"), hook("b")]), none.clone()).await.done();
    send(json!([hook("b")]), none.clone()).await.done();
    let shown = show(&farm, "watch").await;
    assert_eq!((&shown[0]["version"], &shown[0]["digest"]), (&json!("2"), &json!(digest)));
    let expected = json!([{"kind": "hook", "label": "b", "enabled": true,
        "schemas": {"local": {"type": "object"}}}]);
    assert_eq!(shown[0]["handlers"], expected);
    send(json!([{"label": "b", "plugin": "x\u{0}"}]), none.clone())
        .await
        .refused(400, "InvalidValue");

    // Nobody loads it any more, and people still see what it is.
    let crash = json!([{"plugin": "watch", "version": "2", "digest": digest, "path": "/p/watch.so",
        "how": "cannot be loaded: its process was ended by signal 6 (SIGABRT)"}]);
    send(none.clone(), crash).await.done();
    assert_eq!(show(&farm, "watch").await[0]["handlers"][0]["enabled"], false);
    let body = json!({ "plugin": "watch" });
    farm.admin().ok(Method::POST, "/util/clear_plugin.json", body).await;
    send(none.clone(), none).await.done();
    let path = "/util/show_plugin.json?plugin=watch";
    let said = farm.admin().send(Method::GET, path, Value::Null).await;
    let said = said.refused(404, "NotFound");
    assert!(said.contains("the hub knows no plugin \"watch\""), "{said}");
}

#[tokio::test]
async fn a_worker_that_cannot_load_a_plugin_counts_once() {
    let farm = Farm::new().await;
    let digest = "0123456789abcdef".repeat(4);
    let other = "fedcba9876543210".repeat(4);
    let offer = json!({"kind": "vcs_handler", "label": "svn", "plugin": "svn", "digest": digest});
    farm.regulator()
        .ok(Method::POST, "/util/register_handlers.json", json!({"handlers": [offer]}))
        .await;
    let worker = farm.worker(1).await;
    let register = async |digest: &str| {
        let crash = json!({"plugin": "svn", "version": "1", "digest": digest, "path": "/p/svn.so",
            "handler": "any", "how": "its process was ended by signal 6 (SIGABRT)", "log": "oh\n"});
        let body = json!({"cpus": 1, "archs": ["x86_64"], "crashed": [crash]});
        worker.0.send(Method::POST, "/system/register.json", body).await
    };
    for _ in 0..4 {
        register(&digest).await.done();
    }
    // Of what is none of the farm's nobody wants to hear.
    register(&other).await.done();
    register("x").await.refused(400, "InvalidValue");
    let shown = show(&farm, "svn").await;
    assert_eq!(shown.as_array().unwrap().len(), 1, "{shown}");
    let evidence = shown[0]["evidence"].as_array().unwrap();
    assert_eq!(evidence.len(), 1, "{shown}");
    assert_eq!((&evidence[0]["handler"], &evidence[0]["log"]), (&json!(""), &json!("oh\n")));
    assert_eq!(farm.object("vcs_handler", "svn").await["enabled"], true);
}

#[tokio::test]
async fn one_word_is_a_configuration_where_a_handler_takes_one() {
    let farm = Farm::new().await;
    let table = json!({"type": "object", "additionalProperties": false,
        "properties": {"suite": {"type": "string"}}});
    let schema = json!({"anyOf": [table, {"type": "string"}]});
    let offer = json!({"kind": "build_handler", "label": "generic", "plugin": "p", "version": "1",
        "digest": "00", "schemas": {"handler": schema}});
    let body = json!({"handlers": [offer]});
    farm.regulator().ok(Method::POST, "/util/register_handlers.json", body).await;
    let set = async |config: &str| {
        let path = "/build_handler/generic/put.json";
        farm.admin().send(Method::PUT, path, json!({ "config": config })).await
    };
    set("bookworm\n").await.done();
    set("suite = 'bookworm'").await.done();
    let answer = set("suit = 'bookworm'").await;
    let said = answer.refused(400, "InvalidValue");
    assert!(said.contains("suit is not known; known here: suite"), "{said}");
    set("two words").await.refused(400, "InvalidValue");
}

#[tokio::test]
async fn a_configuration_is_what_the_plugin_has_declared() {
    let farm = Farm::new().await;
    let schema = json!({"type": "object", "additionalProperties": false,
        "properties": {"jobs": {"type": "integer", "maximum": 8}}});
    let offer = json!({"kind": "build_handler", "label": "generic", "plugin": "p", "version": "1",
        "digest": "00", "schemas": {"handler": schema, "target": schema}});
    let body = json!({"handlers": [offer]});
    farm.regulator().ok(Method::POST, "/util/register_handlers.json", body).await;
    let shown = farm.object("build_handler", "generic").await;
    assert_eq!(shown["schemas"]["handler"], schema);
    assert_eq!(show(&farm, "p").await[0]["handlers"][0]["schemas"]["target"], schema);

    let set = async |path: &str, fields: Value| farm.admin().send(Method::PUT, path, fields).await;
    let handler = "/build_handler/generic/put.json";
    set(handler, json!({"config": "jobs = 4"})).await.done();
    for (config, told) in [
        ("jobs = 9", "config does not fit the build handler generic: jobs takes at most 8"),
        ("job = 4", "job is not known; known here: jobs"),
        ("jobs = 4\njobs =", "line 2: "),
    ] {
        let answer = set(handler, json!({ "config": config })).await;
        let said = answer.refused(400, "InvalidValue");
        assert!(said.contains(told), "{said}");
    }
    assert_eq!(farm.object("build_handler", "generic").await["config"], "jobs = 4");
    set(handler, json!({"config": ""})).await.done();

    // A target's is read by the handlers that the target names.
    let target = "/target/el6-x86_64/put.json";
    set(target, json!({"config": "anything"})).await.done();
    let answer = set(target, json!({"build_handlers": "generic"})).await;
    answer.refused(400, "InvalidValue");
    set(target, json!({"build_handlers": "generic", "config": "jobs = 2"})).await.done();
}
