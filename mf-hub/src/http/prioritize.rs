//! `POST /build/LABEL/prioritize`.

use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::BUILD;

use super::call::Call;
use crate::store::task;

/// Lets what waits of a build go before others, or after them.
///
/// # Errors
/// It has ended.
pub async fn prioritize(call: Call) -> Result<Response, Error> {
    call.change(&BUILD, |tx, call, id| {
        task::prioritize(tx, id, call.values.int("priority").unwrap_or_default())
    })
    .await
}
