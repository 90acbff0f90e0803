//! What happens, as it is told.

use mf_core::wire::Event;
use reqwest::{Method, Response};
use serde_json::json;

use crate::farm::Farm;

/// Reads events until there are `count`.
async fn read(response: &mut Response, count: usize) -> Vec<Event> {
    let mut text = String::new();
    loop {
        let events: Vec<Event> = text
            .split_inclusive("\n\n")
            .filter(|block| block.ends_with("\n\n"))
            .filter_map(|block| block.split_once("data: "))
            .map(|(_, json)| serde_json::from_str(json.trim()).unwrap())
            .collect();
        if events.len() >= count {
            return events;
        }
        let chunk = response.chunk().await.unwrap().expect("the stream ended");
        text += std::str::from_utf8(&chunk).unwrap();
    }
}

#[tokio::test]
async fn watchers_are_told_in_order_and_can_come_back() {
    let farm = Farm::start().await;
    let watch = async |query: &str| {
        let mut response =
            farm.client.get(format!("{}/util/events?{query}", farm.url)).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(response.chunk().await.unwrap().is_some(), "it is watching");
        response
    };
    farm.get("/util/events?resource=nonsense").await.refused(400, "InvalidValue");
    farm.get("/util/events?after=x").await.refused(400, "InvalidValue");
    let mut live = watch("resource=distro").await;
    farm.post("arch", json!({ "label": "s390x" })).await.ok();
    farm.post("distro", json!({ "label": "el" })).await.ok();
    farm.put("/distro/el/put.json", json!({ "url": "http://x" })).await.ok();
    farm.put("/distro/el/put.json", json!({ "url": "http://x" })).await.ok();
    farm.delete("/distro/el/delete.json?confirm_delete=True").await.ok();
    let events = read(&mut live, 3).await;
    let verbs: Vec<&str> = events.iter().map(|event| event.verb.as_str()).collect();
    assert_eq!(verbs, ["create", "update", "delete"], "what changes nothing is no event");
    let changes = &events[1].changes;
    assert_eq!(changes.get("url"), Some(&json!("http://x")));
    assert_eq!((changes.len(), events[1].actor.as_str()), (1, "admin"));
    let mut again = watch(&format!("resource=distro&after={}", events[0].id)).await;
    assert_eq!(read(&mut again, 2).await, events[1..]);
    farm.get("/util/events?also=nonsense").await.refused(400, "InvalidValue");
    let mut also = watch("project_label=none&resource=distro&also=arch,util").await;
    farm.post("distro", json!({ "label": "other" })).await.ok();
    farm.post("arch", json!({ "label": "ppc64" })).await.ok();
    assert_eq!(read(&mut also, 1).await[0].label, "ppc64", "whatever else is asked for");
    farm.stop().await;
}

#[tokio::test]
async fn a_watcher_of_one_task_hears_of_no_other() {
    let farm = Farm::start().await;
    farm.world().await;
    let watch = format!("{}/util/events?task_label=b1.el6-x86_64&project_label=p", farm.url);
    let mut live = farm.client.get(watch).send().await.unwrap();
    assert_eq!(live.headers()["x-accel-buffering"], "no");
    assert!(live.chunk().await.unwrap().is_some(), "it is watching");
    let build = json!({ "project_label": "p", "package_branch_label": "b", "label": "b1" });
    farm.post("build", build).await.ok();
    let cancel = farm.request(Method::POST, "/build/b1/cancel.json?project_label=p");
    farm.send(Some(&farm.admin), cancel).await.ok();
    let told = read(&mut live, 2).await;
    assert!(told.iter().all(|event| event.label == "b1.el6-x86_64"), "{told:?}");
    farm.stop().await;
}

#[tokio::test]
async fn no_number_is_too_old_and_one_that_is_to_come_begins_anew() {
    let farm = Farm::start().await;
    farm.get("/util/events?after=-1").await.refused(400, "InvalidValue");
    let from = async |id: &str| {
        let watch = farm.client.get(format!("{}/util/events", farm.url));
        watch.header("last-event-id", id).send().await.unwrap()
    };
    assert_eq!(from("-1").await.status().as_u16(), 400);
    farm.post("arch", json!({ "label": "s390x" })).await.ok();
    let all = read(&mut from("0").await, 1).await;
    assert_eq!(all[0].id, 1, "the first that there ever was");
    let mut reset = from("1000000").await;
    let chunk = reset.chunk().await.unwrap().unwrap();
    let text = std::str::from_utf8(&chunk).unwrap();
    assert!(text.starts_with("event: reset\nid: ") && text.contains("data: {}"), "{text}");
    farm.post("arch", json!({ "label": "ppc64" })).await.ok();
    assert_eq!(read(&mut reset, 1).await[0].label, "ppc64");
    farm.stop().await;
}

#[tokio::test]
async fn restricted_projects_and_emails_are_not_told_to_all() {
    let farm = Farm::start().await;
    let mut open = farm.client.get(format!("{}/util/events", farm.url)).send().await.unwrap();
    assert!(open.chunk().await.unwrap().is_some(), "it is watching");
    farm.post("project", json!({ "label": "secret", "restricted": true })).await.ok();
    farm.post("tag", json!({ "label": "t", "project_label": "secret" })).await.ok();
    farm.user("ann").await;
    let events = read(&mut open, 1).await;
    assert_eq!(events[0].resource, "user");
    assert!(!events[0].changes.contains_key("email"), "{:?}", events[0].changes);
    let replay = format!("{}/util/events?after=0", farm.url);
    let mut replay = farm.client.get(replay).send().await.unwrap();
    let last = events[0].id as usize;
    let told = read(&mut replay, last - 2).await;
    assert!(told.iter().all(|event| event.project_label.is_empty()), "{told:?}");
    farm.stop().await;
}

#[tokio::test]
async fn a_stream_outlives_neither_its_key_nor_the_rights_of_its_user() {
    let farm = Farm::start().await;
    let ann = farm.user("ann").await;
    farm.post("group", json!({ "label": "crew", "users": ["ann"] })).await.ok();
    let secret = json!({ "label": "secret", "restricted": true, "admin_group_label": "crew" });
    farm.post("project", secret).await.ok();
    let watch = farm.client.get(format!("{}/util/events?resource=tag,arch", farm.url));
    let mut live = watch.bearer_auth(&ann).send().await.unwrap();
    assert!(live.chunk().await.unwrap().is_some(), "it is watching");
    farm.post("tag", json!({ "label": "seen", "project_label": "secret" })).await.ok();
    farm.put("/group/crew/put.json", json!({ "users": [] })).await.ok();
    farm.post("tag", json!({ "label": "hidden", "project_label": "secret" })).await.ok();
    farm.post("arch", json!({ "label": "s390x" })).await.ok();
    let told: Vec<String> = read(&mut live, 2).await.into_iter().map(|event| event.label).collect();
    assert_eq!(told, ["seen", "s390x"]);
    let revoke =
        farm.request(Method::POST, "/user/ann/revoke_key").json(&json!({ "key": "key-1" }));
    farm.send(Some(&farm.admin), revoke).await.ok();
    farm.post("arch", json!({ "label": "ppc64" })).await.ok();
    assert!(live.chunk().await.unwrap().is_none(), "it has ended");
    farm.stop().await;
}
