//! Builds get tags, lose them, and are moved from one to the other.

use std::sync::Arc;

use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::{BUILD, TAG};

use super::call::Call;
use super::envelope;
use crate::store::actor::Actor;
use crate::store::tag::{self, Tag};
use crate::store::{Done, Tx, edit, roles, tagging};

/// `POST /build/LABEL/tag`.
///
/// # Errors
/// The rules of the tag forbid it.
pub async fn give(call: Call) -> Result<Response, Error> {
    call.change(&BUILD, |tx, call, id| {
        tagging::give(tx, &allowed(tx, call, id)?, &tag::build(tx, id)?)
    })
    .await
}

/// `POST /build/LABEL/untag`.
///
/// # Errors
/// The rules of the tag forbid it, or the build does not have it.
pub async fn take(call: Call) -> Result<Response, Error> {
    call.change(&BUILD, |tx, call, id| {
        tagging::take(tx, &allowed(tx, call, id)?, &tag::build(tx, id)?)
    })
    .await
}

/// The tag that is named, if the caller may give it to this build.
fn allowed(tx: &Tx<'_>, call: &Call, build: i64) -> Done<Tag> {
    let tag = tag::named(tx, call.project(), call.values.text("tag_label"))?;
    tag.check(&call.caller, roles::on(tx, &call.caller, &BUILD, build)?)?;
    Ok(tag)
}

/// `POST /tag/LABEL/move_builds`.
///
/// # Errors
/// The rules of one of the tags forbid it.
pub async fn move_builds(call: Call) -> Result<Response, Error> {
    let (id, hub) = (call.id()?, Arc::clone(&call.hub));
    let actor = Actor::from(&call.caller);
    let work = move |tx: &Tx<'_>| {
        let from = tag::of_id(tx, id)?;
        let to = tag::named(tx, call.project(), call.values.text("to_tag_label"))?;
        let roles = roles::on(tx, &call.caller, &TAG, id)?;
        [&from, &to].into_iter().try_for_each(|tag| tag.check(&call.caller, roles))?;
        let moved = tagging::move_all(tx, &from, &to)?;
        tx.keep_reply(|| envelope::data_text(&moved))?;
        Ok(moved)
    };
    Ok(envelope::data(&hub.writer.run(actor, work).await?))
}

/// `POST /tag/LABEL/lock`.
///
/// # Errors
/// The database fails.
pub async fn lock(call: Call) -> Result<Response, Error> {
    set_locked(call, true).await
}

/// `POST /tag/LABEL/unlock`.
///
/// # Errors
/// The database fails.
pub async fn unlock(call: Call) -> Result<Response, Error> {
    set_locked(call, false).await
}

async fn set_locked(call: Call, locked: bool) -> Result<Response, Error> {
    call.change(&TAG, move |tx, _, id| {
        edit::update_columns(tx, &TAG, id, &[("locked", &locked)]).map(drop)
    })
    .await
}
