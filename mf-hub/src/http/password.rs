//! `POST /user/LABEL/change_password`.

use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::resource::USER;
use serde_json::{Map, json};

use super::call::Call;
use super::throttle::Subject;
use super::{envelope, peer};
use crate::store::history::{self, Verb};
use crate::store::{Fault, Tx, password, render};

/// Changes one's own password. A key alone is not enough: who finds one must
/// not be able to keep its owner's account.
///
/// # Errors
/// The old password is wrong, or the new one is none.
pub async fn change(call: Call) -> Result<Response, Error> {
    let hub = &call.hub;
    let (id, label) = (call.id()?, call.caller.label.clone());
    let found = hub.readers.read(|db| password::of(db, &label))?;
    let (_, old) = found.unwrap_or_default();
    if !old.is_empty() {
        let address = Subject::Address(peer::of(hub, &call.parts));
        hub.throttle.take(&[address, Subject::Account(&label)])?;
        if !hub.passwords.verify(call.values.text("old_password"), &old).await? {
            let told = "old_password is not the password until now; nothing was changed";
            return Err(Error::new(Code::Forbidden, told));
        }
    }
    let new = hub.passwords.hash(call.values.text("new_password")).await?;
    let roles = call.caller.roles();
    let work = move |tx: &Tx<'_>| {
        if !password::set(tx, id, &old, &new)? {
            let told = "the password was changed meanwhile by somebody else";
            return Err(Fault::told(Code::IllegalMove, told));
        }
        let changes = Map::from_iter([("password".to_owned(), json!("***"))]);
        history::record(tx, Verb::Update, &USER, id, changes)?;
        let object = render::object(tx, &USER, id, roles)?;
        tx.keep_reply(|| envelope::text(&USER.key(), &object))?;
        Ok(object)
    };
    let object = hub.writer.run(&call.caller, work).await?;
    Ok(envelope::object(&USER.key(), &object))
}
