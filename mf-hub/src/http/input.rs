//! Query, form and JSON body into one map.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use mf_core::error::{Code, Error};
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};

use super::session::Checked;
use crate::params::{Given, Params};

/// Largest body that is read whole, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// The same of somebody without a key, and of what only reads: such requests
/// can be sent by anybody in any number, and each is in memory until it is read.
pub const STRANGERS_LIMIT: usize = 64 * 1024;
/// Longest that a body which is read whole may take.
const BODY_TIME: Duration = Duration::from_secs(30);

/// All parameters of a request. Those in `secrets` are taken from a body
/// only, because addresses are logged on their way.
///
/// # Errors
/// The body is too large, too slow, of an unknown type or not what its type
/// says; a parameter is given in two places with different values.
pub async fn params(parts: &Parts, body: Body, secrets: &[&str]) -> Result<Params, Error> {
    params_within(parts, body, secrets, most(parts)).await
}

/// The same, of a body of at most so many bytes.
///
/// # Errors
/// As [`params`].
pub async fn params_within(
    parts: &Parts,
    body: Body,
    secrets: &[&str],
    most: usize,
) -> Result<Params, Error> {
    let query = query(parts)?;
    if let Some(name) = secrets.iter().find(|name| query.0.contains_key(**name)) {
        let told = format!("{name} is taken from a body only: an address is no place for a secret");
        return Err(Error::new(Code::Malformed, told));
    }
    let body = bytes(body, most).await?;
    merge(query, of_body(&parts.headers, &body)?)
}

/// The parameters in the address alone.
///
/// # Errors
/// One of them is no text.
pub fn query(parts: &Parts) -> Result<Params, Error> {
    form(parts.uri.query().unwrap_or_default().as_bytes())
}

/// A whole body as one JSON value.
///
/// # Errors
/// It is too large, too slow, or not such a value.
pub async fn wire<T: DeserializeOwned>(parts: &Parts, body: Body) -> Result<T, Error> {
    let body = bytes(body, most(parts)).await?;
    if !body.is_empty() && media(&parts.headers)? != Media::Json {
        return Err(unsupported("a form"));
    }
    let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
    serde_json::from_slice(body).map_err(|error| malformed(&error))
}

/// A whole body as JSON of any shape; a form's fields as one object, but what
/// a form has as `payload` is JSON of its own.
///
/// # Errors
/// As [`wire`].
pub async fn loose(parts: &Parts, body: Body) -> Result<serde_json::Value, Error> {
    let body = bytes(body, most(parts)).await?;
    if body.is_empty() {
        return Ok(serde_json::Value::Null);
    }
    let json = |text: &[u8]| serde_json::from_slice(text).map_err(|error| malformed(&error));
    if media(&parts.headers)? == Media::Json {
        return json(&body);
    }
    let fields: serde_json::Map<String, serde_json::Value> =
        form_urlencoded::parse(&body).map(|(name, text)| (name.into(), text.into())).collect();
    match fields.get("payload").and_then(serde_json::Value::as_str) {
        Some(payload) => json(payload.as_bytes()),
        None => Ok(fields.into()),
    }
}

/// How large a body may be. Whoever says to have a key was asked for it before
/// the body of what changes anything is read; so was the form of a page.
fn most(parts: &Parts) -> usize {
    let known = parts.headers.contains_key(header::AUTHORIZATION) && !parts.method.is_safe();
    let checked = parts.extensions.get::<Checked>().is_some();
    if known || checked { BODY_LIMIT } else { STRANGERS_LIMIT }
}

/// A whole body, within the limits.
async fn bytes(body: Body, most: usize) -> Result<Vec<u8>, Error> {
    let read = tokio::time::timeout(BODY_TIME, whole(body, most)).await;
    read.unwrap_or_else(|_| {
        Err(Error::new(Code::BrokenOff, "the body did not come within 30 seconds"))
    })
}

async fn whole(body: Body, most: usize) -> Result<Vec<u8>, Error> {
    let mut chunks = body.into_data_stream();
    let mut all = Vec::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk
            .map_err(|error| Error::new(Code::BrokenOff, format!("the body broke off: {error}")))?;
        if all.len() + chunk.len() > most {
            let who = if most < BODY_LIMIT { ", the most without a key and for a GET" } else { "" };
            let told = format!("the body is larger than {most} bytes{who}");
            return Err(Error::new(Code::TooLarge, told));
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

/// The types of bodies that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    Json,
    Form,
}

fn media(headers: &HeaderMap) -> Result<Media, Error> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = given.unwrap_or("nothing").split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "application/json" => Ok(Media::Json),
        "application/x-www-form-urlencoded" => Ok(Media::Form),
        other => Err(unsupported(other)),
    }
}

fn unsupported(given: &str) -> Error {
    let given: String = given.chars().take(80).collect();
    let told = format!(
        "a body of the type {given:?} is not understood; send application/json or application/x-www-form-urlencoded"
    );
    Error::new(Code::UnsupportedMedia, told)
}

fn of_body(headers: &HeaderMap, body: &[u8]) -> Result<Params, Error> {
    if body.is_empty() {
        return Ok(Params::default());
    }
    match media(headers)? {
        Media::Form => form(body),
        Media::Json => {
            let object: Object = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
            Ok(Params(object.0))
        }
    }
}

fn malformed(error: &serde_json::Error) -> Error {
    Error::new(Code::Malformed, format!("the body is not the JSON that is expected: {error}"))
}

/// # Errors
/// What is no UTF-8 would be read with other letters in its place.
fn form(text: &[u8]) -> Result<Params, Error> {
    if String::from_utf8(decoded(text)).is_err() {
        let told = "a parameter is not UTF-8, in which all text is";
        return Err(Error::new(Code::Malformed, told));
    }
    let mut all: BTreeMap<String, Given> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(text) {
        let entry = all.entry(name.into_owned()).or_insert_with(|| Given::Texts(Vec::new()));
        if let Given::Texts(texts) = entry {
            texts.push(value.into_owned());
        }
    }
    Ok(Params(all))
}

/// The bytes that percent signs stand for, and all others.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    let (mut bytes, mut at) = (Vec::with_capacity(text.len()), 0);
    while let Some(byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                // Two digits of four bits each.
                bytes.push((high << 4 | low) as u8);
                at += 3;
            }
            _ => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    bytes
}

/// Puts both places together. The same parameter in both must say the same:
/// otherwise one place could be checked and the other believed.
fn merge(query: Params, body: Params) -> Result<Params, Error> {
    let mut all = body;
    for (name, given) in query.0 {
        match all.0.get(&name) {
            Some(other) if texts(other) != texts(&given) => {
                let told = format!("{name:?} is given in the address and in the body, and differs");
                return Err(Error::new(Code::Malformed, told));
            }
            Some(_) => {}
            None => {
                all.0.insert(name, given);
            }
        }
    }
    Ok(all)
}

/// What is given, as texts that can be compared.
fn texts(given: &Given) -> Vec<String> {
    use serde_json::Value as Json;
    match given {
        Given::Texts(texts) => texts.clone(),
        Given::Json(Json::Array(items)) => {
            items.iter().map(|item| item.as_str().map_or(item.to_string(), str::to_owned)).collect()
        }
        Given::Json(Json::String(text)) => vec![text.clone()],
        Given::Json(other) => vec![other.to_string()],
    }
}

/// A JSON object in which no key stands twice.
struct Object(BTreeMap<String, Given>);

impl<'de> serde::Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor).map(Object)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = BTreeMap<String, Given>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = BTreeMap::new();
        let mut seen = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format!("the key {name:?} stands twice")));
            }
            all.insert(name, Given::Json(map.next_value()?));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(media: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, media.parse().unwrap())])
    }

    #[test]
    fn a_key_twice_and_two_places_that_differ_are_malformed() {
        let json = headers("application/json; charset=utf-8");
        let error = of_body(&json, br#"{"label":"a","label":"b"}"#).unwrap_err();
        assert_eq!(error.code, Code::Malformed);
        let body = || of_body(&json, br#"{"label":"a","archs":["x","y"]}"#).unwrap();
        assert!(merge(form(b"label=a&archs=x&archs=y").unwrap(), body()).is_ok());
        assert_eq!(merge(form(b"label=b").unwrap(), body()).unwrap_err().code, Code::Malformed);
    }

    #[test]
    fn what_is_no_utf_8_is_refused_and_not_mended() {
        for text in [&b"a=%ff"[..], b"%c3%28=x", b"a=\xff", b"a=%ED%A0%80", b"a=x&b=%e4"] {
            assert_eq!(form(text).unwrap_err().code, Code::Malformed, "{text:?}");
        }
        let given = |text: &str| form(text.as_bytes()).unwrap().take_text("a").unwrap().unwrap();
        assert_eq!(given("a=%EF%BF%BD+%C3%a4%zz%"), "\u{fffd} ä%zz%");
    }

    #[test]
    fn a_foreign_type_and_a_list_are_refused() {
        let error = of_body(&headers("text/plain"), b"label=a").unwrap_err();
        assert_eq!(error.code, Code::UnsupportedMedia);
        let error = of_body(&HeaderMap::new(), b"label=a").unwrap_err();
        assert_eq!(error.code, Code::UnsupportedMedia);
        let error = of_body(&headers("application/json"), b"[1]").unwrap_err();
        assert_eq!(error.code, Code::Malformed);
    }
}
