//! `POST /build/LABEL/comment`.

use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::BUILD;

use super::call::Call;
use crate::store::comment;

/// Says something of a build.
///
/// # Errors
/// It says nothing, or there are too many comments.
pub async fn comment(call: Call) -> Result<Response, Error> {
    call.change(&BUILD, |tx, call, id| {
        let karma = call.values.int("karma").unwrap_or(0);
        comment::add(tx, &call.caller, id, call.values.text("comment"), karma)
    })
    .await
}
