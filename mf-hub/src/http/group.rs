//! `POST /group/LABEL/join`, `/leave` and `/approve`.

use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::resource::{GROUP, Who};

use super::call::Call;
use crate::store::group::{self, Member};
use crate::store::{Done, Fault, Tx, roles};

/// The caller joins, or waits for approval.
///
/// # Errors
/// The database fails.
pub async fn join(call: Call) -> Result<Response, Error> {
    call.change(&GROUP, |tx, call, id| group::join(tx, id, &meant(tx, call)?)).await
}

/// The caller leaves; or puts out somebody else: members those who wait, the
/// site's admins anybody.
///
/// # Errors
/// Who is to leave is no member, or the last admin, or not the caller's to
/// put out.
pub async fn leave(call: Call) -> Result<Response, Error> {
    call.change(&GROUP, |tx, call, id| {
        let (user, asks) = (meant(tx, call)?, &call.caller);
        let roles = roles::on(tx, asks, &GROUP, id)?;
        let waits = roles.meets(Who::OWNER) && !group::is_member(tx, id, &user)?;
        if asks.label != user.label && !waits && !roles.meets(Who::ADMIN) {
            let told = format!("putting {} out is not allowed to {}", user.label, asks.label);
            return Err(Fault::told(Code::Forbidden, told));
        }
        group::leave(tx, id, &user)
    })
    .await
}

/// Somebody who waits becomes a member.
///
/// # Errors
/// Nobody of that label waits.
pub async fn approve(call: Call) -> Result<Response, Error> {
    call.change(&GROUP, |tx, call, id| group::approve(tx, id, &meant(tx, call)?)).await
}

/// The user that a call is about: the one that it names, or the caller.
fn meant(tx: &Tx<'_>, call: &Call) -> Done<Member> {
    match call.values.text("user_label") {
        "" => Member::named(tx, &call.caller.label),
        label => Member::named(tx, label),
    }
}
