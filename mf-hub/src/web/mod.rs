//! Pages for people: plain, without a script, from the resource table.

mod docs;
mod html;
mod page;
mod repository;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use mf_core::error::{Code, Error};
use mf_core::resource::{ALL, Resource, Scope};

use crate::http::error::{Refusal, status};
use crate::http::{Known, caller, spellings};
use crate::hub::Hub;

/// What a page may load: our style, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The style of all pages.
const STYLE: &str = include_str!("style.css");

/// Adds `/`, `/docs`, `/RESOURCE` and `/RESOURCE/LABEL`.
pub fn routes(mut router: Router<Arc<Hub>>) -> Router<Arc<Hub>> {
    router = router.route("/", get(home)).route("/style.css", get(style)).route("/docs", get(docs));
    router = router
        .route("/repo", get(repositories))
        .route("/repo/", get(repositories))
        .route("/repo/{*path}", get(in_repositories));
    for resource in ALL.iter().filter(|resource| resource.scope != Scope::NoRows) {
        let list = move |State(hub): State<Arc<Hub>>, parts: Parts| async move {
            answer(
                &parts,
                caller::of(&hub, &parts)
                    .and_then(|caller| page::list(&hub, &caller, resource, &parts)),
            )
        };
        let detail = move |State(hub): State<Arc<Hub>>,
                           Known(label): Known<String>,
                           parts: Parts| async move {
            answer(&parts, detail(&hub, resource, &label, &parts))
        };
        for at in spellings(resource) {
            router = router
                .route(&format!("/{at}"), get(list))
                .route(&format!("/{at}/{{label}}"), get(detail));
        }
    }
    router
}

fn detail(
    hub: &Hub,
    resource: &'static Resource,
    label: &str,
    parts: &Parts,
) -> Result<String, Error> {
    let caller = caller::of(hub, parts)?;
    page::detail(hub, &caller, resource, label, parts)
}

async fn repositories(State(hub): State<Arc<Hub>>, parts: Parts) -> Response {
    of_repositories(&hub, &parts, "")
}

async fn in_repositories(
    State(hub): State<Arc<Hub>>,
    Known(path): Known<String>,
    parts: Parts,
) -> Response {
    of_repositories(&hub, &parts, &path)
}

fn of_repositories(hub: &Hub, parts: &Parts, path: &str) -> Response {
    match repository::answer(hub, parts, path) {
        Ok(repository::Answer::Page(page)) => answer(parts, Ok(page)),
        Ok(repository::Answer::Bytes(response)) => response,
        Err(error) => answer(parts, Err(error)),
    }
}

async fn home() -> Response {
    html(StatusCode::OK, page::home())
}

async fn docs() -> Response {
    html(StatusCode::OK, docs::page())
}

async fn style() -> Response {
    let mut response = Response::new(STYLE.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css"));
    response
}

/// A page, or its error: as a page for who reads pages, else as the API says it.
fn answer(parts: &Parts, page: Result<String, Error>) -> Response {
    let reads_pages = parts
        .headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    match page {
        Ok(page) => html(StatusCode::OK, page),
        Err(error) if reads_pages && error.code != Code::Internal => {
            html(status(error.code), page::refusal(&error))
        }
        Err(error) => Refusal(error).into_response(),
    }
}

fn html(status: StatusCode, page: String) -> Response {
    let mut response = Response::new(page.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, "text/html; charset=utf-8");
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CACHE_CONTROL, "no-store");
    response
}
