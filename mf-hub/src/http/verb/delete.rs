//! `DELETE /RESOURCE/LABEL/delete?confirm_delete=True`: deletes an object.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::resource::{BUILD, Resource};

use super::change::{Change, Kind};
use crate::hub::Hub;
use crate::params::Params;
use crate::store::delete as store;

/// Deletes an object.
///
/// # Errors
/// There is no such object, it must stay, the caller may not or did not
/// confirm.
pub async fn delete(
    hub: Arc<Hub>,
    resource: &'static Resource,
    label: String,
    request: (Parts, Body),
) -> Result<Response, Error> {
    let mut change = Change::read(Arc::clone(&hub), resource, Kind::Delete, request).await?;
    let at = change.address(label)?;
    confirmed(resource, &mut change.params)?;
    let gone = change.run(move |tx, caller| store::delete(tx, caller, resource, &at)).await?;
    if resource.key() == BUILD.key() {
        // A build goes with its tasks; nothing else that can be deleted has any.
        hub.sweep_soon();
    }
    Ok(gone)
}

/// Takes the parameter that says so, and no other.
fn confirmed(resource: &Resource, params: &mut Params) -> Result<(), Error> {
    let confirmed = params.take_text("confirm_delete")?;
    params.end(&format!("{}/delete", resource.name), &["project_label", "confirm_delete"])?;
    if matches!(confirmed.as_deref(), Some("True" | "true" | "1")) {
        return Ok(());
    }
    let told = format!("deleting {} cannot be undone: give confirm_delete=True", resource.one());
    Err(Error::new(Code::NotConfirmed, told))
}
