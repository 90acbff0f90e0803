//! Passwords: a way to a key, and to nothing else.

use reqwest::Method;
use serde_json::{Value, json};

use super::call;
use crate::farm::{Farm, Reply};

const OLD: &str = "correct horse";
const NEW: &str = "battery staple";

async fn with_password() -> Farm {
    let farm = Farm::start().await;
    farm.post("user", json!({ "label": "ann", "password": OLD })).await.ok();
    farm
}

async fn basic(farm: &Farm, password: &str, path: &str, fields: Value) -> Reply {
    let request = farm.request(Method::POST, path).basic_auth("ann", Some(password));
    farm.send(None, request.json(&fields)).await
}

#[tokio::test]
async fn a_password_gives_a_key_and_nothing_else() {
    let farm = with_password().await;
    let made = basic(&farm, OLD, "/user/ann/create_key", json!({ "name": "laptop" })).await.ok();
    let key = made["key"].as_str().unwrap();
    let whoami = farm.get_as(key, "/util/whoami").await.ok();
    assert_eq!(whoami["whoami"]["label"], json!("ann"));
    basic(&farm, "wrong horse!", "/user/ann/create_key", json!({}))
        .await
        .refused(401, "Unauthorized");
    // Not for somebody else, nor for anything else.
    basic(&farm, OLD, "/user/admin/create_key", json!({})).await.refused(401, "Unauthorized");
    let other = basic(&farm, OLD, "/user/ann/revoke_key", json!({ "key": "laptop" })).await;
    assert!(other.refused(401, "Unauthorized").contains("create_key"));
    let request = farm.request(Method::GET, "/util/whoami").basic_auth("ann", Some(OLD));
    farm.send(None, request).await.refused(401, "Unauthorized");
    farm.stop().await;
}

#[tokio::test]
async fn a_password_is_changed_with_the_old_one() {
    let farm = with_password().await;
    let path = "/user/ann/change_password";
    let key = basic(&farm, OLD, "/user/ann/create_key", json!({})).await.ok();
    let key = key["key"].as_str().unwrap();
    let both = |old: &str, new: &str| json!({ "old_password": old, "new_password": new });
    // Who has found a key does not have the account.
    call(&farm, key, path, json!({ "new_password": NEW })).await.refused(403, "Forbidden");
    call(&farm, key, path, both("wrong horse!", NEW)).await.refused(403, "Forbidden");
    call(&farm, key, path, both(OLD, "short")).await.refused(400, "InvalidValue");
    let put = farm.put_as(key, "/user/ann/put.json", json!({ "password": NEW })).await;
    put.refused(403, "Forbidden");
    let in_address = format!("{path}?old_password=x&new_password=y");
    call(&farm, key, &in_address, json!({})).await.refused(400, "Malformed");
    let done = call(&farm, key, path, both(OLD, NEW)).await.ok();
    assert!(!done.to_string().contains("password"), "{done}");
    basic(&farm, OLD, "/user/ann/create_key", json!({})).await.refused(401, "Unauthorized");
    basic(&farm, NEW, "/user/ann/create_key", json!({})).await.ok();
    // An admin may set another, for who has forgotten it.
    farm.put("/user/ann/put.json", json!({ "password": OLD })).await.ok();
    basic(&farm, OLD, "/user/ann/create_key", json!({})).await.ok();
    farm.stop().await;
}

#[tokio::test]
async fn passwords_are_slowed_for_the_account_even_when_right() {
    let farm = with_password().await;
    let key = farm.user("bob").await;
    let mut answers = Vec::new();
    for _ in 0..40 {
        let reply = basic(&farm, "wrong horse!", "/user/ann/create_key", json!({})).await;
        answers.push(reply.status);
        if reply.status == 429 {
            break;
        }
    }
    let (last, before) = answers.split_last().unwrap();
    assert_eq!(*last, 429, "{answers:?}");
    assert!(before.iter().all(|status| *status == 401) && before.len() >= 5, "{answers:?}");
    basic(&farm, OLD, "/user/ann/create_key", json!({})).await.refused(429, "TooMany");
    // A key is let in all the same, whoever guesses.
    farm.get_as(&key, "/util/whoami").await.ok();
    farm.get_as(&farm.admin, "/util/whoami").await.ok();
    farm.stop().await;
}

#[tokio::test]
async fn who_has_no_password_cannot_sign_in_with_none() {
    let farm = Farm::start().await;
    farm.user("ann").await;
    for password in ["", " ", "x"] {
        let refused = basic(&farm, password, "/user/ann/create_key", json!({})).await;
        refused.refused(401, "Unauthorized");
    }
    farm.stop().await;
}
