//! `POST /RESOURCE/post`: a new object.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::Resource;

use super::change::{Change, Kind};
use crate::hub::Hub;
use crate::store::edit;

/// Makes an object.
///
/// # Errors
/// The caller may not, or what was sent cannot become an object.
pub async fn post(
    hub: Arc<Hub>,
    resource: &'static Resource,
    request: (Parts, Body),
) -> Result<Response, Error> {
    let mut change = Change::read(hub, resource, Kind::Create, request).await?;
    let draft = change.draft().await?;
    change
        .make(move |tx, caller| {
            edit::create(tx, caller, resource, &draft).map(|(_, object)| object)
        })
        .await
}
