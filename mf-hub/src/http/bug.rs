//! What people want done with the bugs of a build: the hub writes it down, and
//! a hook of the regulator does it.

use axum::response::Response;
use mf_core::errand::{BugAction, BugDeed};
use mf_core::error::Error;
use mf_core::resource::BUILD;

use super::call::Call;
use crate::store::bug;

/// `POST /build/LABEL/check_bugs`.
///
/// # Errors
/// The build has no such bug, or its project no bug handler.
pub async fn check(call: Call) -> Result<Response, Error> {
    want(call, BugAction::Show).await
}

/// `POST /build/LABEL/comment_bugs`.
///
/// # Errors
/// As [`check`].
pub async fn comment(call: Call) -> Result<Response, Error> {
    want(call, BugAction::Comment).await
}

/// `POST /build/LABEL/close_bugs`.
///
/// # Errors
/// As [`check`].
pub async fn close(call: Call) -> Result<Response, Error> {
    want(call, BugAction::Close).await
}

/// `POST /build/LABEL/reopen_bugs`.
///
/// # Errors
/// As [`check`].
pub async fn reopen(call: Call) -> Result<Response, Error> {
    want(call, BugAction::Reopen).await
}

/// `POST /build/LABEL/link_bugs`.
///
/// # Errors
/// As [`check`].
pub async fn link(call: Call) -> Result<Response, Error> {
    want(call, BugAction::Link).await
}

async fn want(call: Call, action: BugAction) -> Result<Response, Error> {
    call.change(&BUILD, move |tx, call, build| {
        let comment = call.values.text("comment").to_owned();
        let deed = BugDeed { action, build, comment, ..BugDeed::default() };
        bug::wanted(tx, build, &deed, call.values.text("bug"))
    })
    .await
}
