//! One project's admin tries to be another's by saying two things at once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::Farm;

/// Projects `p` and `q` have a package `k` each; ann is an admin of `q`.
async fn two_projects(farm: &Farm) -> String {
    farm.world().await;
    let ann = farm.user("ann").await;
    for (resource, fields) in [
        ("group", json!({ "label": "quiet", "users": ["ann"] })),
        ("project", json!({ "label": "q", "admin_group_label": "quiet" })),
        ("package", json!({ "project_label": "q", "label": "k" })),
    ] {
        farm.post(resource, fields).await.ok();
    }
    ann
}

async fn summary(farm: &Farm, project: &str) -> Value {
    let path = format!("/package/k/get_one.json?project_label={project}");
    farm.get(&path).await.ok()["package"]["summary"].clone()
}

#[tokio::test]
async fn a_scope_is_said_once_or_not_believed() {
    let farm = Farm::start().await;
    let ann = two_projects(&farm).await;
    let put = |query: &str| farm.request(Method::PUT, &format!("/package/k/put.json{query}"));
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    let send = async |query: &str, media: &str, body: &str| {
        let request = put(query).header("content-type", media).body(body.to_owned());
        farm.send(Some(&ann), request).await
    };
    // What she may is done.
    send("?project_label=q", json, r#"{"summary":"mine"}"#).await.ok();
    let (p, q) = ("?project_label=p", "?project_label=q");
    for (query, media, body, status, code) in [
        (p, json, r#"{"summary":"x"}"#, 403, "Forbidden"),
        (p, json, r#"{"summary":"x","project_label":"q"}"#, 400, "Malformed"),
        (q, json, r#"{"summary":"x","project_label":"p"}"#, 400, "Malformed"),
        ("", json, r#"{"summary":"x","project_label":"q","project_label":"p"}"#, 400, "Malformed"),
        ("", json, r#"{"summary":"x","project_label":["q","p"]}"#, 400, "Malformed"),
        ("", json, r#"{"summary":"x","project_label":{"q":"p"}}"#, 400, "Malformed"),
        ("?project_label=q&project_label=p", json, r#"{"summary":"x"}"#, 400, "Malformed"),
        ("?project_label=p&project_label=q", json, r#"{"summary":"x"}"#, 400, "Malformed"),
        (q, form, "summary=x&project_label=p", 400, "Malformed"),
        ("", form, "summary=x&project_label=q&project_label=p", 400, "Malformed"),
        ("?project_label=q%00p", json, r#"{"summary":"x"}"#, 404, "NotFound"),
        (q, json, r#"{"summary":"x","id":1}"#, 400, "InvalidValue"),
        (q, json, r#"{"summary":"x","project_id":1}"#, 400, "UnknownField"),
        (q, json, r#"{"summary":"x","PROJECT_LABEL":"p"}"#, 400, "UnknownField"),
        (q, form, "summary=x&summary=y", 400, "InvalidValue"),
        (q, json, r#"{"summary":"x","summary":"y"}"#, 400, "Malformed"),
    ] {
        let reply = send(query, media, body).await;
        reply.refused(status, code);
        assert_eq!(summary(&farm, "p").await, json!(""), "{query} {body}");
        assert_eq!(summary(&farm, "q").await, json!("mine"), "{query} {body}");
    }
    farm.stop().await;
}

#[tokio::test]
async fn an_object_is_made_in_the_project_that_was_checked() {
    let farm = Farm::start().await;
    let ann = two_projects(&farm).await;
    let post = async |query: &str, body: &str| {
        let request = farm.request(Method::POST, &format!("/package/post.json{query}"));
        let request = request.header("content-type", "application/json").body(body.to_owned());
        farm.send(Some(&ann), request).await
    };
    let own = post("?project_label=q", r#"{"label":"n"}"#).await.ok();
    assert_eq!(own["package"]["project_label"], json!("q"));
    post("?project_label=p", r#"{"label":"n"}"#).await.refused(403, "Forbidden");
    for (query, body) in [
        ("?project_label=q", r#"{"label":"n2","project_label":"p"}"#),
        ("?project_label=q&project_label=p", r#"{"label":"n2"}"#),
        ("", r#"{"label":"n2","project_label":"q","project_label":"p"}"#),
    ] {
        let reply = post(query, body).await;
        assert_eq!(reply.status, 400, "{query} {body}: {}", reply.errors);
    }
    let all = farm.get("/package/get_all.json?project_label=p").await.ok();
    assert_eq!(all["packages"].as_array().unwrap().len(), 1);
    farm.stop().await;
}

#[tokio::test]
async fn numbers_and_depths_that_no_field_has_are_refused() {
    let farm = Farm::start().await;
    farm.world().await;
    let post = async |body: String| {
        let request = farm.request(Method::POST, "/package/post.json?project_label=p");
        let request = request.header("content-type", "application/json").body(body);
        let reply = farm.send(Some(&farm.admin), request).await;
        assert_eq!(reply.status, 400, "{}", reply.errors);
    };
    let digits = "9".repeat(100_000);
    for number in ["1e400", "-1e400", "9223372036854775808", "1.5", "0x10", "NaN", &digits] {
        post(format!(r#"{{"label":"n","footprint":{number}}}"#)).await;
        post(format!(r#"{{"label":"n","footprint":"{number}"}}"#)).await;
    }
    for deep in ["[".repeat(50_000), "{\"a\":".repeat(50_000)] {
        post(format!(r#"{{"label":"n","summary":{deep}"#)).await;
    }
    let nested = format!("{}{}", "[".repeat(100), "]".repeat(100));
    post(format!(r#"{{"label":"n","summary":{nested}}}"#)).await;
    farm.get("/package/n/get_one.json?project_label=p").await.refused(404, "NotFound");
    farm.stop().await;
}
