//! What the hub says about itself and about the caller.

use axum::response::Response;
use mf_core::VERSION;
use mf_core::error::Error;
use serde_json::json;

use super::call::Call;
use super::envelope;
use crate::store::key::Holder;

/// `GET /util/version`.
///
/// # Errors
/// None.
pub async fn version(_call: Call) -> Result<Response, Error> {
    Ok(envelope::data(&json!({ "version": VERSION })))
}

/// `GET /util/whoami`: the kind and label of who the key belongs to, and the
/// part of the key that is no secret.
///
/// # Errors
/// None.
pub async fn whoami(call: Call) -> Result<Response, Error> {
    let kind = match call.caller.holder {
        None => "nobody",
        Some(Holder::User(_)) => "user",
        Some(Holder::System(_)) => "system",
        Some(Holder::Regulator) => "regulator",
    };
    let caller = &call.caller;
    Ok(envelope::data(&json!({
        "whoami": { "kind": kind, "label": caller.label, "admin": caller.admin, "key_id": caller.key }
    })))
}
