//! `GET /RESOURCE/LABEL/get_one`: one object.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::Resource;

use super::address;
use crate::http::{caller, envelope, etag, input};
use crate::hub::Hub;
use crate::store::render;

/// Shows an object, unless the caller has it already as it is.
///
/// # Errors
/// There is no such object, or a parameter is wrong.
pub async fn get_one(
    hub: Arc<Hub>,
    resource: &'static Resource,
    label: String,
    (parts, body): (Parts, Body),
) -> Result<Response, Error> {
    let mut params = input::params(&parts, body, &[]).await?;
    let at = address(label, &mut params)?;
    params.end(&format!("{}/get_one", resource.name), &["project_label"])?;
    let object = hub.readers.read(|db| {
        let caller = caller::find(&hub, db, &parts)?;
        render::named(db, &caller, resource, &at.label, at.project.as_deref())
    })?;
    match etag::is_known(&parts.headers, &object) {
        true => Ok(etag::not_modified(&object)),
        false => Ok(envelope::object(&resource.key(), &object)),
    }
}
