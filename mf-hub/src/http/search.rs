//! `GET /util/search`: one word, looked for everywhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::resource::{ALL, Find, Resource};
use serde::Serialize;
use serde_json::{Value, json};

use super::call::Call;
use super::{envelope, verb};
use crate::hub::Hub;
use crate::params::{Given, Params};
use crate::store::Done;
use crate::store::list::Query;
use crate::store::roles::Caller;

/// Objects of each resource, unless the caller says how many.
const EACH: i64 = 20;

/// One object in which the word was found.
#[derive(Debug, Serialize)]
pub struct Found {
    /// Key of its resource.
    pub resource: String,
    /// Its label.
    pub label: String,
    /// Empty where it belongs to none.
    pub project_label: String,
    /// What it is called, or is about, or what has become of it.
    pub text: String,
}

/// Looks for a word in everything that the caller may see.
///
/// # Errors
/// The word is empty, or the database fails.
pub async fn search(call: Call) -> Result<Response, Error> {
    let word = call.values.text("mf_search_query").trim().to_owned();
    if word.is_empty() {
        return Err(Error::new(Code::InvalidValue, "mf_search_query is empty; give a word"));
    }
    let limit = call.values.int("limit").unwrap_or(EACH);
    let found = everywhere(&call.hub, &call.caller, &word, limit).await?;
    Ok(envelope::data(&json!({ "found": found })))
}

/// Everything that a caller may see and in which a word is found, at most so
/// many objects of each resource.
///
/// # Errors
/// The database fails.
pub async fn everywhere(
    hub: &Arc<Hub>,
    caller: &Caller,
    word: &str,
    limit: i64,
) -> Result<Vec<Found>, Error> {
    let (own, caller, word) = (Arc::clone(hub), caller.clone(), word.to_owned());
    let read = hub.readers.at_length(move || {
        let mut found = Vec::new();
        for resource in ALL.iter().filter(|resource| verb::has_rows(resource)) {
            found.extend(of(&own, &caller, resource, &word, limit)?);
        }
        // Who types a whole label means that one.
        found.sort_by_key(|found: &Found| found.label != word);
        Ok::<_, Error>(found)
    });
    read.await?
}

fn of(
    hub: &Hub,
    caller: &Caller,
    resource: &'static Resource,
    word: &str,
    limit: i64,
) -> Result<Vec<Found>, Error> {
    let (roles, sight) = (caller.roles(), caller.sight());
    let searched = resource.fields().any(|field| field.find == Find::Search);
    if !searched || !resource.readers().meets(roles) {
        return Ok(Vec::new());
    }
    let given = |text: &str| Given::Texts(vec![text.to_owned()]);
    let params = [("mf_search_query", given(word)), ("order", given("-id"))];
    let params = params.map(|(name, value)| (name.to_owned(), value));
    let query = Query::read(resource, Params(BTreeMap::from(params)))?;
    let page = hub.readers.read(|db| -> Done<_> { query.page(db, sight, roles, limit) })?;
    let list = [b"[", page.objects.as_slice(), b"]"].concat();
    let objects: Vec<Value> = serde_json::from_slice(&list)
        .map_err(|error| Error::new(Code::Internal, format!("a list is no JSON: {error}")))?;
    Ok(objects.iter().map(|object| found(resource, object)).collect())
}

fn found(resource: &Resource, object: &Value) -> Found {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let about = ["status_label", "summary", "display_name", "about"];
    Found {
        resource: resource.key(),
        label: text("label"),
        project_label: text("project_label"),
        text: about.into_iter().map(text).find(|text| !text.is_empty()).unwrap_or_default(),
    }
}
