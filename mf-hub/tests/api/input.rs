//! Three ways of parameters, and every way they can be wrong.

use reqwest::Method;
use serde_json::json;

use crate::farm::Farm;

#[tokio::test]
async fn query_form_and_json_mean_the_same() {
    let farm = Farm::start().await;
    farm.world().await;
    let branch = "project_label=p&package_label=k&build_handler_label=rpm&build_on_commit=True";
    let post = |path: &str| farm.request(Method::POST, path);
    let query = post(&format!("/package-branch/post.json?label=q&{branch}&releases=el5,el6"));
    let form = post("/package-branch/post.json")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("label=f&{branch}&releases=el5&releases=el6"));
    let json = post("/package-branch/post.json?project_label=p").json(&json!({
        "label": "j", "package_label": "k", "build_handler_label": "rpm",
        "build_on_commit": true, "releases": ["el5", "el6"],
    }));
    for request in [query, form, json] {
        let made = farm.send(Some(&farm.admin), request).await.ok();
        let made = &made["package_branch"];
        assert_eq!(made["releases"], json!(["el5", "el6"]));
        assert_eq!(made["build_on_commit"], json!(true));
    }
    farm.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let farm = Farm::start().await;
    farm.world().await;
    let package = |more: serde_json::Value| {
        let mut fields = json!({ "label": "n", "project_label": "p" });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    for (fields, status, code, told) in [
        (json!({ "project_label": "p" }), 400, "MissingField", "label"),
        (json!({ "label": "n" }), 400, "MissingField", "project_label"),
        (package(json!({ "colour": "red" })), 400, "UnknownField", "\"colour\""),
        (package(json!({ "branches": ["b"] })), 400, "ReadOnlyField", "branches"),
        (package(json!({ "footprint": "heavy" })), 400, "InvalidValue", "heavy"),
        (package(json!({ "label": "no/slash" })), 400, "InvalidValue", "'/'"),
        (package(json!({ "label": "get_all" })), 400, "InvalidValue", "get_all"),
        (package(json!({ "group_label": "nope" })), 400, "UnknownReference", "\"nope\""),
        (package(json!({ "project_label": "nope" })), 400, "UnknownReference", "\"nope\""),
        (package(json!({ "label": "k" })), 409, "LabelTaken", "\"k\""),
    ] {
        let reply = farm.post("package", fields.clone()).await;
        let sentence = reply.refused(status, code);
        assert!(sentence.contains(told), "{fields}: {sentence}");
    }
    farm.get("/package/n/get_one.json?project_label=p").await.refused(404, "NotFound");
    let reply = farm.get("/package/k/get_one.json").await;
    assert!(reply.refused(400, "MissingField").contains("project_label"));
    let reply = farm.put("/package/k/put.json?project_label=p", json!({ "id": 999 })).await;
    reply.refused(400, "InvalidValue");
    let reply = farm.get("/package/k/get_one.json?project_label=p&verbose=1").await;
    reply.refused(400, "UnknownField");
    farm.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_the_fitting_status() {
    let farm = Farm::start().await;
    let post = |media: &str, body: Vec<u8>| {
        let request = farm.request(Method::POST, "/arch/post.json").header("content-type", media);
        farm.send(Some(&farm.admin), request.body(body))
    };
    let json = "application/json";
    post(json, b"{\"label\": ".to_vec()).await.refused(400, "Malformed");
    post(json, b"[]".to_vec()).await.refused(400, "Malformed");
    let twice = br#"{"label":"a","label":"b"}"#.to_vec();
    post(json, twice).await.refused(400, "Malformed");
    let deep = format!("{{\"label\":{}}}", "[".repeat(100_000)).into_bytes();
    post(json, deep).await.refused(400, "Malformed");
    post("text/plain", b"label=a".to_vec()).await.refused(415, "UnsupportedMedia");
    post(json, vec![b' '; 2 << 20]).await.refused(413, "TooLarge");
    let two = farm.request(Method::POST, "/arch/post.json?label=a").json(&json!({ "label": "b" }));
    farm.send(Some(&farm.admin), two).await.refused(400, "Malformed");
    farm.get("/arch/a/get_one.json").await.refused(404, "NotFound");
    farm.stop().await;
}

#[tokio::test]
async fn a_secret_comes_in_a_body_and_never_out() {
    let farm = Farm::start().await;
    let request = farm.request(Method::POST, "/user/post.json?label=ann&password=s3cret-of-ann");
    let reply = farm.send(Some(&farm.admin), request).await;
    assert!(!reply.refused(400, "Malformed").contains("s3cret-of-ann"));
    let made = farm.post("user", json!({ "label": "ann", "password": "s3cret-of-ann" })).await.ok();
    assert!(!made.to_string().contains("password"), "{made}");
    let history: String = farm
        .hub
        .readers
        .read(|db| {
            Ok(db.query_row(
                "SELECT changes FROM history WHERE resource = 'user' ORDER BY id DESC LIMIT 1",
                [],
                |row| row.get(0),
            )?)
        })
        .unwrap();
    assert!(history.contains("\"password\":\"***\""), "{history}");
    assert!(!history.contains("s3cret-of-ann") && !history.contains("argon2"), "{history}");
    farm.stop().await;
}
