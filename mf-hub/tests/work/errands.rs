//! Errands: written down with what causes them, claimed under a lease, done
//! once in effect.

use std::time::{Duration, Instant};

use mf_core::time::now;
use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::farm::{Answer, Farm};

/// A farm whose project has the bug handler `bugs`.
async fn tracked(lease: u64) -> Farm {
    let farm = Farm::with_lease(lease).await;
    let generic = json!({"kind": "build_handler", "label": "generic", "plugin": "p"});
    let bugs = json!({"kind": "bug_handler", "label": "bugs", "plugin": "b", "digest": "00"});
    let body = json!({ "handlers": [generic, bugs] });
    farm.regulator().ok(Method::POST, "/util/register_handlers.json", body).await;
    let project = json!({ "bug_handler_label": "bugs" });
    farm.admin().ok(Method::PUT, "/project/demo/put.json", project).await;
    let template = json!({ "bug_url_template": "https://bugs.test/{bug}" });
    farm.admin().ok(Method::PUT, "/bug_handler/bugs/put.json", template).await;
    farm
}

async fn claim(farm: &Farm, nonce: &str) -> Option<Value> {
    let body = json!({ "kinds": ["bug"], "nonce": nonce });
    let answer = farm.regulator().ok(Method::POST, "/util/claim_errand.json", body).await;
    Some(answer.json["data"]["errand"].clone()).filter(|errand| !errand.is_null())
}

async fn report(farm: &Farm, claim: &Value, ended: Value) -> Answer {
    let body = json!({
        "errand": claim["errand"], "attempt": claim["attempt"], "token": claim["token"],
        "ended": ended,
    });
    farm.regulator().send(Method::POST, "/util/end_errand.json", body).await
}

fn shown(title: &str, open: bool) -> Value {
    let found = json!({ "kind": "bug", "title": title, "status": "NEW", "open": open });
    json!({ "how": "done", "found": found })
}

async fn troubles(farm: &Farm) -> Value {
    let path = "/util/status.json";
    farm.admin().ok(Method::GET, path, Value::Null).await.json["data"]["status"]["troubles"].take()
}

#[tokio::test]
async fn a_build_names_bugs_and_they_become_known() {
    let farm = tracked(60).await;
    let fields = json!({ "label": "b1", "bugs": "17, #18,17" });
    let build = farm.build_with("two", fields).await;
    assert_eq!(build["bug_urls"], json!(["https://bugs.test/17", "https://bugs.test/18"]));
    let states = |build: &Value| -> Vec<Value> {
        let details = build["bug_details"].as_array().unwrap();
        details.iter().map(|bug| json!([bug["bug"], bug["state"], bug["title"]])).collect()
    };
    assert_eq!(states(&build), [json!(["17", "unchecked", ""]), json!(["18", "unchecked", ""])]);
    let first = claim(&farm, "n1").await.unwrap();
    let work = &first["work"];
    assert_eq!((&work["kind"], &work["action"]), (&json!("bug"), &json!("show")));
    assert_eq!(work["handler"]["label"], "bugs");
    assert_eq!(claim(&farm, "n1").await.unwrap(), first, "the same claim, the same errand");
    let second = claim(&farm, "n2").await.unwrap();
    assert_ne!(second["errand"], first["errand"], "two hooks never have the same");
    assert_eq!(claim(&farm, "n3").await, None);
    report(&farm, &first, shown("it burns", true)).await.done();
    report(&farm, &first, shown("it burns", true)).await.done();
    report(&farm, &second, json!({ "how": "refused", "why": "there is no bug 18" })).await.done();
    let build = farm.object("build", "b1").await;
    let expected = [json!(["17", "open", "it burns"]), json!(["18", "unknown", ""])];
    assert_eq!(states(&build), expected);
    assert_eq!(build["bug_details"][1]["message"], "cannot show it: there is no bug 18");
    let troubles = troubles(&farm).await;
    assert_eq!(troubles[0]["message"], "there is no bug 18");
    assert_eq!(
        (&troubles[0]["state"], &troubles[0]["build_label"]),
        (&json!("refused"), &json!("b1"))
    );
    let states: Vec<&Value> =
        build["errands"].as_array().unwrap().iter().map(|errand| &errand["state"]).collect();
    assert_eq!(states, ["refused", "done"], "the newest first");
}

#[tokio::test]
async fn what_did_not_come_off_waits_and_so_does_all_for_that_server() {
    let farm = tracked(60).await;
    farm.build_with("two", json!({ "bugs": "1,2" })).await;
    let first = claim(&farm, "n1").await.unwrap();
    let hour = json!({ "how": "later", "why": "enough for now", "seconds": 3600, "all": true });
    report(&farm, &first, hour.clone()).await.done();
    report(&farm, &first, hour).await.done();
    assert_eq!(claim(&farm, "n2").await, None, "the other one waits too");
    let troubles = troubles(&farm).await;
    assert_eq!(troubles.as_array().unwrap().len(), 1);
    assert_eq!(
        (&troubles[0]["message"], &troubles[0]["attempts"]),
        (&json!("enough for now"), &json!(1))
    );
    let late = report(&farm, &first, json!({ "how": "done" })).await;
    late.refused(409, "StaleAttempt");
    let retry = json!({ "errand": first["errand"] });
    farm.admin().ok(Method::POST, "/util/retry_errand.json", retry).await;
    assert!(claim(&farm, "n3").await.is_some() && claim(&farm, "n4").await.is_some());
    let none = json!({ "errand": 4711 });
    let none = farm.admin().send(Method::POST, "/util/retry_errand.json", none).await;
    assert_eq!(none.refused(404, "NotFound"), "there is no errand 4711");
}

#[tokio::test]
async fn a_hook_that_is_silent_for_a_lease_loses_its_errand() {
    let mut farm = tracked(1).await;
    farm.build_with("two", json!({ "bugs": "1" })).await;
    let first = claim(&farm, "n1").await.unwrap();
    farm.kill();
    farm.start_again();
    assert_eq!(claim(&farm, "n1").await.unwrap()["token"], first["token"], "also after a restart");
    let second = until_claimed(&farm, "n2").await;
    assert_eq!(second["errand"], first["errand"]);
    assert_eq!(second["marker"], first["marker"], "by which a doubled comment is seen");
    assert_ne!(second["token"], first["token"]);
    let renewed =
        farm.regulator().send(Method::POST, "/util/renew_errand.json", first.clone()).await;
    renewed.refused(409, "StaleAttempt");
    report(&farm, &first, json!({ "how": "done" })).await.refused(409, "StaleAttempt");
    farm.regulator().ok(Method::POST, "/util/renew_errand.json", second.clone()).await;
    report(&farm, &second, shown("t", false)).await.done();
    let key = farm.admin().send(Method::POST, "/util/claim_errand.json", json!({})).await;
    key.refused(403, "Forbidden");
}

/// A hook's connection with a renewal under way, until it is dropped.
async fn line(farm: &Farm, claim: &Value) -> TcpStream {
    let mut body = claim.clone();
    body["wait"] = 30.into();
    let body = body.to_string();
    let (key, length) = (farm.regulator().key, body.len());
    let mut stream = TcpStream::connect(farm.url.trim_start_matches("http://")).await.unwrap();
    let request = format!(
        "POST /util/renew_errand.json HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    // What the hub does not answer yet cannot be waited for: other requests
    // are the time that it has to begin with this one.
    for _ in 0..20 {
        assert_eq!(self::claim(farm, "nothing is due").await, None);
    }
    stream
}

/// The hook of a claim dies; gives what another hook claims then.
async fn die(farm: &Farm, claim: &Value, nonce: &str) -> Option<Value> {
    loop {
        drop(line(farm, claim).await);
        let patience = Instant::now() + Duration::from_secs(5);
        while Instant::now() < patience {
            if let Some(next) = self::claim(farm, nonce).await {
                return Some(next);
            }
            let troubles = troubles(farm).await;
            if troubles[0]["state"] == "waiting" && troubles[0]["next_try"].as_str() > Some(&now())
            {
                return None;
            }
        }
    }
}

/// Asks for an errand until there is one: the request is the pause between two
/// looks.
async fn until_claimed(farm: &Farm, nonce: &str) -> Value {
    loop {
        if let Some(claim) = claim(farm, nonce).await {
            return claim;
        }
    }
}

#[tokio::test]
async fn a_hook_that_dies_loses_its_errand_long_before_its_lease_ends() {
    let farm = tracked(3_600).await;
    farm.build_with("two", json!({ "bugs": "1,2" })).await;
    let stays = claim(&farm, "n1").await.unwrap();
    let dies = claim(&farm, "n2").await.unwrap();
    // A hook that has come back by another connection has not died.
    let old = line(&farm, &stays).await;
    let _new = line(&farm, &stays).await;
    drop(old);
    let second = die(&farm, &dies, "n3").await.unwrap();
    assert_eq!((&second["errand"], &second["attempt"]), (&dies["errand"], &json!(2)));
    report(&farm, &dies, json!({ "how": "done" })).await.refused(409, "StaleAttempt");
    report(&farm, &stays, shown("t", true)).await.done();
}

#[tokio::test]
async fn an_errand_that_kills_its_hooks_is_not_tried_again_at_once_for_ever() {
    let farm = tracked(3_600).await;
    farm.build_with("two", json!({ "bugs": "1" })).await;
    let first = claim(&farm, "n1").await.unwrap();
    let second = die(&farm, &first, "n2").await.unwrap();
    assert_eq!(die(&farm, &second, "n3").await, None);
    let waits = troubles(&farm).await[0].take();
    assert_eq!(waits["message"], "its hook ended without a report");
    assert_eq!(waits["attempts"], 2);
}

#[tokio::test]
async fn a_tag_closes_bugs_once_and_people_may_ask_for_more() {
    let farm = tracked(60).await;
    let tag = json!({ "project_label": "demo", "label": "done", "close_on_tag": true });
    farm.admin().ok(Method::POST, "/tag/post.json", tag).await;
    let worker = farm.worker(1).await;
    farm.build_with("two", json!({ "label": "b1", "bugs": "17", "pre_tag_label": "done" })).await;
    let shows = claim(&farm, "n1").await.unwrap();
    report(&farm, &shows, shown("t", true)).await.done();
    assert_eq!(claim(&farm, "n2").await, None, "it is not built yet");
    let task = worker.take("b1").await;
    worker.complete(&task, Outcome::Success, "").await.done();
    let closes = claim(&farm, "n3").await.unwrap();
    let work = &closes["work"];
    assert_eq!((&work["action"], &work["tag"]), (&json!("close"), &json!("done")));
    assert_eq!((&work["build"], &work["project"]), (&json!("b1"), &json!("demo")));
    // What comes while it is being done is done once more.
    let call = async |name: &str, body: Value| {
        let path = format!("/build/b1/{name}.json?project_label=demo");
        farm.admin().send(Method::POST, &path, body).await
    };
    call("untag", json!({ "tag_label": "done" })).await.done();
    call("tag", json!({ "tag_label": "done" })).await.done();
    report(&farm, &closes, shown("t", false)).await.done();
    let again = claim(&farm, "n4").await.unwrap();
    assert_eq!(again["errand"], closes["errand"]);
    report(&farm, &again, shown("t", false)).await.done();
    assert_eq!(claim(&farm, "n5").await, None);
    assert_eq!(farm.object("build", "b1").await["bug_details"][0]["state"], "closed");
    assert_eq!(farm.object("tag", "done").await["errands"][0]["state"], "done");

    call("reopen_bugs", json!({ "bug": "#17", "comment": "it still burns" })).await.done();
    let reopens = claim(&farm, "n6").await.unwrap();
    assert_eq!(reopens["work"]["comment"], "it still burns");
    let none = call("close_bugs", json!({ "bug": "18" })).await;
    assert!(none.refused(400, "Refused").contains("no bug \"18\""));
    let bad = json!({
        "project_label": "demo", "package_branch_label": "two", "bugs": "1,../2",
    });
    let bad = farm.admin().send(Method::POST, "/build/post.json", bad).await;
    assert!(bad.refused(400, "InvalidValue").starts_with("\"../2\" is no bug"));
}
