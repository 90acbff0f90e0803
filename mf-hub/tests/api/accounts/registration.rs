//! People who register by themselves, where the site lets them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Farm, Reply};

async fn register(farm: &Farm, fields: Value) -> Reply {
    farm.send(None, farm.request(Method::POST, "/user/post.json").json(&fields)).await
}

fn eve() -> Value {
    json!({ "label": "eve", "password": "a secret of eve", "agreed_to_terms": true,
            "email": "eve@example.org" })
}

#[tokio::test]
async fn nobody_registers_unless_the_site_allows_it() {
    let farm = Farm::start().await;
    register(&farm, eve()).await.refused(401, "Unauthorized");
    farm.stop().await;
}

#[tokio::test]
async fn who_registers_agrees_and_signs_in() {
    let farm = Farm::start_with(|config| config.registration = true).await;
    let without = |name: &str| {
        let mut fields = eve();
        fields.as_object_mut().unwrap().remove(name);
        fields
    };
    register(&farm, without("agreed_to_terms")).await.refused(400, "Refused");
    register(&farm, without("password")).await.refused(400, "MissingField");
    let made = register(&farm, eve()).await.ok();
    assert_eq!(made["user"]["groups"], json!([]));
    let key = farm.request(Method::POST, "/user/eve/create_key");
    let key = key.basic_auth("eve", Some("a secret of eve"));
    let key = farm.send(None, key).await.ok()["key"].as_str().unwrap().to_owned();
    farm.get_as(&key, "/util/whoami").await.ok();
    farm.post_as(&key, "arch", json!({ "label": "x" })).await.refused(403, "Forbidden");
    let history = farm.get_as(&key, "/user/eve/history").await.ok();
    assert!(history.to_string().contains("\"actor\":\"eve\""), "{history}");
    farm.stop().await;
}

#[tokio::test]
async fn who_registers_gets_no_more_than_a_user() {
    let farm = Farm::start_with(|config| config.registration = true).await;
    for (name, value) in [("groups", json!(["admin"])), ("create_date", json!("2001-01-01"))] {
        let mut fields = eve();
        fields[name] = value;
        register(&farm, fields).await.refused(400, "ReadOnlyField");
    }
    for resource in ["group", "project", "system", "arch"] {
        let request = farm.request(Method::POST, &format!("/{resource}/post.json"));
        let request = request.json(&json!({ "label": "x" }));
        farm.send(None, request).await.refused(401, "Unauthorized");
    }
    // Nor a name that history would take for the farm's own.
    for label in ["regulator", "hub", "nobody"] {
        let mut fields = eve();
        fields["label"] = json!(label);
        register(&farm, fields).await.refused(400, "InvalidValue");
    }
    farm.stop().await;
}

#[tokio::test]
async fn one_address_does_not_register_a_thousand() {
    let farm = Farm::start_with(|config| config.registration = true).await;
    let mut made = 0;
    let slowed = loop {
        let mut fields = eve();
        fields["label"] = json!(format!("eve{made}"));
        let reply = register(&farm, fields).await;
        if reply.status != 200 {
            break reply;
        }
        made += 1;
        assert!(made < 100);
    };
    slowed.refused(429, "TooMany");
    farm.post("user", json!({ "label": "by-an-admin" })).await.ok();
    farm.stop().await;
}
