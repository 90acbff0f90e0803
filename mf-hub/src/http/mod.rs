//! HTTP: the whole URL table.
//!
//! Every path comes from the resource table, in both spellings of a resource
//! and with and without `.json`; the verbs have it always.

pub mod about;
pub mod bug;
pub mod call;
pub mod caller;
pub mod cancel;
pub mod cause;
pub mod claim;
pub mod comment;
pub mod connection;
pub mod download;
pub mod drain;
pub mod enrol;
pub mod envelope;
pub mod errand;
pub mod error;
pub mod etag;
pub mod file;
pub mod function;
pub mod group;
pub mod head;
pub mod history;
pub mod input;
pub mod key;
pub mod limits;
pub mod lines;
pub mod log;
pub mod openapi;
pub mod password;
pub mod patient;
pub mod pause;
pub mod peer;
pub mod plan;
mod plugin;
pub mod prioritize;
pub mod ranges;
pub mod repository;
pub mod request;
pub mod retry;
pub mod room;
pub mod search;
pub mod serve;
pub mod session;
pub mod sign_in;
pub mod stream;
pub mod tag;
pub mod terms;
pub mod throttle;
pub mod tls;
pub mod util;
pub mod verb;
pub mod why;
pub mod worker;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{Method, Request, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, delete, get, post, put};
use mf_core::error::{Code, Error};
use mf_core::resource::{ALL, Function, On, Resource, VERBS};
use serde::de::DeserializeOwned;

use crate::hub::Hub;
use error::Refusal;

type Routes = Router<Arc<Hub>>;

/// Everything that the hub answers.
pub fn router(hub: Arc<Hub>) -> Router {
    let mut router = Router::new();
    for resource in ALL {
        for spelling in spellings(resource) {
            router = verbs(router, resource, &spelling);
            for function in resource.functions {
                router = function_routes(router, resource, function, &spelling);
            }
        }
    }
    let router = crate::web::routes(root(router))
        .route("/download", get(linked))
        .route("/openapi.json", get(openapi::serve))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .with_state(hub);
    limits::around(router)
}

/// `package-branch` and `package_branch`.
pub(crate) fn spellings(resource: &Resource) -> Vec<String> {
    let mut both = vec![resource.key()];
    if resource.key().contains('_') {
        both.push(resource.key().replace('_', "-"));
    }
    both
}

fn verbs(router: Routes, resource: &'static Resource, at: &str) -> Routes {
    if !verb::has_rows(resource) {
        return VERBS.iter().fold(router, |router, verb| {
            router
                .route(&format!("/{at}/{verb}.json"), any(wrong_method))
                .route(&format!("/{at}/{{label}}/{verb}.json"), any(wrong_method))
        });
    }
    let one = move |State(hub): State<Arc<Hub>>, Known(label): Known<String>, request| async move {
        verb::get_one(hub, resource, label, taken(request)).await.map_err(Refusal)
    };
    let all = move |State(hub): State<Arc<Hub>>, request| async move {
        verb::get_all(hub, resource, taken(request)).await.map_err(Refusal)
    };
    let make = move |State(hub): State<Arc<Hub>>, request| async move {
        verb::post(hub, resource, taken(request)).await.map_err(Refusal)
    };
    let change = move |State(hub): State<Arc<Hub>>, Known(label): Known<String>, request| async move {
        verb::put(hub, resource, label, taken(request)).await.map_err(Refusal)
    };
    let remove = move |State(hub): State<Arc<Hub>>, Known(label): Known<String>, request| async move {
        verb::delete(hub, resource, label, taken(request)).await.map_err(Refusal)
    };
    router
        .route(&format!("/{at}/{{label}}/get_one.json"), get(one))
        // Older clients ask so for one object.
        .route(&format!("/{at}/{{label}}/get_all.json"), get(one))
        .route(&format!("/{at}/get_all.json"), get(all))
        .route(&format!("/{at}/post.json"), post(make))
        .route(&format!("/{at}/{{label}}/put.json"), put(change))
        .route(&format!("/{at}/{{label}}/delete.json"), delete(remove))
}

fn function_routes(
    router: Routes,
    resource: &'static Resource,
    function: &'static Function,
    at: &str,
) -> Routes {
    let name = function.name;
    let Some(route) = bound(resource, function) else { return router };
    match function.on {
        On::All => router
            .route(&format!("/{at}/{name}"), route.clone())
            .route(&format!("/{at}/{name}.json"), route),
        On::One => router
            .route(&format!("/{at}/{{label}}/{name}"), route.clone())
            .route(&format!("/{at}/{{label}}/{name}.json"), route),
        On::Part => router.route(&format!("/{at}/{{label}}/{name}/{{part}}"), route),
    }
}

/// The method and handler of a function; `None` when it has no body, which a
/// test does not let happen.
fn bound(
    resource: &'static Resource,
    function: &'static Function,
) -> Option<MethodRouter<Arc<Hub>>> {
    let bound = function::bound(resource, function)?;
    let handler = move |State(hub): State<Arc<Hub>>,
                        Known(path): Known<function::Path>,
                        request: Request<Body>| async move {
        let request = taken(request);
        function::call(hub, resource, function, bound, path, request).await.map_err(Refusal)
    };
    Some(if function.writes { post(handler) } else { get(handler) })
}

/// What belongs to no resource.
fn root(router: Routes) -> Routes {
    let url = mf_core::resource::find("util").and_then(|util| {
        let function = util.function("get_file_download_url")?;
        bound(util, function)
    });
    match url {
        Some(route) => router
            .route("/root/get_file_download_url", route.clone())
            .route("/root/get_file_download_url.json", route),
        None => router,
    }
}

async fn linked(State(hub): State<Arc<Hub>>, request: Request<Body>) -> Result<Response, Refusal> {
    download::download(hub, taken(request).0).await.map_err(Refusal)
}

fn taken(request: Request<Body>) -> (Parts, Body) {
    request.into_parts()
}

/// The names in a path; one that is no text is in no database.
pub(crate) struct Known<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Known<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(names)) => Ok(Self(names)),
            Err(_) => Err(Refusal(Error::new(Code::NotFound, "the path is not UTF-8"))),
        }
    }
}

async fn unknown(uri: Uri) -> Response {
    let path: String = uri.path().chars().take(200).collect();
    let told = format!("there is nothing at {path:?}; resources are at /<resource>/get_all.json");
    Refusal(Error::new(Code::NotFound, told)).into_response()
}

/// Routes add which methods there are, for OPTIONS as for the others.
async fn wrong_method(request: Request<Body>) -> Response {
    if request.method() == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let path: String = request.uri().path().chars().take(200).collect();
    let told = format!("{path:?} does not answer {}", request.method());
    Refusal(Error::new(Code::MethodNotAllowed, told)).into_response()
}
