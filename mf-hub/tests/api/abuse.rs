//! What would cost the hub much and the caller little.

use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Farm, Reply};

/// A text of as many bytes as most texts may have.
fn long() -> String {
    "x".repeat(64_000)
}

#[tokio::test]
async fn a_large_body_is_for_who_has_a_key_and_changes_something() {
    let farm = Farm::start().await;
    let send = async |key: Option<&str>, method: Method, path: &str| -> Reply {
        let body = format!("{}{}", " ".repeat(100_000), json!({ "label": "s390x" }));
        let request = farm.request(method, path).header("content-type", "application/json");
        farm.send(key, request.body(body)).await
    };
    let admin = Some(farm.admin.as_str());
    for (key, method, path) in [
        (None, Method::GET, "/arch/get_all.json"),
        (None, Method::GET, "/arch/noarch/get_one.json"),
        (None, Method::GET, "/util/search"),
        (Some("mf_nobodys_key"), Method::GET, "/arch/noarch/get_one.json"),
        (admin, Method::GET, "/arch/get_all.json"),
        (None, Method::POST, "/system/enrol"),
    ] {
        send(key, method, path).await.refused(413, "TooLarge");
    }
    send(None, Method::POST, "/arch/post.json").await.refused(401, "Unauthorized");
    send(admin, Method::POST, "/arch/post.json").await.ok();
    farm.stop().await;
}

#[tokio::test]
async fn a_page_ends_where_it_grows_large_and_the_next_goes_on() {
    let farm = Farm::start().await;
    farm.world().await;
    for number in 0..90 {
        let made = json!({ "project_label": "p", "label": format!("n{number}"), "about": long() });
        farm.post("package", made).await.ok();
    }
    let (mut seen, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let path = format!("/package/get_all.json?limit=1000&order=-label&after={after}");
        let mut data = farm.get(&path).await.ok();
        pages += 1;
        let Value::Array(rows) = data["packages"].take() else { panic!("no list") };
        seen.extend(rows.into_iter().map(|row| row["label"].as_str().unwrap().to_owned()));
        match data["after"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, seen.len()), (2, 91));
    let whole = farm.get("/package/get_all.json?order=-label").await.ok();
    let whole = whole["packages"].as_array().unwrap().iter().map(|row| row["label"].as_str());
    assert!(whole.eq(seen.iter().map(|label| Some(label.as_str()))));
    farm.stop().await;
}

#[tokio::test]
async fn a_history_of_long_texts_is_read_in_pieces() {
    let farm = Farm::start().await;
    for number in 0..20 {
        let about = format!("{number}{}", &long()[2..]);
        farm.put("/user/admin/put.json", json!({ "about": about })).await.ok();
    }
    let (mut seen, mut pages, mut after) = (Vec::new(), 0, i64::MAX);
    loop {
        let path = format!("/user/admin/history?limit=1000&after={after}");
        let data = farm.get(&path).await.ok();
        pages += 1;
        let rows = data["history"].as_array().unwrap();
        seen.extend(rows.iter().filter(|row| row["changes"].get("about").is_some()).cloned());
        after = data["after"].as_i64().unwrap();
        if after == 0 {
            break;
        }
    }
    assert!(pages > 1, "one answer has all of it");
    assert_eq!(seen.len(), 21, "as it was made, and then 20 times");
    // Watchers who have missed it are told all of it, once.
    let watch = format!("{}/util/events?after=0&resource=user", farm.url);
    let mut replay = farm.client.get(watch).send().await.unwrap();
    let mut text = String::new();
    while !text.contains("\"about\":\"19x") {
        let chunk = replay.chunk().await.unwrap().expect("the stream ended");
        text += std::str::from_utf8(&chunk).unwrap();
    }
    // The first that was told of the user is that it was made, without a text.
    assert_eq!(text.matches("\"about\":\"").count(), 20 + text.matches("\"about\":\"\"").count());
    farm.stop().await;
}

#[tokio::test]
async fn lists_and_filters_have_a_limit() {
    let farm = Farm::start().await;
    let ann = farm.user("ann").await;
    // All different, so that each would be compared with each.
    let users: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    let form = format!("users={}", users.join(","));
    for key in [&ann, &farm.admin] {
        let put = farm.request(Method::PUT, "/group/admin/put.json");
        let put = put.header("content-type", "application/x-www-form-urlencoded");
        farm.send(Some(key), put.body(form.clone())).await.refused(400, "InvalidValue");
    }
    let many: Vec<&str> = users.iter().map(String::as_str).take(1_001).collect();
    let get = farm.request(Method::GET, "/build/get_all.json").json(&json!({ "label": many }));
    farm.send(None, get).await.refused(400, "InvalidValue");
    let get = farm.request(Method::GET, "/build/get_all.json").json(&json!({ "label": many[1..] }));
    farm.send(None, get).await.ok();
    farm.stop().await;
}

#[tokio::test]
async fn comments_of_a_build_have_a_limit_together() {
    let farm = Farm::start().await;
    farm.world().await;
    let ann = farm.user("ann").await;
    let build = json!({ "project_label": "p", "package_branch_label": "b", "label": "b1" });
    farm.post("build", build).await.ok();
    let comment = async |text: &str| {
        let request = farm.request(Method::POST, "/build/b1/comment?project_label=p");
        farm.send(Some(&ann), request.json(&json!({ "comment": text }))).await
    };
    let text = "ä".repeat(5_000);
    for _ in 0..26 {
        comment(&text).await.ok();
    }
    comment(&text).await.refused(400, "Refused");
    let whole = comment("short").await.ok();
    assert_eq!(whole["build"]["comments"].as_array().unwrap().len(), 27);
    farm.stop().await;
}

/// Who reads an object and gives it back loses nothing of it.
#[tokio::test]
async fn a_list_that_people_set_is_shown_whole() {
    let farm = Farm::start().await;
    let many = |tx: &mf_hub::store::Tx<'_>| {
        Ok(tx.execute(
            "INSERT INTO \"user\" (label, create_date, update_date) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) \
             SELECT 'user' || i, '', '' FROM n",
            [],
        )?)
    };
    farm.hub.writer.run("test", many).await.unwrap();
    let users: Vec<String> = (1..=1200).map(|number| format!("user{number}")).collect();
    let made = farm.post("group", json!({ "label": "all", "users": users })).await.ok();
    assert_eq!(made["group"]["users"].as_array().unwrap().len(), 1200);
    assert!(made["group"].get("users_more").is_none());
    let again = json!({ "users": made["group"]["users"], "about": "all of us" });
    let put = farm.put("/group/all/put.json", again).await.ok();
    assert_eq!(put["group"]["users"], made["group"]["users"]);
    farm.stop().await;
}
