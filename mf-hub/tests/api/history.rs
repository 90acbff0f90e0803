//! Who changed what, when, from what to what.

use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::Farm;

async fn history(farm: &Farm, key: Option<&str>, path: &str) -> Vec<Value> {
    let reply = farm.send(key, farm.request(Method::GET, path)).await.ok();
    reply["history"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_change_is_kept_with_who_made_it() {
    let farm = Farm::start().await;
    farm.post("build_type", json!({ "label": "rebuild" })).await.ok();
    let path = "/build_type/rebuild/put.json";
    farm.put(path, json!({ "priority": 5 })).await.ok();
    farm.put(path, json!({ "priority": 5 })).await.ok();
    farm.put(path, json!({ "label": "again" })).await.ok();
    let all = history(&farm, None, "/build-type/again/history.json").await;
    let verbs: Vec<&Value> = all.iter().map(|change| &change["verb"]).collect();
    assert_eq!(verbs, ["update", "update", "create"], "what changes nothing leaves nothing");
    assert_eq!(all[0]["changes"], json!({ "label": { "from": "rebuild", "to": "again" } }));
    assert_eq!(all[1]["changes"], json!({ "priority": { "from": 0, "to": 5 } }));
    assert_eq!(all[1]["label"], json!("rebuild"));
    assert_eq!(all[2]["changes"]["priority"], json!({ "to": 0 }));
    let key = farm.admin.split('_').nth(1).unwrap();
    assert!(all.iter().all(|change| change["actor"] == "admin" && change["key"] == key), "{all:?}");
    assert!(all.iter().all(|change| !change.to_string().contains(&farm.admin)));
    let page = farm.get("/build_type/again/history?limit=2").await.ok();
    assert_eq!(page["history"].as_array().unwrap().as_slice(), &all[..2]);
    let rest = format!("/build_type/again/history?limit=2&after={}", page["after"]);
    let rest = farm.get(&rest).await.ok();
    assert_eq!(rest["history"].as_array().unwrap().as_slice(), &all[2..]);
    assert_eq!(rest["after"], json!(0), "that was all");
    for (query, code) in
        [("limit=0", "InvalidValue"), ("after=x", "InvalidValue"), ("x=1", "UnknownField")]
    {
        farm.get(&format!("/build_type/again/history?{query}")).await.refused(400, code);
    }
    farm.get("/build_type/rebuild/history").await.refused(404, "NotFound");
    farm.stop().await;
}

#[tokio::test]
async fn what_is_deleted_is_remembered_for_admins() {
    let farm = Farm::start().await;
    farm.world().await;
    let ann = farm.user("ann").await;
    let path = "/tag/testing/history.json?project_label=p";
    farm.delete("/tag/testing/delete.json?project_label=p&confirm_delete=1").await.ok();
    farm.get_as(&ann, path).await.refused(404, "NotFound");
    let all = history(&farm, Some(&farm.admin), path).await;
    assert_eq!((&all[0]["verb"], all.len()), (&json!("delete"), 2));
    assert_eq!(all[0]["changes"]["locked"], json!({ "from": false }));
    // Another of the same label is another object.
    farm.post("tag", json!({ "label": "testing", "project_label": "p" })).await.ok();
    assert_eq!(history(&farm, Some(&farm.admin), path).await.len(), 1);
    let never = "/tag/never/history.json?project_label=p";
    farm.get_as(&farm.admin, never).await.refused(404, "NotFound");
    farm.stop().await;
}

#[tokio::test]
async fn history_shows_what_the_object_shows() {
    let farm = Farm::start().await;
    farm.world().await;
    let ann = farm.user("ann").await;
    farm.put(
        "/user/ann/put.json",
        json!({ "email": "new@example.org", "password": "swordfish-1" }),
    )
    .await
    .ok();
    let path = "/user/ann/history.json";
    let open = history(&farm, None, path).await;
    assert!(!json!(open).to_string().contains("example.org"), "{open:?}");
    let mine = history(&farm, Some(&ann), path).await;
    let email = json!({ "from": "x@example.org", "to": "new@example.org" });
    assert_eq!(mine[0]["changes"]["email"], email);
    assert_eq!(mine[0]["changes"]["password"], json!({ "to": "***" }));
    assert!(!json!(mine).to_string().contains("swordfish"), "{mine:?}");
    farm.put("/project/p/put.json", json!({ "restricted": true })).await.ok();
    for path in ["/project/p/history", "/package/k/history?project_label=p"] {
        farm.get_as(&ann, path).await.refused(404, "NotFound");
        assert!(!history(&farm, Some(&farm.admin), path).await.is_empty());
    }
    farm.stop().await;
}
