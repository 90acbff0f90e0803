//! `{"data": …, "errors": …}` around everything.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use mf_core::error::Error;
use serde::Serialize;

use super::etag;

/// What stands before the value of one key of `data`.
pub fn open(key: &str) -> Vec<u8> {
    format!("{{\"data\":{{\"{key}\":").into_bytes()
}

/// What stands after the last value of `data`.
pub const CLOSE: &[u8] = b"},\"errors\":{}}";

/// The text of a reply with one value under one key.
pub fn text(key: &str, value: &[u8]) -> Vec<u8> {
    [&open(key), value, CLOSE].concat()
}

/// A reply with one object, and its version.
pub fn object(key: &str, object: &[u8]) -> Response {
    let mut response = json(Body::from(text(key, object)));
    response.headers_mut().insert(header::ETAG, etag::of(object));
    response
}

/// A reply whose whole `data` is given; it must be a map or a struct.
pub fn data<T: Serialize>(data: &T) -> Response {
    json(Body::from(data_text(data)))
}

/// The text of such a reply.
pub fn data_text<T: Serialize>(data: &T) -> Vec<u8> {
    let mut body = b"{\"data\":".to_vec();
    if let Err(error) = serde_json::to_writer(&mut body, data) {
        // Only maps with keys that are no text get here: a mistake of ours.
        tracing::error!("a reply cannot be written: {error}");
    }
    body.extend_from_slice(b",\"errors\":{}}");
    body
}

/// A reply without data.
pub fn empty() -> Response {
    json(Body::from("{\"data\":{},\"errors\":{}}"))
}

/// The text of an error.
pub fn refused(error: &Error) -> String {
    serde_json::json!({ "data": {}, "errors": { error.code.name(): error.sentence } }).to_string()
}

/// The body of an error; the status is set elsewhere.
pub fn refusal(error: &Error) -> Response {
    json(Body::from(refused(error)))
}

/// A reply of JSON text.
pub fn json(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // What one caller may see is no other's business.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
