//! GitHub's own description of its issues, cut to what the handler uses: every
//! request and reply of the tests is held to it.

use std::sync::LazyLock;

use monkeyfarm_bug_kit::suite::{Request, Response};
use serde_json::Value;

static CONTRACT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("issues.openapi.json")).unwrap());

/// Checks a request and its reply; panics, with what is wrong, for who reads
/// the output of a test that failed.
pub fn check(request: &Request, response: &Response) -> Result<(), String> {
    let operation = operation(request)?;
    let names = operation["parameters"].as_array().unwrap().iter();
    let known: Vec<&str> = names
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    for pair in request.query.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap_or_default();
        if !known.contains(&name) {
            return Err(format!("{} takes no {name}", operation["operationId"]));
        }
    }
    match operation["requestBody"]["content"]["application/json"].get("schema") {
        Some(schema) => {
            let body = request.json();
            fits(&body, schema, "request", true)?;
        }
        None if !request.body.is_empty() => return Err("it takes no body".into()),
        None => {}
    }
    let status = response.status.to_string();
    // Wrong tokens and limits are described for all operations elsewhere.
    if ["401", "403", "429"].contains(&status.as_str()) {
        return Ok(());
    }
    let described = operation["responses"]
        .get(&status)
        .ok_or_else(|| format!("{} never answers {status}", operation["operationId"]))?;
    let body: Value = serde_json::from_slice(&response.body).map_err(|e| e.to_string())?;
    match described["content"]["application/json"].get("schema") {
        Some(schema) => fits(&body, schema, "reply", false),
        None => fits(&body, &CONTRACT["components"]["schemas"]["basic-error"], "error", false),
    }
}

/// The operation that a request is for.
fn operation(request: &Request) -> Result<&'static Value, String> {
    let parts: Vec<&str> = request.path.split('/').collect();
    let matches = |path: &str| {
        let described: Vec<&str> = path.split('/').collect();
        described.len() == parts.len()
            && described.iter().zip(&parts).all(|(d, p)| d.starts_with('{') || d == p)
    };
    let method = request.method.to_lowercase();
    let paths = CONTRACT["paths"].as_object().unwrap();
    let found = paths.iter().find(|(path, _)| matches(path)).and_then(|(_, at)| at.get(&method));
    found.ok_or_else(|| format!("nobody describes {method} {}", request.path))
}

/// Whether a value is what a schema describes. With `strict` it has nothing
/// that is not described.
fn fits(value: &Value, schema: &Value, place: &str, strict: bool) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return fits(value, &CONTRACT["components"]["schemas"][name], place, strict);
    }
    for any in ["anyOf", "oneOf"] {
        if let Some(ways) = schema[any].as_array() {
            let fit = ways.iter().any(|way| fits(value, way, place, strict).is_ok());
            return if fit { Ok(()) } else { Err(format!("{place} is {value}")) };
        }
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    if !types.is_empty() && !types.iter().any(|wanted| is(value, wanted)) {
        return Err(format!("{place} is {value}, and no {types:?}"));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return Err(format!("{place} is {value}, and none of {}", schema["enum"]));
    }
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        for item in items {
            fits(item, schema, place, strict)?;
        }
    }
    let Some(object) = value.as_object() else { return Ok(()) };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(name.as_str().unwrap()) {
            return Err(format!("{place} has no {name}"));
        }
    }
    for (name, value) in object {
        let place = format!("{place}.{name}");
        match schema["properties"].get(name) {
            Some(schema) => fits(value, schema, &place, strict)?,
            None if strict => return Err(format!("{place} is not described")),
            None => {}
        }
    }
    Ok(())
}

fn is(value: &Value, wanted: &Value) -> bool {
    match wanted.as_str().unwrap_or_default() {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type {other}"),
    }
}

#[test]
fn the_contract_finds_what_is_wrong() {
    let issue = super::stand_in::issue(1, "t", true);
    let path = "/repos/o/r/issues/1".to_owned();
    let request = |body: &str| Request {
        method: "PATCH".into(),
        path: path.clone(),
        body: body.into(),
        ..Request::default()
    };
    let fine = Response::json(200, &issue);
    check(&request(r#"{"state":"closed"}"#), &fine).unwrap();
    assert!(check(&request(r#"{"state":"shut"}"#), &fine).is_err());
    assert!(check(&request(r#"{"status":"closed"}"#), &fine).is_err());
    assert!(check(&request("{}"), &Response::json(418, &issue)).is_err());
    let mut bare = issue.clone();
    bare.as_object_mut().unwrap().remove("html_url");
    assert!(check(&request("{}"), &Response::json(200, &bare)).is_err());
    let get = Request { method: "GET".into(), path, query: "x=1".into(), ..Request::default() };
    assert!(check(&get, &fine).is_err());
}
