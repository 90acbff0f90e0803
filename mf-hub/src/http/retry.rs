//! `POST /build/LABEL/retry` and `POST /task/LABEL/retry`.

use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::{BUILD, TASK};

use super::call::Call;
use crate::store::task;

/// Builds again what failed, was cancelled or was lost of a build.
///
/// # Errors
/// There is nothing of it to retry.
pub async fn build(call: Call) -> Result<Response, Error> {
    call.change(&BUILD, |tx, _, id| task::retry_build(tx, id)).await
}

/// Builds a task again: a new attempt, beside what the old ones left.
///
/// # Errors
/// It has not ended, or it is built.
pub async fn task(call: Call) -> Result<Response, Error> {
    call.change(&TASK, |tx, _, id| task::retry(tx, id)).await
}
