//! `GET /build/plan`.

use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::BUILD;
use serde_json::json;

use super::call::Call;
use super::envelope;
use crate::store::draft::Draft;
use crate::store::dry_run;
use crate::store::roles::Caller;

/// What submitting a build would come to: as submitting it, and undone.
///
/// # Errors
/// Whatever submitting it would be refused for.
pub async fn plan(call: Call) -> Result<Response, Error> {
    let Call { hub, caller, values, .. } = call;
    let (draft, submitter): (_, Caller) = (Draft::of(values), caller.clone());
    let work = move |tx: &crate::store::Tx<'_>| dry_run::submit(tx, &submitter, &BUILD, &draft);
    let tried = hub.writer.try_out(&caller, work).await?;
    let why = hub.dispatch.plan(tried.facts());
    let plan = hub.readers.read(|db| tried.clone().plan(db, why.clone(), caller.sight()))?;
    Ok(envelope::data(&json!({ "plan": plan })))
}
