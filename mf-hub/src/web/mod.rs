//! Pages for people, at the addresses of what they show.
//!
//! They are whole without a script. The script of ours follows the events
//! that a page names and puts what has changed in its place; the page of a log
//! has one of its own. Nothing is loaded from elsewhere, and nothing in a page
//! runs that is not one of those two files.

mod act;
mod ansi;
mod answer;
mod asset;
mod banners;
mod cell;
mod errands;
mod escape;
mod files;
mod form;
mod frame;
mod instead;
mod keys;
mod made_by;
mod page;
mod past;
mod plot;
mod repository;
mod said;
mod sign_in;
mod strip;
mod uses;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use mf_core::error::Error;
use mf_core::resource::{ALL, Resource, Scope};

use crate::http::error::Refusal;
use crate::http::{Known, spellings};
use crate::hub::Hub;
use said::sentence;
use visit::Visit;

/// Adds every page.
pub fn routes(mut router: Router<Arc<Hub>>) -> Router<Arc<Hub>> {
    router = router
        .route("/", get(home))
        .route("/banners", get(only_banners))
        .route("/docs", get(docs))
        .route("/everything", get(everything))
        .route("/plugin", get(plugins))
        .route("/plugin/{named}", get(plugin))
        .route("/search", get(search))
        .route("/sign-in", get(sign_in_page).post(sign_in::sent))
        .route("/sign-out", post(sign_in::out))
        .route("/act/{resource}", post(act::create))
        .route("/act/util/{function}", post(act::of_farm))
        .route("/act/{resource}/{label}/{function}", post(act::call))
        .route("/assets/{version}/{name}", get(asset::serve))
        .route("/repo", get(repositories))
        .route("/repo/", get(repositories))
        .route("/repo/{*path}", get(in_repositories));
    for resource in ALL.iter().filter(|resource| resource.scope != Scope::NoRows) {
        let list = move |State(hub): State<Arc<Hub>>, parts: Parts| async move {
            show_at_length(hub, parts, |visit| page::list::page(visit, resource)).await
        };
        let detail = move |State(hub): State<Arc<Hub>>,
                           Known(label): Known<String>,
                           parts: Parts| async move {
            detail(hub, resource, &label, parts).await
        };
        for at in spellings(resource) {
            router = router
                .route(&format!("/{at}"), get(list))
                .route(&format!("/{at}/{{label}}"), get(detail));
        }
    }
    router
}

async fn home(State(hub): State<Arc<Hub>>, parts: Parts) -> Response {
    show_at_length(hub, parts, page::home::page).await
}

async fn only_banners(State(hub): State<Arc<Hub>>, parts: Parts) -> Response {
    show(hub, parts, banners::page)
}

async fn docs(State(hub): State<Arc<Hub>>, parts: Parts) -> Response {
    show(hub, parts, page::docs::page)
}

async fn everything(State(hub): State<Arc<Hub>>, parts: Parts) -> Response {
    show(hub, parts, page::everything::page)
}

async fn plugins(State(hub): State<Arc<Hub>>, parts: Parts) -> Response {
    show(hub, parts, page::plugins::list)
}

async fn plugin(
    State(hub): State<Arc<Hub>>,
    Known(named): Known<String>,
    parts: Parts,
) -> Response {
    show(hub, parts, |visit| page::plugins::one(visit, &named))
}

async fn sign_in_page(State(hub): State<Arc<Hub>>, parts: Parts) -> Response {
    show(hub, parts, sign_in::page)
}

async fn search(State(hub): State<Arc<Hub>>, parts: Parts) -> Response {
    match Visit::new(hub, parts) {
        Ok(visit) => {
            let made = page::search::page(&visit).await;
            answer::page(&visit, made)
        }
        Err((visit, error)) => answer::page(&visit, Err(error)),
    }
}

async fn repositories(State(hub): State<Arc<Hub>>, parts: Parts) -> Response {
    of_repositories(hub, parts, "")
}

async fn in_repositories(
    State(hub): State<Arc<Hub>>,
    Known(path): Known<String>,
    parts: Parts,
) -> Response {
    of_repositories(hub, parts, &path)
}

fn of_repositories(hub: Arc<Hub>, parts: Parts, path: &str) -> Response {
    let visit = match Visit::new(hub, parts) {
        Ok(visit) => visit,
        Err((visit, error)) => return answer::page(&visit, Err(error)),
    };
    match repository::answer(&visit, path) {
        Ok(repository::Answer::Page(page)) => answer::page(&visit, Ok(page)),
        Ok(repository::Answer::Bytes(response)) => response,
        Err(error) => answer::page(&visit, Err(error)),
    }
}

/// The page of one object: some have one of their own.
async fn detail(hub: Arc<Hub>, resource: &'static Resource, label: &str, parts: Parts) -> Response {
    let visit = match Visit::new(hub, parts) {
        Ok(visit) => visit,
        Err((visit, error)) => return answer::page(&visit, Err(error)),
    };
    let log = page::log::named(&visit.parts.uri);
    let made = match (resource.name, log) {
        ("build", _) => page::build::page(&visit, label).await,
        ("task", Some(log)) => page::log::page(&visit, label, &log).await,
        ("task", None) => page::task::page(&visit, label).await,
        _ => page::detail::page(&visit, resource, label),
    };
    answer::page(&visit, made)
}

fn show(
    hub: Arc<Hub>,
    parts: Parts,
    page: impl FnOnce(&Visit) -> Result<String, Error>,
) -> Response {
    match Visit::new(hub, parts) {
        Ok(visit) => {
            let made = page(&visit);
            answer::page(&visit, made)
        }
        Err((visit, error)) => answer::page(&visit, Err(error)),
    }
}

/// The same of a page that may look at much of the database.
async fn show_at_length(
    hub: Arc<Hub>,
    parts: Parts,
    page: impl FnOnce(&Visit) -> Result<String, Error> + Send + 'static,
) -> Response {
    let own = Arc::clone(&hub);
    let shown = own.readers.at_length(move || show(hub, parts, page)).await;
    shown.unwrap_or_else(|error| Refusal(error).into_response())
}
