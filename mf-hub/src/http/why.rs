//! `GET /task/LABEL/why`.

use axum::response::Response;
use mf_core::error::Error;

use super::call::Call;
use super::envelope;
use crate::store::why;

/// Why a task runs, waits or ended.
///
/// # Errors
/// The database fails.
pub async fn why(call: Call) -> Result<Response, Error> {
    let id = call.id()?;
    let said = call.hub.dispatch.why(id);
    let sight = call.caller.sight();
    let verdict = call.hub.readers.read(|db| why::verdict(db, id, said.clone(), sight))?;
    Ok(envelope::data(&verdict))
}
