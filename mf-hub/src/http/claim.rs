//! How a worker registers, and how it gets its tasks.

use std::time::Duration;

use axum::response::Response;
use mf_core::error::Error;
use mf_core::wire::{
    Claim, ClaimRequest, Heartbeat, HeartbeatReply, Held, LONGEST_WAIT, Register, Registered,
};
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::call::Call;
use super::envelope;
use crate::dispatch::{Asked, Offer};
use crate::hub::Hub;
use crate::store::roles::Caller;
use crate::store::{Tx, claim, system};

/// How exactly it is known when a system was last seen. Heartbeats are many,
/// and none should cost a write of its own.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// `POST /system/register`: a worker starts, or what it offers has changed.
///
/// # Errors
/// What it says makes no sense; the database fails.
pub async fn register(mut call: Call) -> Result<Response, Error> {
    let said: Register = call.wire().await?;
    let (hub, id) = (&call.hub, call.system()?);
    system::check(&said)?;
    let held = said.held.clone();
    let work = move |tx: &Tx<'_>| system::register(tx, id, &said);
    let stop = hub.writer.run(&call.caller, work).await?;
    // What it may still have been building, it is not building any more.
    hub.dispatch.heartbeat(id, &held);
    let lease_seconds = hub.dispatch.lease().as_secs();
    let system = Registered { label: call.caller.label.clone(), lease_seconds, stop };
    Ok(envelope::data(&json!({ "system": system })))
}

/// `POST /system/claim`: a worker asks for a task, and waits for it; null
/// when there was none in time, or the hub stops.
///
/// # Errors
/// The nonce is none; the database fails.
pub async fn claim(mut call: Call) -> Result<Response, Error> {
    let said: ClaimRequest = call.wire().await?;
    let claim = claimed(&call.hub, &call.caller, call.system()?, &said).await?;
    Ok(envelope::data(&json!({ "claim": claim })))
}

async fn claimed(
    hub: &Hub,
    caller: &Caller,
    id: i64,
    said: &ClaimRequest,
) -> Result<Option<Claim>, Error> {
    claim::check_nonce(&said.nonce)?;
    seen(hub, caller, id).await?;
    let until = Instant::now() + Duration::from_secs(said.wait).min(LONGEST_WAIT);
    let secret = hub.files.secret();
    // The answer to the same request may have been lost on its way.
    if let Some(claim) = hub.readers.read(|db| claim::again(db, id, &said.nonce, secret))? {
        hub.dispatch.renew(Held { task: claim.task_id, attempt: claim.attempt });
        return Ok(Some(claim));
    }
    while let Some(offer) = offered(hub, id, &said.nonce, until).await {
        let (nonce, secret) = (said.nonce.clone(), secret.clone());
        // The offer goes into the job: should this request break off now, the
        // job still says where the task is, and the same nonce finds it.
        let work = move |tx: &Tx<'_>| claim::claim(tx, id, offer.task(), &nonce, &secret);
        if let Some(claim) = hub.writer.run(caller, work).await? {
            return Ok(Some(claim));
        }
    }
    Ok(None)
}

/// Waits for an offer. A worker that hangs up meanwhile drops this, and with
/// it what was just put into its letter box.
async fn offered(hub: &Hub, id: i64, nonce: &str, until: Instant) -> Option<Offer> {
    match hub.dispatch.ask(id, nonce) {
        Asked::Now(offer) => Some(offer),
        Asked::Wait(letter_box) => tokio::select! {
            offer = letter_box => offer.ok(),
            () = sleep_until(until) => None,
            () = hub.stopped() => None,
        },
    }
}

/// `POST /system/heartbeat`: a worker names what it holds. Answers at once,
/// or as soon as there is something new to stop.
///
/// # Errors
/// The database fails.
pub async fn heartbeat(mut call: Call) -> Result<Response, Error> {
    let said: Heartbeat = call.wire().await?;
    let id = call.system()?;
    seen(&call.hub, &call.caller, id).await?;
    let stop = stopped(&call.hub, id, &said).await;
    Ok(envelope::data(&json!({ "heartbeat": HeartbeatReply { stop } })))
}

async fn stopped(hub: &Hub, id: i64, said: &Heartbeat) -> Vec<Held> {
    let (beat, bell) = hub.dispatch.beat(id);
    let mut line = Line { hub, system: id, beat, answered: false };
    // Within the lease, so that waiting never ends what it is to keep.
    let most = LONGEST_WAIT.min(hub.dispatch.lease() / 3);
    let until = Instant::now() + Duration::from_secs(said.wait).min(most);
    let stop = loop {
        let mut rung = std::pin::pin!(bell.notified());
        // From here on no ringing is missed.
        rung.as_mut().enable();
        let told = hub.dispatch.heartbeat(id, &said.held);
        if told.news || Instant::now() >= until {
            break told.stop;
        }
        tokio::select! {
            () = rung => {}
            () = sleep_until(until) => {}
            () = hub.stopped() => break told.stop,
        }
    };
    line.answered = true;
    stop
}

/// A worker on the line. This is dropped unanswered when its connection ends
/// before the hub has answered: the worker has died, or will be back at once.
struct Line<'a> {
    hub: &'a Hub,
    system: i64,
    beat: u64,
    answered: bool,
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.hub.dispatch.hang_up(self.system, self.beat);
        }
    }
}

/// Writes down that a worker was heard of, now and then.
async fn seen(hub: &Hub, caller: &Caller, id: i64) -> Result<(), Error> {
    if hub.dispatch.is_due(id, SEEN_EVERY) {
        hub.writer.run(caller, move |tx| system::seen(tx, id)).await?;
    }
    Ok(())
}
