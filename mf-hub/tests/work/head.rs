//! Builds on commit: each new head is built once, whatever comes in between.

use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Answer, Farm};

/// Branch `two` of the world watches a repository.
async fn watching() -> Farm {
    let farm = Farm::new().await;
    let git = json!({"kind": "vcs_handler", "label": "git", "plugin": "p", "digest": "00"});
    let generic =
        json!({"kind": "build_handler", "label": "generic", "plugin": "p", "digest": "00"});
    let handlers = json!({ "handlers": [git, generic] });
    farm.regulator().ok(Method::POST, "/util/register_handlers.json", handlers).await;
    change(
        &farm,
        json!({
            "url": "https://git.example.org/two.git", "vcs_handler_label": "git",
            "build_on_commit": true,
        }),
    )
    .await;
    farm
}

async fn change(farm: &Farm, fields: Value) {
    let path = "/package-branch/two/put.json?project_label=demo";
    farm.admin().ok(Method::PUT, path, fields).await;
}

async fn due(farm: &Farm) -> Vec<Value> {
    let answer = farm.regulator().ok(Method::GET, "/util/heads.json", Value::Null).await;
    answer.json["data"]["heads"].as_array().unwrap().clone()
}

async fn report(farm: &Farm, mut seen: Value) -> Answer {
    seen["source"] = due(farm).await.pop().unwrap_or_else(|| source(""));
    farm.regulator().send(Method::POST, "/util/report_head.json", seen).await
}

fn source(branch: &str) -> Value {
    json!({
        "handler": { "label": "git" }, "url": "https://git.example.org/two.git",
        "vcs_branch": branch,
    })
}

/// The head is seen there; labels of builds that are of it.
async fn seen(farm: &Farm, revision: &str) -> Value {
    report(farm, json!({ "revision": revision })).await.done()["data"]["submitted"].take()
}

async fn branch(farm: &Farm, field: &str) -> String {
    farm.object("package_branch", "two").await[field].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_new_head_is_built_once_also_over_restarts() {
    let mut farm = watching().await;
    assert_eq!(branch(&farm, "head_state").await, "not looked at yet");
    assert_eq!(due(&farm).await.len(), 1);
    assert_eq!(seen(&farm, "r1").await, json!([]), "it has not moved");
    assert_eq!(branch(&farm, "head").await, "r1");
    assert_eq!(seen(&farm, "r1").await, json!([]));
    assert_eq!(seen(&farm, "r2").await, json!(["two-build1"]));
    farm.kill();
    farm.start_again();
    assert_eq!(seen(&farm, "r2").await, json!([]), "it is known");
    let build = farm.object("build", "two-build1").await;
    let of = |field: &str| build[field].as_str().unwrap().to_owned();
    assert_eq!(
        (of("user_label"), of("build_type_label"), of("revision")),
        ("admin".into(), "commit".into(), "r2".into())
    );
    // Its tasks are told what to build.
    let worker = farm.worker(1).await;
    let body = json!({
        "cpus": 1, "archs": ["x86_64"], "held": [], "handlers": [
            {"kind": "build_handler", "label": "generic", "digest": "00"},
            {"kind": "vcs_handler", "label": "git", "digest": "00"}],
    });
    worker.0.ok(Method::POST, "/system/register.json", body).await;
    let claim = worker.take("a").await;
    assert_eq!(claim.job.revision, "r2");
    // Watched anew, it begins anew.
    change(&farm, json!({ "vcs_branch": "other" })).await;
    let other = json!({ "source": source("other"), "revision": "r9" });
    let told = farm.regulator().ok(Method::POST, "/util/report_head.json", other).await;
    assert_eq!(told.json["data"]["submitted"], json!([]));
    change(&farm, json!({ "build_on_commit": false })).await;
    assert!(due(&farm).await.is_empty());
    assert_eq!(
        (branch(&farm, "head").await, branch(&farm, "head_state").await),
        (String::new(), String::new())
    );
}

#[tokio::test]
async fn a_build_names_the_bugs_that_were_fixed_since_the_head_before() {
    let farm = watching().await;
    seen(&farm, "r1").await;
    assert_eq!(due(&farm).await[0]["since"], json!([]), "there is no tracker");
    let handlers = [("vcs_handler", "git"), ("build_handler", "generic"), ("bug_handler", "bugs")]
        .map(|(kind, label)| json!({"kind": kind, "label": label, "plugin": "p", "digest": "00"}));
    let body = json!({ "handlers": handlers });
    farm.regulator().ok(Method::POST, "/util/register_handlers.json", body).await;
    let project = json!({ "bug_handler_label": "bugs" });
    farm.admin().ok(Method::PUT, "/project/demo/put.json", project).await;
    assert_eq!(due(&farm).await[0]["since"], json!(["r1"]));
    let fixes = json!({ "r1": ["17", "../x"], "r0": ["9"] });
    report(&farm, json!({ "revision": "r2", "fixes": fixes })).await.done();
    assert_eq!(farm.object("build", "two-build1").await["bugs"], "17");
    // What comes while it waits is in it too.
    let fixes = json!({ "r2": ["17", "18"] });
    report(&farm, json!({ "revision": "r3", "fixes": fixes })).await.done();
    let build = farm.object("build", "two-build1").await;
    assert_eq!((&build["revision"], &build["bugs"]), (&json!("r3"), &json!("17,18")));
    let errands = build["errands"].as_array().unwrap();
    let about: Vec<&Value> = errands.iter().map(|errand| &errand["about"]).collect();
    assert_eq!(about, ["show bug 18", "show bug 17"], "the newest first");
}

#[tokio::test]
async fn a_head_that_moves_all_the_time_floods_nobody() {
    let farm = watching().await;
    seen(&farm, "r0").await;
    for n in 1..20 {
        assert_eq!(seen(&farm, &format!("r{n}")).await, json!(["two-build1"]));
    }
    assert_eq!(farm.object("build", "two-build1").await["revision"], "r19");
    let worker = farm.worker(1).await;
    let body = json!({
        "cpus": 1, "archs": ["x86_64"], "held": [], "handlers": [
            {"kind": "build_handler", "label": "generic", "digest": "00"},
            {"kind": "vcs_handler", "label": "git", "digest": "00"}],
    });
    worker.0.ok(Method::POST, "/system/register.json", body).await;
    // One that was begun stays what it is; one more waits for the newest.
    let claim = worker.take("a").await;
    assert_eq!(seen(&farm, "r20").await, json!(["two-build2"]));
    assert_eq!(seen(&farm, "r21").await, json!(["two-build2"]));
    worker.complete(&claim, Outcome::Success, "").await.done();
    let claim = worker.take("b").await;
    assert_eq!(claim.job.revision, "r21");
}

#[tokio::test]
async fn what_cannot_be_looked_at_or_built_is_said() {
    let farm = watching().await;
    seen(&farm, "r1").await;
    report(&farm, json!({ "problem": "no such\nrepository" })).await.done();
    assert_eq!(branch(&farm, "head_state").await, "no such repository");
    assert_eq!(branch(&farm, "head").await, "r1");
    assert!(due(&farm).await.is_empty(), "it is looked at again later");
    let status = farm.admin().ok(Method::GET, "/util/status.json", Value::Null).await;
    let trouble = &status.json["data"]["status"]["troubles"][0];
    assert_eq!(
        (&trouble["about"], &trouble["message"], &trouble["id"]),
        (&json!("look at the head of two"), &json!("no such repository"), &Value::Null)
    );
    // Unless somebody says that there is something new.
    let hook = json!({ "repository": { "ssh_url": "git@git.example.org:two.git", "id": 3 } });
    let told = farm.admin().ok(Method::POST, "/util/notify.json", hook.clone()).await;
    assert_eq!(told.json["data"]["looked_at"], json!(["two"]));
    let before = farm.written();
    farm.admin().ok(Method::POST, "/util/notify.json", hook).await;
    assert!(farm.written() == before, "it is asked for already");
    assert_eq!(due(&farm).await.len(), 1);
    let url = "/util/notify.json?url=https://git.example.org/other";
    let told = farm.admin().ok(Method::POST, url, Value::Null).await;
    assert_eq!(told.json["data"]["looked_at"], json!([]));
    farm.admin()
        .send(Method::POST, "/util/notify.json", json!({}))
        .await
        .refused(400, "MissingField");
    let nobody =
        farm.http.post(format!("{}/util/notify.json", farm.url)).json(&json!({"url": "x"}));
    assert_eq!(nobody.send().await.unwrap().status().as_u16(), 401);
    // A build that would have no task.
    farm.admin().ok(Method::PUT, "/release/el6/put.json", json!({ "eol": true })).await;
    assert_eq!(seen(&farm, "r2").await, json!([]));
    let state = branch(&farm, "head_state").await;
    assert!(
        state.starts_with("r2 is not built: build \"two-build1\" would have no task"),
        "{state}"
    );
    assert!(due(&farm).await.is_empty(), "it is tried again later");
    farm.admin().ok(Method::PUT, "/release/el6/put.json", json!({ "eol": false })).await;
    assert_eq!(seen(&farm, "r2").await, json!(["two-build1"]));
    assert!(branch(&farm, "head_state").await.starts_with("there since "));
    for bad in [json!({}), json!({"revision": "a b"}), json!({"revision": "x", "problem": "y"})] {
        report(&farm, bad).await.refused(400, "InvalidValue");
    }
}
