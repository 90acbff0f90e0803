//! `POST /build/LABEL/cancel` and `POST /task/LABEL/cancel`.

use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::{BUILD, Resource, TASK};

use super::call::Call;
use super::envelope;
use crate::store::{Done, Tx, render, roles, task};

/// Stops a build: what waits does not start, what runs is killed.
///
/// # Errors
/// It has ended.
pub async fn build(call: Call) -> Result<Response, Error> {
    cancel(call, &BUILD, task::cancel_build).await
}

/// Stops a task.
///
/// # Errors
/// It has ended.
pub async fn task(call: Call) -> Result<Response, Error> {
    cancel(call, &TASK, task::cancel).await
}

async fn cancel(
    call: Call,
    resource: &'static Resource,
    stop: fn(&Tx<'_>, i64) -> Done<()>,
) -> Result<Response, Error> {
    let id = call.id()?;
    let (actor, caller) = (call.caller.label.clone(), call.caller);
    let work = move |tx: &Tx<'_>| {
        stop(tx, id)?;
        render::object(tx, resource, id, roles::on(tx, &caller, resource, id)?)
    };
    let object = call.hub.writer.run(&actor, work).await?;
    Ok(envelope::one(&resource.key(), &object))
}
