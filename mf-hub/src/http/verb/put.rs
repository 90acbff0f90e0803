//! `PUT /RESOURCE/LABEL/put`: other values for some fields.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::Resource;

use super::change::{Change, Kind};
use crate::hub::Hub;
use crate::store::edit;

/// Changes an object.
///
/// # Errors
/// There is no such object, the caller may not, or what was sent does not fit.
pub async fn put(
    hub: Arc<Hub>,
    resource: &'static Resource,
    label: String,
    request: (Parts, Body),
) -> Result<Response, Error> {
    let mut change = Change::read(hub, resource, Kind::Update, request).await?;
    let at = change.address(label)?;
    let draft = change.draft().await?;
    change.make(move |tx, caller| edit::update(tx, caller, resource, &at, &draft)).await
}
