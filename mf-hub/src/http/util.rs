//! The farm at a glance, a task with all that belongs to it, and what the
//! regulator calls.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::TASK;
use mf_core::wire::{RegisterHandlers, ReportCalls};
use serde_json::json;

use super::call::Call;
use super::envelope;
use crate::store::{Tx, find, handler, hook, quarantine, roles, status, system, task_data};

/// `GET /util/status`.
///
/// # Errors
/// The database fails.
pub async fn status(call: Call) -> Result<Response, Error> {
    let (hub, sight, brief) =
        (Arc::clone(&call.hub), call.caller.sight(), call.values.flag("brief"));
    let signed_in = call.caller.holder.is_some();
    // Counts every build there ever was, unless it is to be brief.
    let read = call.hub.readers.at_length(move || {
        let mut status = hub.readers.read(|db| {
            let mut status = status::read(db, &hub.dispatch.loads(), sight, brief)?;
            if signed_in {
                status.quarantined = quarantine::list(db)?;
            }
            Ok(status)
        })?;
        status.scarce_bytes = hub.files.scarce();
        Ok::<_, Error>(status)
    });
    let status = read.await??;
    Ok(envelope::data(&json!({ "status": status })))
}

/// `GET /util/get_all_task_data`.
///
/// # Errors
/// There is no such task.
pub async fn get_all_task_data(call: Call) -> Result<Response, Error> {
    let (label, project) = (call.values.text("task_label"), call.values.text("project_label"));
    let parts = call.hub.readers.read(|db| {
        let task = find::object(db, &TASK, label, Some(project), call.caller.sight())?;
        let roles = roles::on(db, &call.caller, &TASK, task.id)?;
        task_data::read(db, task.id, roles)
    })?;
    let mut body = b"{\"data\":{".to_vec();
    for (index, (key, object)) in parts.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(format!("\"{key}\":").as_bytes());
        body.extend_from_slice(object);
    }
    body.extend_from_slice(envelope::CLOSE);
    Ok(envelope::json(Body::from(body)))
}

/// `POST /util/register_handlers`.
///
/// # Errors
/// A handler is not what one can be.
pub async fn register_handlers(mut call: Call) -> Result<Response, Error> {
    let said: RegisterHandlers = call.wire().await?;
    system::check_offers(&said.handlers)?;
    system::check_hooks(&said.hooks)?;
    system::check_crashes(said.crashed.iter())?;
    let work = move |tx: &Tx<'_>| {
        for crash in &said.crashed {
            quarantine::crashed_at_load(tx, crash)?;
        }
        hook::register(tx, &said.hooks)?;
        handler::register(tx, &said.handlers)
    };
    let changed = call.hub.writer.run(&call.caller, work).await?;
    Ok(envelope::data(&json!({ "registered": changed })))
}

/// `POST /util/report_calls`.
///
/// # Errors
/// A crash is not what one can be.
pub async fn report_calls(mut call: Call) -> Result<Response, Error> {
    let said: ReportCalls = call.wire().await?;
    system::check_calls(&said.calls)?;
    let work = move |tx: &Tx<'_>| quarantine::called(tx, &said.calls);
    call.hub.writer.run(&call.caller, work).await?;
    Ok(envelope::empty())
}

/// `POST /util/enable_handlers`.
///
/// # Errors
/// The database fails.
pub async fn enable_handlers(call: Call) -> Result<Response, Error> {
    let work = move |tx: &Tx<'_>| handler::enable(tx);
    let changed = call.hub.writer.run(&call.caller, work).await?;
    Ok(envelope::data(&changed))
}
