//! Hooks of the regulator claim errands and say how they ended; people see
//! them.

use axum::response::Response;
use mf_core::errand::{ClaimErrand, EndErrand, Ended, ErrandLease, Subject, Work};
use mf_core::error::Error;
use serde_json::json;

use super::call::Call;
use super::{envelope, repository};
use crate::store::Tx;
use crate::store::errand::{self, Wanted};

/// `POST /util/claim_errand`: one that is to be done now; null when there is
/// none.
///
/// # Errors
/// The nonce is none; the database would not.
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

/// `POST /util/renew_errand`: the hook is still at it.
///
/// # Errors
/// It is another's by now.
pub async fn renew(mut call: Call) -> Result<Response, Error> {
    let lease: ErrandLease = call.wire().await?;
    call.hub.readers.read(|db| errand::check(db, &lease))?;
    call.hub.errands.start(lease.errand);
    Ok(envelope::empty())
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
/// The database would not.
pub async fn list(call: Call) -> Result<Response, Error> {
    let wanted = Wanted {
        project: call.values.text("project_label"),
        build: call.values.text("build_label"),
        state: call.values.text("state"),
    };
    let errands = call.hub.readers.read(|db| errand::list(db, &wanted, call.caller.sight()))?;
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
