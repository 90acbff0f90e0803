//! Pages, and errors as pages, on their way to the visitor.

use askama::Template;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mf_core::error::{Code, Error};

use super::cell::Link;
use super::escape::encoded;
use super::frame::Frame;
use super::instead;
use super::visit::Visit;
use crate::http::error::{Refusal, status};

/// What a page may load and do: what is ours, and nothing inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// An error as a page.
#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    frame: Frame,
    heading: String,
    sentence: String,
    links: Vec<Link>,
}

/// A page as text.
///
/// # Errors
/// A template is wrong: a mistake of ours.
pub fn text(page: &impl Template) -> Result<String, Error> {
    page.render().map_err(|error| {
        tracing::error!("a page cannot be written: {error}");
        Error::new(Code::Internal, "the page could not be made")
    })
}

/// A page, or its error: as a page for who reads pages, else as the API says it.
pub fn page(visit: &Visit, page: Result<String, Error>) -> Response {
    match page {
        Ok(page) => html(StatusCode::OK, page),
        Err(error) if reads_pages(&visit.parts) && error.code != Code::Internal => {
            refusal(visit, &error)
        }
        Err(error) => Refusal(error).into_response(),
    }
}

/// Whether who asks reads pages rather than JSON.
pub fn reads_pages(parts: &Parts) -> bool {
    let accept = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// An error as a page, with what to do next.
pub fn refusal(visit: &Visit, error: &Error) -> Response {
    let heading = heading(error.code);
    let mut links = match error.code {
        Code::NotFound | Code::MissingField => instead::of(visit),
        _ => Vec::new(),
    };
    links.push(Link::new("/", "Start page"));
    if visit.caller.holder.is_none()
        && matches!(error.code, Code::NotFound | Code::Unauthorized | Code::Forbidden)
    {
        let at = visit.parts.uri.path_and_query().map_or("/", |at| at.as_str());
        links.push(Link::new(format!("/sign-in?back={}", encoded(at)), "Sign in to see more"));
    }
    let sentence = super::sentence(&error.sentence);
    let frame = Frame::new(visit, &heading);
    match text(&RefusalPage { frame, heading, sentence, links }) {
        Ok(page) => html(status(error.code), page),
        Err(error) => Refusal(error).into_response(),
    }
}

fn heading(code: Code) -> String {
    match code {
        Code::NotFound => "There is nothing here".into(),
        Code::Unauthorized => "Sign in first".into(),
        Code::Forbidden => "Not allowed".into(),
        Code::Busy | Code::TooMany => "Try again in a moment".into(),
        Code::DiskFull => "The hub's disk is full".into(),
        _ => "That did not work".into(),
    }
}

/// HTML with the headers that every page has.
pub fn html(status: StatusCode, page: String) -> Response {
    let mut response = Response::new(page.into());
    *response.status_mut() = status;
    set(response.headers_mut(), header::CONTENT_TYPE, "text/html; charset=utf-8");
    guard(response.headers_mut());
    response
}

/// Sends the visitor on to another page of ours.
pub fn see(path: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    let value = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, value);
    guard(response.headers_mut());
    response
}

fn guard(headers: &mut HeaderMap) {
    set(headers, header::CONTENT_SECURITY_POLICY, POLICY);
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::REFERRER_POLICY, "same-origin");
    // What one visitor may see is no other's business.
    set(headers, header::CACHE_CONTROL, "no-store");
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
