//! The OpenAPI document: reviewed, whole, and what the hub really answers.

use std::path::Path;

use mf_core::resource::ALL;
use mf_hub::http::openapi;
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::Farm;

/// Every path and its other spellings, with its one method.
fn paths() -> Vec<(String, Method)> {
    let paths = openapi::document()["paths"].as_object().unwrap();
    let mut all = Vec::new();
    for (path, item) in paths {
        let methods = item.as_object().unwrap().keys().filter(|key| *key != "x-also");
        let methods: Vec<Method> = methods.map(|m| m.to_uppercase().parse().unwrap()).collect();
        let [method] = &methods[..] else { panic!("{path} has {methods:?}") };
        all.push((path.clone(), method.clone()));
        for also in item["x-also"].as_array().into_iter().flatten() {
            all.push((also.as_str().unwrap().to_owned(), method.clone()));
        }
    }
    all
}

/// `INSTA_UPDATE=always`, as for the other snapshots, writes it anew.
#[test]
fn the_document_is_the_one_that_was_reviewed() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        std::fs::write(&file, openapi::text()).unwrap();
    }
    let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
    let changed = reviewed.lines().zip(openapi::text().lines()).find(|(old, new)| old != new);
    assert!(
        reviewed == openapi::text(),
        "docs/openapi.json is not what the table gives, first at {changed:?}; \
         run `make snapshots` and review the difference"
    );
}

#[test]
fn every_answer_has_a_schema() {
    fn look(place: &str, value: &Value) {
        match value {
            Value::Object(map) => {
                if let Some(properties) = map.get("properties").and_then(Value::as_object) {
                    let data = properties.get("data").and_then(|data| data.get("properties"));
                    for (key, schema) in data.and_then(Value::as_object).into_iter().flatten() {
                        let known = schema.get("$ref").or_else(|| schema.get("type"));
                        assert!(
                            known.is_some(),
                            "{place}: {key} has no schema; say it in given.rs"
                        );
                    }
                }
                map.iter().for_each(|(key, value)| look(&format!("{place}/{key}"), value));
            }
            Value::Array(items) => items.iter().for_each(|item| look(place, item)),
            _ => {}
        }
    }
    look("", &openapi::document()["paths"]);
}

#[test]
fn every_route_of_the_table_is_in_it_once() {
    let paths: Vec<String> = paths().into_iter().map(|(path, _)| path).collect();
    for path in &paths {
        assert_eq!(paths.iter().filter(|other| *other == path).count(), 1, "{path}");
    }
    for resource in ALL {
        for function in resource.functions {
            let said = |at: &str| {
                let (at, name) = (format!("/{at}/"), format!("/{}", function.name));
                paths.iter().any(|p| p.starts_with(&at) && p.contains(&name))
            };
            assert!(said(resource.name), "{} of {}", function.name, resource.name);
        }
    }
    for known in ["/package_branch/{label}/get_one.json", "/build/{label}/cancel", "/download"] {
        assert!(paths.iter().any(|path| path == known), "{known}");
    }
}

/// What is documented is routed: a wrong method is 405 and not 404.
#[tokio::test]
async fn every_path_of_it_is_answered() {
    let farm = Farm::start().await;
    for (path, _) in paths() {
        let path = path.replace("{label}", "x").replace("{name}", "y");
        let reply = farm.send(None, farm.request(Method::PATCH, &path)).await;
        reply.refused(405, "MethodNotAllowed");
    }
    let served: Value =
        reqwest::get(format!("{}/openapi.json", farm.url)).await.unwrap().json().await.unwrap();
    assert_eq!(&served, openapi::document());
    assert_eq!(served["openapi"], json!("3.1.0"));
    farm.stop().await;
}

#[test]
fn references_lead_somewhere() {
    fn look(value: &Value) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(to)) = map.get("$ref") {
                    let found = openapi::document().pointer(to.trim_start_matches('#'));
                    assert!(found.is_some(), "{to}");
                }
                map.values().for_each(look);
            }
            Value::Array(items) => items.iter().for_each(look),
            _ => {}
        }
    }
    look(openapi::document());
}
