//! What submitting a build would come to, and what it then comes to.

use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Answer, Farm};

async fn asked(farm: &Farm, branch: &str, more: &str) -> Answer {
    let path = format!("/build/plan.json?project_label=demo&package_branch_label={branch}{more}");
    farm.admin().send(Method::GET, &path, Value::Null).await
}

async fn plan(farm: &Farm, branch: &str) -> Value {
    asked(farm, branch, "").await.done()["data"]["plan"].take()
}

fn texts<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|one| one[name].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_plan_is_what_then_happens() {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    let before = plan(&farm, "one").await;
    assert_eq!(plan(&farm, "one").await, before, "nothing was submitted");
    assert_eq!(before["label"], "one-build1");
    assert_eq!(texts(&before["tasks"], "target_label"), ["el5-x86_64", "el6-x86_64"]);
    assert_eq!(texts(&before["tasks"], "verdict"), ["next", "behind"], "the second waits for it");
    let build = farm.build("one").await;
    assert_eq!(build["label"], before["label"]);
    let claim = worker.take("a").await;
    assert_eq!(claim.job.task, before["tasks"][0]["label"]);
    assert_eq!(worker.claim("b", 0).await, None);

    let busy = plan(&farm, "two").await;
    let task = &busy["tasks"][0];
    assert_eq!(task["verdict"], "busy");
    assert!(task["details"]["begins_in_seconds"].is_null(), "nothing was ever built");
    worker.complete(&claim, Outcome::Success, "").await.done();
    // As if it had taken ten minutes.
    let database = farm.database();
    let slower = "UPDATE task SET start_date = datetime(end_date, '-600 seconds') \
                  WHERE status = 'BuildSuccess'";
    assert_eq!(database.execute(slower, []).unwrap(), 1);
    worker.take("b").await;
    let busy = plan(&farm, "two").await;
    let begins = busy["tasks"][0]["details"]["begins_in_seconds"].as_i64().unwrap();
    assert!((1..=600).contains(&begins), "when the other has ended: {begins}");
    let told = busy["tasks"][0]["sentence"].as_str().unwrap();
    assert!(told.contains("; it begins in about "), "{told}");
    // What has run for hours says nothing of when it ends.
    let late = "UPDATE task SET start_date = datetime('now', '-9 hours') WHERE status = 'Building'";
    assert_eq!(database.execute(late, []).unwrap(), 1);
    let late = plan(&farm, "two").await;
    assert!(late["tasks"][0]["details"]["begins_in_seconds"].is_null(), "{late}");
}

#[tokio::test]
async fn what_is_refused_is_said_with_the_reason() {
    let farm = Farm::new().await;
    let plan_of_one = plan(&farm, "one").await;
    assert_eq!(texts(&plan_of_one["tasks"], "verdict"), ["impossible", "impossible"]);
    let told = plan_of_one["tasks"][0]["sentence"].as_str().unwrap();
    assert!(told.contains("start its worker"), "{told}");
    let eol = json!({ "eol": true });
    farm.admin().ok(Method::PUT, "/release/el5/put.json", eol.clone()).await;
    let part = plan(&farm, "one").await;
    assert_eq!(texts(&part["tasks"], "target_label"), ["el6-x86_64"]);
    assert_eq!(texts(&part["refused"], "target_label"), ["el5-x86_64"]);
    assert_eq!(texts(&part["refused"], "reason"), ["release el5 is at its end of life"]);

    // What would be refused whole is refused alike.
    farm.admin().ok(Method::PUT, "/release/el6/put.json", eol).await;
    let body = json!({ "project_label": "demo", "package_branch_label": "two" });
    let post = farm.admin().send(Method::POST, "/build/post.json", body).await;
    let planned = asked(&farm, "two", "").await;
    assert_eq!((planned.status, &planned.json), (post.status, &post.json));
    asked(&farm, "none", "").await.refused(400, "UnknownReference");
    asked(&farm, "two", "&colour=red").await.refused(400, "UnknownField");
    let tag = asked(&farm, "one", "&pre_tag_label=none").await;
    tag.refused(400, "UnknownReference");
    let url = format!("{}/build/plan?project_label=demo&package_branch_label=one", farm.url);
    let nobody = farm.http.get(url).send().await.unwrap();
    assert_eq!(nobody.status(), 401, "as for submitting");
}
