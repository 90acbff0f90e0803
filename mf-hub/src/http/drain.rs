//! `POST /system/LABEL/drain` and `POST /system/LABEL/resume`.

use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::SYSTEM;

use super::call::Call;
use crate::store::{edit, system};

/// Gives a system no more tasks; what it builds goes on to its end.
///
/// # Errors
/// The database would not.
pub async fn drain(call: Call) -> Result<Response, Error> {
    set_enabled(call, false).await
}

/// Gives a system tasks again.
///
/// # Errors
/// The database would not.
pub async fn resume(call: Call) -> Result<Response, Error> {
    set_enabled(call, true).await
}

async fn set_enabled(call: Call, enabled: bool) -> Result<Response, Error> {
    call.change(&SYSTEM, move |tx, _, id| {
        edit::update_columns(tx, &SYSTEM, id, &[("enabled", &enabled)])?;
        system::follow(tx, id)
    })
    .await
}
