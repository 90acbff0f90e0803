//! What people do with builds and tags, and who may.

use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Farm, Reply};

async fn call(farm: &Farm, key: &str, path: &str, body: Value) -> Reply {
    let request = farm.request(Method::POST, &format!("{path}?project_label=p"));
    farm.send(Some(key), request.json(&body)).await
}

async fn build(farm: &Farm, key: &str, label: &str) {
    let fields = json!({ "project_label": "p", "package_branch_label": "b", "label": label });
    farm.post_as(key, "build", fields).await.ok();
}

#[tokio::test]
async fn the_karma_of_each_counts_once() {
    let farm = Farm::start().await;
    farm.world().await;
    let (ann, bob) = (farm.user("ann").await, farm.user("bob").await);
    build(&farm, &ann, "b1").await;
    let path = "/build/b1/comment";
    let say = async |key: &str, comment: &str, karma: i64| {
        let body = json!({ "comment": comment, "karma": karma });
        call(&farm, key, path, body).await.ok()["build"]["karma"].as_i64().unwrap()
    };
    assert_eq!(say(&ann, "it works", 1).await, 1);
    assert_eq!(say(&bob, "not for me", -1).await, 0);
    assert_eq!(say(&bob, "I was wrong", 1).await, 2);
    assert_eq!(say(&bob, "that was all", 0).await, 2, "a word is not a vote");
    let made = farm.get("/build/b1/get_one.json?project_label=p").await.ok()["build"].take();
    let comments = made["comments"].as_array().unwrap();
    assert_eq!(comments.len(), 4);
    assert_eq!((&comments[1]["user_label"], &comments[1]["karma"]), (&json!("bob"), &json!(-1)));
    for wrong in [json!({"comment": "x", "karma": 2}), json!({"comment": "  "})] {
        call(&farm, &ann, path, wrong).await.refused(400, "InvalidValue");
    }
    call(&farm, &ann, path, json!({ "karma": 1 })).await.refused(400, "MissingField");
    let nobody = farm.request(Method::POST, "/build/b1/comment?project_label=p&comment=x");
    farm.send(None, nobody).await.refused(401, "Unauthorized");
    let user = farm.delete("/user/bob/delete.json?confirm_delete=True").await;
    let told = user.refused(409, "StillReferred");
    assert!(told.contains("3 comments (b1)"), "{told}");
    farm.stop().await;
}

#[tokio::test]
async fn who_may_tag() {
    let farm = Farm::start().await;
    farm.world().await;
    let (ann, bob, cat) = (farm.user("ann").await, farm.user("bob").await, farm.user("cat").await);
    farm.put("/group/crew/put.json", json!({ "users": "cat" })).await.ok();
    build(&farm, &ann, "b1").await;
    let testing = json!({ "tag_label": "testing" });
    // That it is not built yet is told to those who may tag it.
    for (key, path, status, code) in [
        (&ann, "/build/b1/tag", 409, "IllegalMove"),
        (&ann, "/build/b1/untag", 409, "IllegalMove"),
        (&bob, "/build/b1/tag", 403, "Forbidden"),
        (&bob, "/build/b1/untag", 403, "Forbidden"),
        (&cat, "/build/b1/tag", 409, "IllegalMove"),
    ] {
        call(&farm, key, path, testing.clone()).await.refused(status, code);
    }
    let admins = json!({ "requires_admin": true });
    farm.put("/tag/testing/put.json?project_label=p", admins).await.ok();
    call(&farm, &ann, "/build/b1/tag", testing.clone()).await.refused(403, "Forbidden");
    call(&farm, &ann, "/build/b1/untag", testing.clone()).await.refused(403, "Forbidden");
    call(&farm, &cat, "/build/b1/tag", testing).await.refused(409, "IllegalMove");
    for function in ["lock", "unlock", "move_builds"] {
        let path = format!("/tag/testing/{function}");
        call(&farm, &ann, &path, json!({})).await.refused(403, "Forbidden");
    }
    call(&farm, &cat, "/tag/testing/lock", json!({})).await.ok();
    call(&farm, &cat, "/tag/testing/unlock", json!({})).await.ok();
    farm.stop().await;
}

#[tokio::test]
async fn a_drained_system_is_not_enabled_until_it_resumes() {
    let farm = Farm::start().await;
    let ann = farm.user("ann").await;
    farm.post("system", json!({ "label": "host" })).await.ok();
    for (function, enabled) in [("drain", false), ("resume", true), ("resume", true)] {
        let path = format!("/system/host/{function}");
        call(&farm, &ann, &path, json!({})).await.refused(403, "Forbidden");
        let system = call(&farm, &farm.admin, &path, json!({})).await.ok();
        assert_eq!(system["system"]["enabled"], json!(enabled));
    }
    farm.stop().await;
}

#[tokio::test]
async fn a_system_drains_itself_and_takes_back_only_what_it_has_said() {
    let farm = Farm::start().await;
    for label in ["host", "other"] {
        farm.post("system", json!({ "label": label })).await.ok();
    }
    let path = "/system/host/create_key";
    let key = call(&farm, &farm.admin, path, json!({})).await.ok()["key"].take();
    let (host, admin) = (key.as_str().unwrap(), farm.admin.as_str());
    let said = async |key: &str, function: &str, reason: &str| {
        let path = format!("/system/host/{function}");
        let body = if reason.is_empty() { json!({}) } else { json!({ "reason": reason }) };
        let system = call(&farm, key, &path, body).await.ok()["system"].take();
        let drained = system["drained"].as_str().unwrap();
        let words = drained.split_once(" since ").map_or(drained, |(by, _)| by);
        let why = drained.split_once("because of: ").map_or("", |(_, why)| why);
        (system["enabled"].as_bool().unwrap(), format!("{words} {why}"))
    };
    let is = |enabled: bool, drained: &str| (enabled, drained.to_owned());
    let full = || is(false, "by host full");
    assert_eq!(said(host, "resume", "").await, is(true, " "));
    assert_eq!(said(host, "drain", "full").await, full());
    farm.put("/system/host/put.json", json!({ "capacity": 3 })).await.ok();
    assert_eq!(said(host, "drain", "full").await, full(), "it stays its own word");
    assert_eq!(said(host, "resume", "").await, is(true, " "));
    for own in ["", "full"] {
        if !own.is_empty() {
            said(host, "drain", own).await;
        }
        let moved = is(false, "by admin moving house");
        assert_eq!(said(admin, "drain", "moving house").await, moved);
        assert_eq!(said(host, "drain", "full").await, moved, "an admin's word counts");
        assert_eq!(said(host, "resume", "").await, moved);
        assert_eq!(said(admin, "resume", "").await, is(true, " "));
    }
    said(host, "drain", "full").await;
    assert_eq!(said(admin, "drain", "").await, is(false, "by admin "));
    assert_eq!(said(admin, "resume", "").await, is(true, " "));
    for function in ["drain", "resume"] {
        let path = format!("/system/other/{function}");
        call(&farm, host, &path, json!({})).await.refused(403, "Forbidden");
    }
    farm.stop().await;
}

#[tokio::test]
async fn who_drained_a_system_and_why_is_kept_until_it_resumes() {
    let farm = Farm::start().await;
    farm.post("system", json!({ "label": "host" })).await.ok();
    let said = async |how: &str, body: Value| {
        let answer = match how {
            "put" => farm.put("/system/host/put.json", body).await,
            function => call(&farm, &farm.admin, &format!("/system/host/{function}"), body).await,
        };
        answer.ok()["system"]["drained"].as_str().unwrap().to_owned()
    };
    let why = |reason: &str| json!({ "reason": reason });
    let first = said("drain", why(" new disks ")).await;
    assert!(first.starts_with("by admin since 2"), "{first}");
    assert!(first.ends_with(" UTC, because of: new disks"), "{first}");
    assert_eq!(said("drain", json!({})).await, first, "nothing new is said");
    assert_eq!(said("put", json!({ "enabled": false })).await, first);
    assert!(said("drain", why("it burns")).await.ends_with("because of: it burns"));
    let status = farm.get("/util/status").await.ok()["status"]["systems"].take();
    let host = status.as_array().unwrap().iter().find(|one| one["label"] == "host").unwrap();
    assert_eq!((&host["enabled"], &host["drained"]["reason"]), (&json!(false), &json!("it burns")));
    assert_eq!(host["drained"]["user_label"], "admin");
    assert_eq!(said("resume", json!({})).await, "");
    // Whoever only says that it is not enabled has said no more.
    let bare = said("put", json!({ "enabled": false })).await;
    assert!(bare.starts_with("by admin since 2") && bare.ends_with(" UTC"), "{bare}");
    assert_eq!(said("put", json!({ "enabled": true })).await, "");
    let history = farm.get("/system/host/history").await.ok()["history"].take();
    let told = history.to_string();
    assert!(told.contains("because of: it burns"), "{told}");
    farm.post("system", json!({ "label": "late", "enabled": false })).await.ok();
    let late = farm.get("/system/late/get_one.json").await.ok()["system"].take();
    assert!(late["drained"].as_str().unwrap().starts_with("by admin"), "{late}");
    farm.stop().await;
}

#[tokio::test]
async fn one_word_is_looked_for_everywhere() {
    let farm = Farm::start().await;
    farm.world().await;
    build(&farm, &farm.admin, "php-5.2").await;
    let package = json!({ "project_label": "p", "label": "php", "summary": "hypertext" });
    farm.post("package", package).await.ok();
    let found = farm.get("/util/search?mf_search_query=php").await.ok()["found"].take();
    let found = found.as_array().unwrap();
    assert_eq!(found[0]["resource"], json!("package"), "a whole label comes first");
    assert_eq!(found[0]["text"], json!("hypertext"));
    let tasks = found.iter().filter(|one| one["resource"] == "task").count();
    assert_eq!((found.len(), tasks), (5, 3));
    assert!(found.iter().all(|one| one["project_label"] == "p"));
    let few = farm.get("/util/search?mf_search_query=php&limit=1").await.ok();
    assert_eq!(few["found"].as_array().unwrap().len(), 3);
    farm.get("/util/search?mf_search_query=%20").await.refused(400, "InvalidValue");
    farm.get("/util/search").await.refused(400, "MissingField");
    farm.put("/project/p/put.json", json!({ "restricted": true })).await.ok();
    let none = farm.get("/util/search?mf_search_query=php").await.ok();
    assert_eq!(none["found"], json!([]));
    farm.stop().await;
}
