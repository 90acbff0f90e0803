//! `POST /util/pause` and `POST /util/resume`.

use axum::response::Response;
use mf_core::error::Error;
use serde_json::json;

use super::call::Call;
use super::envelope;
use crate::store::{Tx, queue};

/// Gives nobody a task until the queue is resumed.
///
/// # Errors
/// There is no reason given, or it is paused already.
pub async fn pause(call: Call) -> Result<Response, Error> {
    let reason = call.values.text("reason").trim().to_owned();
    change(call, move |tx| queue::stop(tx, &reason)).await
}

/// Gives tasks again.
///
/// # Errors
/// The queue is not paused.
pub async fn resume(call: Call) -> Result<Response, Error> {
    change(call, queue::go_on).await
}

async fn change<F>(call: Call, work: F) -> Result<Response, Error>
where
    F: Fn(&Tx<'_>) -> crate::store::Done<()> + Send + 'static,
{
    let sight = call.caller.sight();
    let job = move |tx: &Tx<'_>| {
        work(tx)?;
        let queue = json!({ "queue": queue::read(tx, sight)? });
        tx.keep_reply(|| envelope::data_text(&queue))?;
        Ok(queue)
    };
    Ok(envelope::data(&call.hub.writer.run(&call.caller, job).await?))
}
