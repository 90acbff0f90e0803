//! The pages: home, any list, any object.

use axum::http::request::Parts;
use mf_core::VERSION;
use mf_core::error::Error;
use mf_core::resource::{self, ALL, Field, Kind, Resource, Scope};
use serde_json::Value;

use super::html::{Page, encoded};
use crate::http::input;
use crate::hub::Hub;
use crate::params::Given;
use crate::store::list::Query;
use crate::store::roles::{self, Caller};
use crate::store::{Done, find, render};

/// Objects on one page of a list, unless the address says otherwise.
const ROWS: i64 = 100;

/// `/`.
pub fn home() -> String {
    let mut page = Page::new("MonkeyFarm");
    page.raw("<p>This is the hub of a build farm, version ");
    page.text(VERSION);
    page.raw(".</p><ul>");
    for resource in ALL.iter().filter(|resource| resource.scope != Scope::NoRows) {
        page.raw("<li>");
        page.link(&format!("/{}", resource.name), &resource.plural().replace('_', " "));
        page.raw(": ");
        page.text(resource.about);
        page.raw("</li>");
    }
    page.raw("</ul><p>");
    page.link("/docs", "The API");
    page.raw(" answers beside the pages, such as at ");
    page.link("/build/get_all.json?limit=10&order=-id", "/build/get_all.json");
    page.raw(" and ");
    page.link("/util/status.json", "/util/status.json");
    page.raw(".</p>");
    page.end()
}

/// An error, for people.
pub fn refusal(error: &Error) -> String {
    let mut page = Page::new(&error.code.name());
    page.raw("<p>");
    page.text(&error.sentence);
    page.raw(".</p>");
    page.end()
}

/// `/RESOURCE`: the newest first; filters as in the API.
///
/// # Errors
/// A parameter is wrong.
pub fn list(
    hub: &Hub,
    caller: &Caller,
    resource: &'static Resource,
    parts: &Parts,
) -> Result<String, Error> {
    let mut params = input::query(parts);
    params.0.entry("order".into()).or_insert_with(|| Given::Texts(vec!["-id".into()]));
    let query = Query::read(resource, params)?;
    let limit = query.limit.unwrap_or(ROWS);
    let found = hub.readers.read(|db| query.page(db, caller.sight(), caller.roles(), limit))?;
    let objects: Vec<Value> = parsed(&[b"[", found.objects.as_slice(), b"]"].concat())?;
    let mut page = Page::new(&resource.plural().replace('_', " "));
    page.raw("<table>");
    for object in &objects {
        page.raw("<tr><td>");
        let project = text(object, "project_label");
        link(&mut page, resource, text(object, "label"), project);
        for name in ["project_label", "status_label", "display_name", "create_date"] {
            if resource.field(name).is_some() {
                page.raw("</td><td>");
                page.text(text(object, name));
            }
        }
        page.raw("</td></tr>\n");
    }
    page.raw("</table>");
    if let Some(next) = found.next {
        page.raw("<p>");
        page.link(&next_page(resource, parts, &next), "more");
        page.raw("</p>");
    }
    Ok(page.end())
}

/// The same list, from where this page ended.
fn next_page(resource: &Resource, parts: &Parts, after: &str) -> String {
    let query = parts.uri.query().unwrap_or_default();
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "after");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("after", after)
        .finish();
    format!("/{}?{query}", resource.name)
}

/// `/RESOURCE/LABEL?project_label=`: every field.
///
/// # Errors
/// There is no such object.
pub fn detail(
    hub: &Hub,
    caller: &Caller,
    resource: &'static Resource,
    label: &str,
    parts: &Parts,
) -> Result<String, Error> {
    let project = input::query(parts).take_text("project_label")?;
    let object = hub.readers.read(|db| -> Done<Vec<u8>> {
        let found = find::object(db, resource, label, project.as_deref(), caller.sight())?;
        let roles = roles::on(db, caller, resource, found.id)?;
        render::object(db, resource, found.id, roles)
    })?;
    let object: Value = parsed(&object)?;
    let mut page = Page::new(&format!("{} {label}", resource.name));
    page.raw("<table>");
    for field in resource.fields() {
        let Some(value) = object.get(field.name) else { continue };
        page.raw("<tr><th>");
        page.text(&field.name.replace("_label", "").replace('_', " "));
        page.raw("</th><td>");
        show(&mut page, resource, field, value, &object);
        page.raw("</td></tr>\n");
    }
    page.raw("</table>");
    Ok(page.end())
}

fn show(page: &mut Page, resource: &Resource, field: &Field, value: &Value, object: &Value) {
    let project = text(object, "project_label");
    let project = if resource.name == "project" { text(object, "label") } else { project };
    let to = match field.kind {
        Kind::Ref { to, .. } | Kind::Refs { to, .. } | Kind::Back { of: to, .. } => {
            resource::find(to)
        }
        _ => None,
    };
    let part = match field.name {
        "logs" | "files" | "sources" | "configs" if resource.name == "task" => {
            Some(field.name.trim_end_matches('s'))
        }
        _ => None,
    };
    let one = |page: &mut Page, text: &str| match (to, part) {
        (Some(to), _) if !text.is_empty() => link(page, to, text, project),
        (None, Some(part)) => {
            let of = encoded(self::text(object, "label"));
            let (name, project) = (encoded(text), encoded(project));
            page.link(&format!("/task/{of}/{part}/{name}?project_label={project}"), text);
        }
        _ => page.text(text),
    };
    match value {
        Value::String(text) => one(page, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    page.raw("<br>");
                }
                match item {
                    Value::String(text) => one(page, text),
                    other => page.text(&other.to_string()),
                }
            }
        }
        other => page.text(&other.to_string()),
    }
}

fn link(page: &mut Page, to: &Resource, label: &str, project: &str) {
    let path = match to.scope {
        Scope::Project => {
            format!("/{}/{}?project_label={}", to.name, encoded(label), encoded(project))
        }
        _ => format!("/{}/{}", to.name, encoded(label)),
    };
    page.link(&path, label);
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn parsed<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        tracing::error!("what the hub renders is no JSON: {error}");
        Error::new(mf_core::error::Code::Internal, "the page could not be made")
    })
}
