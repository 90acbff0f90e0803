//! API keys: named, ended, listed without their secrets. See attacks.md: a key
//! guessed, timed, expired, revoked, in a URL.

use reqwest::Method;
use serde_json::{Value, json};

use super::call;
use crate::farm::Farm;

async fn create(farm: &Farm, key: &str, user: &str, fields: Value) -> String {
    let made = call(farm, key, &format!("/user/{user}/create_key"), fields).await.ok();
    made["key"].as_str().unwrap().to_owned()
}

async fn keys(farm: &Farm, key: &str, user: &str) -> Vec<Value> {
    let listed = farm.get_as(key, &format!("/user/{user}/list_keys")).await.ok();
    listed["keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_user_has_several_keys_and_ends_one() {
    let farm = Farm::start().await;
    let ann = farm.user("ann").await;
    let laptop = create(&farm, &ann, "ann", json!({ "name": "laptop", "expires": "90d" })).await;
    let unnamed = create(&farm, &ann, "ann", json!({})).await;
    let listed = keys(&farm, &ann, "ann").await;
    let names: Vec<&str> = listed.iter().map(|key| key["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["key-1", "laptop", "key-2"]);
    assert!(!listed[1]["expire_date"].as_str().unwrap().is_empty());
    assert_eq!(listed[0]["expire_date"], json!(""));
    let text = serde_json::to_string(&listed).unwrap();
    for key in [&ann, &laptop, &unnamed] {
        let (id, secret) = key.strip_prefix("mf_").unwrap().split_once('_').unwrap();
        assert!(text.contains(id) && !text.contains(secret), "{text}");
    }
    let taken = call(&farm, &ann, "/user/ann/create_key", json!({ "name": "laptop" })).await;
    taken.refused(409, "LabelTaken");
    farm.get_as(&laptop, "/util/whoami").await.ok();
    call(&farm, &ann, "/user/ann/revoke_key", json!({ "key": "laptop" })).await.ok();
    farm.get_as(&laptop, "/util/whoami").await.refused(401, "Unauthorized");
    farm.get_as(&unnamed, "/util/whoami").await.ok();
    let again = call(&farm, &ann, "/user/ann/revoke_key", json!({ "key": "laptop" })).await;
    assert!(again.refused(400, "Refused").contains("laptop"));
    // The whole key is no name, and is not told to anybody again.
    let whole = call(&farm, &ann, "/user/ann/revoke_key", json!({ "key": unnamed })).await;
    assert!(!whole.refused(400, "Refused").contains(&unnamed));
    farm.stop().await;
}

#[tokio::test]
async fn keys_of_others_are_nobodys_business() {
    let farm = Farm::start().await;
    let (ann, bob) = (farm.user("ann").await, farm.user("bob").await);
    let list = "/user/ann/list_keys";
    farm.get(list).await.refused(401, "Unauthorized");
    farm.get_as(&bob, list).await.refused(403, "Forbidden");
    farm.get_as(&farm.admin, list).await.ok();
    for function in ["create_key", "revoke_key", "change_password"] {
        let path = format!("/user/ann/{function}");
        call(&farm, &bob, &path, json!({ "key": "key-1" })).await.refused(403, "Forbidden");
    }
    // Neither objects, nor history, nor events tell what a key is called.
    create(&farm, &ann, "ann", json!({ "name": "hidden-place" })).await;
    for path in ["/user/ann/get_one.json", "/user/get_all.json", "/user/ann/history"] {
        let told = farm.get_as(&bob, path).await.ok().to_string();
        assert!(!told.contains("hidden-place"), "{path}: {told}");
    }
    let own = farm.get_as(&ann, "/user/ann/history").await.ok().to_string();
    assert!(own.contains("hidden-place"), "{own}");
    farm.stop().await;
}

#[tokio::test]
async fn a_key_that_is_over_says_so_to_who_has_it() {
    let farm = Farm::start().await;
    let ann = farm.user("ann").await;
    for wrong in ["soon", "0d", "-1h", "2001-01-01", "1999999999d"] {
        let made = call(&farm, &ann, "/user/ann/create_key", json!({ "expires": wrong })).await;
        assert!(made.refused(400, "InvalidValue").contains("expires"), "{wrong}");
    }
    let key = create(&farm, &ann, "ann", json!({ "name": "short", "expires": "1h" })).await;
    farm.get_as(&key, "/util/whoami").await.ok();
    let end = |tx: &mf_hub::store::Tx<'_>| {
        let sql = "UPDATE api_key SET expire_date = '2001-01-01 00:00:00' WHERE name = 'short'";
        tx.execute(sql, [])?;
        Ok(())
    };
    farm.hub.writer.run("test", end).await.unwrap();
    let told = farm.get_as(&key, "/util/whoami").await;
    assert!(told.refused(401, "Unauthorized").contains("2001-01-01"));
    // Who knows the id alone hears nothing of that.
    let guessed = format!("{}0", &key[..key.len() - 1]);
    let other = if guessed == key { format!("{}1", &key[..key.len() - 1]) } else { guessed };
    assert!(
        !farm.get_as(&other, "/util/whoami").await.refused(401, "Unauthorized").contains("2001")
    );
    farm.stop().await;
}

#[tokio::test]
async fn the_last_use_is_known_and_costs_no_write_per_request() {
    let farm = Farm::start().await;
    let ann = farm.user("ann").await;
    let uses = || -> i64 {
        let sql = "SELECT count(*) FROM api_key WHERE last_use_date <> ''";
        farm.hub.readers.read(|db| Ok(db.query_row(sql, [], |row| row.get(0))?)).unwrap()
    };
    for _ in 0..3 {
        farm.get_as(&ann, "/util/whoami").await.ok();
    }
    // A write of hers comes after the one that remembers her key.
    call(&farm, &ann, "/user/ann/create_key", json!({})).await.ok();
    let listed = keys(&farm, &ann, "ann").await;
    assert!(!listed[0]["last_use_date"].as_str().unwrap().is_empty(), "{listed:?}");
    assert_eq!(listed[1]["last_use_date"], json!(""));
    assert_eq!(uses(), 2, "hers and the admin's");
    farm.stop().await;
}

#[tokio::test]
async fn keys_die_with_their_user() {
    let farm = Farm::start().await;
    let ann = farm.user("ann").await;
    farm.get_as(&ann, "/util/whoami").await.ok();
    farm.delete("/user/ann/delete.json?confirm_delete=1").await.ok();
    farm.get_as(&ann, "/util/whoami").await.refused(401, "Unauthorized");
    farm.post("user", json!({ "label": "ann" })).await.ok();
    farm.get_as(&ann, "/util/whoami").await.refused(401, "Unauthorized");
    farm.stop().await;
}

/// attacks.md: a key guessed. Guessing is slowed, and locks nobody out.
#[tokio::test]
async fn wrong_keys_are_slowed_and_a_right_one_always_passes() {
    let farm = Farm::start().await;
    let wrong = format!("mf_{}_{}", "0".repeat(16), "0".repeat(64));
    let mut slowed = None;
    for _ in 0..100 {
        let request = farm.request(Method::GET, "/util/whoami").bearer_auth(&wrong);
        let response = request.send().await.unwrap();
        if response.status() != 401 {
            slowed = Some(response);
            break;
        }
    }
    let slowed = slowed.expect("a hundred wrong keys");
    assert_eq!(slowed.status(), 429);
    let wait: u32 = slowed.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    farm.get_as(&farm.admin, "/util/whoami").await.ok();
    farm.get("/util/whoami").await.ok();
    farm.stop().await;
}

/// attacks.md: a key in a URL. It is no parameter, and no way to be let in.
#[tokio::test]
async fn a_key_in_an_address_opens_nothing() {
    let farm = Farm::start().await;
    for name in ["key", "api_key", "access_token", "authorization"] {
        let path = format!("/user/post.json?label=eve&{name}={}", farm.admin);
        let request = farm.request(Method::POST, &path);
        let refused = farm.send(None, request).await;
        assert!(!refused.refused(401, "Unauthorized").contains(&farm.admin), "{name}");
    }
    farm.stop().await;
}
