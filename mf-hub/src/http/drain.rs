//! `POST /system/LABEL/drain` and `POST /system/LABEL/resume`.

use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::SYSTEM;

use super::call::Call;
use crate::store::drain::{self, By};

/// Gives a system no more tasks; what it builds goes on to its end.
///
/// # Errors
/// The database fails.
pub async fn drain(call: Call) -> Result<Response, Error> {
    let reason = call.values.text("reason").trim().to_owned();
    call.change(&SYSTEM, move |tx, call, id| drain::stop(tx, id, by(call), &reason)).await
}

/// Gives a system tasks again.
///
/// # Errors
/// The database fails.
pub async fn resume(call: Call) -> Result<Response, Error> {
    call.change(&SYSTEM, |tx, call, id| drain::go_on(tx, id, by(call))).await
}

/// Of systems only the one itself may call these.
fn by(call: &Call) -> By {
    if call.caller.system().is_some() { By::Itself } else { By::Admin }
}
