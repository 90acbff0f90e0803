//! Hooks of the regulator claim errands and say how they ended; people see
//! them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::Response;
use mf_core::errand::{ClaimErrand, EndErrand, Ended, ErrandLease, RenewErrand, Subject, Work};
use mf_core::error::Error;
use mf_core::task::COME_BACK;
use mf_core::wire::LONGEST_WAIT;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::sleep;

use super::call::Call;
use super::{envelope, repository};
use crate::hub::Hub;
use crate::store::Tx;
use crate::store::errand::{self, Wanted};

/// Who puts back the errand of a hook that has died, as history tells.
const ACTOR: &str = "hub";

/// `POST /util/claim_errand`: one that is to be done now; null when there is
/// none.
///
/// # Errors
/// The nonce is none; the database fails.
pub async fn claim(mut call: Call) -> Result<Response, Error> {
    let said: ClaimErrand = call.wire().await?;
    errand::check_nonce(&said)?;
    let (leases, secret) = (call.hub.errands.clone(), call.hub.files.secret().clone());
    let work = move |tx: &Tx<'_>| errand::claim(tx, &said, &leases, &secret);
    let mut claim = call.hub.writer.run(&call.caller, work).await?;
    let Some(claim) = claim.as_mut() else {
        return Ok(envelope::data(&json!({ "errand": null })));
    };
    let public = call.hub.config.public_url.trim_end_matches('/');
    if let (Work::Bug(work), false) = (&mut claim.work, public.is_empty()) {
        work.build_url = format!("{public}/build/{}?project_label={}", work.build, work.project);
    }
    Ok(envelope::data(&json!({ "errand": claim })))
}

/// `POST /util/renew_errand`: the hook is still working on its errand. The
/// answer is held back for as long as the hook says, so that a hook that dies
/// is noticed by its connection.
///
/// # Errors
/// The errand is another hook's by now.
pub async fn renew(mut call: Call) -> Result<Response, Error> {
    let said: RenewErrand = call.wire().await?;
    let hub = &call.hub;
    hub.readers.read(|db| errand::check(db, &said.lease))?;
    // Within the lease, so that waiting never ends what it is to keep.
    let most = LONGEST_WAIT.min(hub.errands.length() / 3);
    let mut line = Line::open(hub, said.lease);
    tokio::select! {
        () = sleep(Duration::from_secs(said.wait).min(most)) => {}
        () = hub.stopped() => {}
    }
    line.answered = true;
    Ok(envelope::empty())
}

/// A hook on the line. Dropped unanswered, because the connection broke, it
/// gives the hook a moment to come back, and then its errand to others.
struct Line {
    hub: Arc<Hub>,
    lease: ErrandLease,
    /// When the errand's lease ends, unless it is renewed again.
    ends: Instant,
    answered: bool,
}

impl Line {
    fn open(hub: &Arc<Hub>, lease: ErrandLease) -> Self {
        let ends = hub.errands.start(lease.errand);
        Self { hub: Arc::clone(hub), lease, ends, answered: false }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // Without a runtime the hub is at its end, and its next start gives
        // every errand a new lease.
        if let (false, Ok(runtime)) = (self.answered, Handle::try_current()) {
            let (hub, lease) = (Arc::clone(&self.hub), std::mem::take(&mut self.lease));
            runtime.spawn(lose(hub, lease, self.ends));
        }
    }
}

/// Puts an errand back whose hook has died: it did not come back in time.
async fn lose(hub: Arc<Hub>, lease: ErrandLease, ends: Instant) {
    sleep(COME_BACK).await;
    let leases = Arc::clone(&hub.errands);
    let work = move |tx: &Tx<'_>| match leases.ends(lease.errand) == Some(ends) {
        true => errand::lose(tx, &lease),
        false => Ok(()),
    };
    if let Err(error) = hub.writer.run(ACTOR, work).await {
        tracing::warn!("an errand whose hook has died waits for the end of its lease: {error}");
    }
}

/// `POST /util/end_errand`: how an attempt ended. One that made a repository
/// has not ended before all is there that clients may ask for.
///
/// # Errors
/// It is another's by now; a file of the repository is gone; the database would
/// not.
pub async fn end(mut call: Call) -> Result<Response, Error> {
    let said: EndErrand = call.wire().await?;
    if matches!(said.ended, Ended::Done(_)) {
        let subject = call.hub.readers.read(|db| errand::subject(db, &said.lease))?;
        if let Some(Subject::Repository(deed)) = subject {
            repository::gather(&call.hub, deed.tag).await?;
        }
    }
    let work = move |tx: &Tx<'_>| errand::end(tx, &said.lease, &said.ended);
    call.hub.writer.run(&call.caller, work).await?;
    Ok(envelope::empty())
}

/// `GET /util/errands`.
///
/// # Errors
/// The database fails.
pub async fn list(call: Call) -> Result<Response, Error> {
    let (hub, sight) = (Arc::clone(&call.hub), call.caller.sight());
    // Filters that nothing fits look at every errand.
    let read = hub.readers.at_length(move || {
        let wanted = Wanted {
            project: call.values.text("project_label"),
            build: call.values.text("build_label"),
            state: call.values.text("state"),
        };
        call.hub.readers.read(|db| errand::list(db, &wanted, sight))
    });
    let errands = read.await??;
    Ok(envelope::data(&json!({ "errands": errands })))
}

/// `POST /util/retry_errand`.
///
/// # Errors
/// There is none, or it is not to be tried again.
pub async fn retry(call: Call) -> Result<Response, Error> {
    let id = call.values.int("errand").unwrap_or_default();
    let work = move |tx: &Tx<'_>| {
        errand::retry(tx, id)?;
        tx.keep_reply(|| envelope::data_text(&json!({})))
    };
    call.hub.writer.run(&call.caller, work).await?;
    Ok(envelope::empty())
}
