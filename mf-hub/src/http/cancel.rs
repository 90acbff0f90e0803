//! `POST /build/LABEL/cancel` and `POST /task/LABEL/cancel`.

use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::{BUILD, TASK};

use super::call::Call;
use crate::store::task;

/// Stops a build: what waits does not start, what runs is killed.
///
/// # Errors
/// It has ended.
pub async fn build(call: Call) -> Result<Response, Error> {
    call.change(&BUILD, |tx, _, id| task::cancel_build(tx, id)).await
}

/// Stops a task.
///
/// # Errors
/// It has ended.
pub async fn task(call: Call) -> Result<Response, Error> {
    call.change(&TASK, |tx, _, id| task::cancel(tx, id)).await
}
