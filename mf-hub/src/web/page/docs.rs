//! `/docs`: the API for people, made from the document that programs read.

use std::sync::LazyLock;

use askama::Template;
use mf_core::error::Error;
use serde_json::{Map, Value};

use crate::http::openapi;
use crate::web::answer;
use crate::web::escape::Writing as Page;
use crate::web::frame::Frame;
use crate::web::visit::Visit;

static BODY: LazyLock<String> = LazyLock::new(|| write(openapi::document()));

#[derive(Template)]
#[template(path = "docs.html")]
struct Docs {
    frame: Frame,
    /// HTML: everything in it is escaped where it is written.
    body: &'static str,
}

/// The page.
///
/// # Errors
/// It cannot be made.
pub fn page(visit: &Visit) -> Result<String, Error> {
    answer::text(&Docs { frame: Frame::new(visit, "The API"), body: &BODY })
}

fn write(document: &Value) -> String {
    let mut page = Page::default();
    prose(&mut page, text(&document["info"], "description"));
    page.raw("<p>For programs: ");
    page.link("/openapi.json", "/openapi.json");
    page.raw(", OpenAPI 3.1.</p>\n<nav><ul class=\"index\">");
    let tags: Vec<&Value> = items(&document["tags"]).collect();
    for tag in &tags {
        page.raw("<li>");
        page.link(&format!("#{}", text(tag, "name")), text(tag, "name"));
        page.raw("</li>");
    }
    page.raw("<li><a href=\"#errors\">errors</a></li></ul></nav>\n");
    for tag in tags {
        resource(&mut page, document, tag);
    }
    errors(&mut page, document);
    page.0
}

/// A resource: its fields, and its operations.
fn resource(page: &mut Page, document: &Value, tag: &Value) {
    let name = text(tag, "name");
    page.raw("<section id=\"");
    page.text(name);
    page.raw("\"><h2>");
    page.text(name);
    page.raw("</h2><p>");
    page.text(text(tag, "description"));
    page.raw(".</p>\n");
    let object = &document["components"]["schemas"][name.replace('-', "_")];
    if object.is_object() {
        page.raw("<details><summary>Fields</summary>");
        fields(page, document, object);
        page.raw("</details>\n");
    }
    for (path, item) in entries(&document["paths"]) {
        for (method, operation) in entries(item).filter(|(_, value)| value.is_object()) {
            if items(&operation["tags"]).any(|tag| tag.as_str() == Some(name)) {
                self::operation(page, document, (method, path), item, operation);
            }
        }
    }
    page.raw("</section>\n");
}

fn operation(
    page: &mut Page,
    document: &Value,
    (method, path): (&str, &str),
    item: &Value,
    operation: &Value,
) {
    page.raw("<details id=\"");
    page.text(text(operation, "operationId"));
    page.raw("\"><summary><b class=\"");
    page.text(method);
    page.raw("\">");
    page.text(&method.to_uppercase());
    page.raw("</b> <code>");
    page.text(path);
    page.raw("</code> <span>");
    page.text(text(operation, "summary"));
    page.raw("</span></summary><p>");
    page.text(text(operation, "description"));
    let also: Vec<&str> = items(&item["x-also"]).filter_map(Value::as_str).collect();
    if !also.is_empty() {
        page.raw(" Also at ");
        list(page, &also);
        page.raw(".");
    }
    page.raw("</p>\n");
    parameters(page, operation);
    if let Some((_, media)) = entries(&operation["requestBody"]["content"]).next() {
        page.raw("<h3>Body</h3>");
        let kinds: Vec<&str> =
            entries(&operation["requestBody"]["content"]).map(|(k, _)| k).collect();
        page.raw("<p>");
        list(page, &kinds);
        page.raw("</p>");
        fields(page, document, &media["schema"]);
    }
    answers(page, document, operation);
    page.raw("</details>\n");
}

fn parameters(page: &mut Page, operation: &Value) {
    let all: Vec<&Value> = items(&operation["parameters"]).collect();
    if all.is_empty() {
        return;
    }
    page.raw("<h3>Parameters</h3><table>");
    for parameter in all {
        let place = match (text(parameter, "in"), parameter["required"] == true) {
            (place, true) => format!("{place}, required"),
            (place, false) => place.to_owned(),
        };
        let kind = kind(&parameter["schema"]);
        row(
            page,
            text(parameter, "name"),
            &format!("{place}; {kind}"),
            text(parameter, "description"),
        );
    }
    page.raw("</table>\n");
}

/// What a successful answer gives, and the statuses of others.
fn answers(page: &mut Page, document: &Value, operation: &Value) {
    page.raw("<h3>Answers</h3><table>");
    let mut refused = Vec::new();
    for (status, answer) in entries(&operation["responses"]) {
        if answer.get("$ref").is_some() {
            refused.push(status);
            continue;
        }
        for (media, content) in entries(&answer["content"]) {
            row(page, status, media, text(answer, "description"));
            let data = &content["schema"]["properties"]["data"];
            for (key, schema) in entries(&resolved(document, data)["properties"]) {
                row(page, &format!("data.{key}"), &kind(schema), text(schema, "description"));
            }
        }
    }
    page.raw("</table><p>Else ");
    for (index, status) in refused.into_iter().enumerate() {
        page.raw(if index > 0 { ", " } else { "" });
        page.link(&format!("#error-{status}"), status);
    }
    page.raw(".</p>\n");
}

fn errors(page: &mut Page, document: &Value) {
    page.raw("<section id=\"errors\"><h2>Errors</h2>");
    for (status, response) in entries(&document["components"]["responses"]) {
        page.raw("<h3 id=\"error-");
        page.text(status);
        page.raw("\">");
        page.text(status);
        page.raw("</h3>");
        text(response, "description").lines().for_each(|line| prose(page, line));
    }
    page.raw("</section>\n");
}

/// The properties of a schema.
fn fields(page: &mut Page, document: &Value, schema: &Value) {
    let schema = resolved(document, schema);
    let must: Vec<&str> = items(&schema["required"]).filter_map(Value::as_str).collect();
    page.raw("<table>");
    for (name, field) in entries(&schema["properties"]) {
        let mut kind = kind(field);
        if field["readOnly"] == true {
            kind += ", read-only";
        } else if must.contains(&name) {
            kind += ", required";
        }
        row(page, name, &kind, text(field, "description"));
    }
    page.raw("</table>\n");
}

fn row(page: &mut Page, name: &str, kind: &str, about: &str) {
    page.raw("<tr><th><code>");
    page.text(name);
    page.raw("</code><br><small>");
    page.text(kind);
    page.raw("</small></th><td>");
    page.text(about);
    page.raw("</td></tr>\n");
}

/// What values a schema has, in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap_or_default().replace('_', " ");
    }
    let kind = match &schema["type"] {
        Value::String(kind) if kind == "array" => {
            return format!("list of {}", self::kind(&schema["items"]));
        }
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")
        }
        _ => "any".into(),
    };
    let words: Vec<&str> = items(&schema["enum"]).filter_map(Value::as_str).collect();
    match (words.is_empty(), &schema["default"]) {
        (false, _) => words.join(", "),
        (true, Value::Null) => kind,
        (true, default) => format!("{kind}, default {default}"),
    }
}

/// Names with commas between.
fn list(page: &mut Page, names: &[&str]) {
    for (index, name) in names.iter().enumerate() {
        page.raw(if index > 0 { ", <code>" } else { "<code>" });
        page.text(name);
        page.raw("</code>");
    }
}

/// Paragraphs with `code` and **strong** words.
fn prose(page: &mut Page, text: &str) {
    for paragraph in text.split("\n\n") {
        page.raw("<p>");
        for (index, part) in paragraph.split("**").enumerate() {
            page.raw(if index % 2 == 1 { "<strong>" } else { "" });
            for (index, part) in part.split('`').enumerate() {
                page.raw(if index % 2 == 1 { "<code>" } else { "" });
                page.text(part);
                page.raw(if index % 2 == 1 { "</code>" } else { "" });
            }
            page.raw(if index % 2 == 1 { "</strong>" } else { "" });
        }
        page.raw("</p>\n");
    }
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let to = schema["$ref"].as_str().and_then(|to| document.pointer(to.trim_start_matches('#')));
    to.unwrap_or(schema)
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

fn items(of: &Value) -> impl Iterator<Item = &Value> {
    of.as_array().into_iter().flatten()
}

fn entries(of: &Value) -> impl Iterator<Item = (&str, &Value)> {
    of.as_object().into_iter().flat_map(Map::iter).map(|(key, value)| (key.as_str(), value))
}
