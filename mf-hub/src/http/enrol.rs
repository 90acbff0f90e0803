//! `POST /system/LABEL/create_token` and `POST /system/enrol`.

use axum::response::Response;
use mf_core::error::Error;
use mf_core::wire::{Enrol, Enrolled};
use serde_json::json;

use super::call::Call;
use super::key::expires;
use super::throttle::Subject;
use super::{envelope, peer};
use crate::store::Tx;
use crate::store::actor::Actor;
use crate::store::enrol::{self, NewToken};

/// How long a token can be spent unless something else is asked for.
const USUAL: &str = "24h";

/// Makes a token for a system. The answer is the only place where it stands.
///
/// # Errors
/// The end that was asked for is none.
pub async fn create_token(call: Call) -> Result<Response, Error> {
    let id = call.id()?;
    let asked = match call.values.text("expires") {
        "" => USUAL,
        asked => asked,
    };
    let (token, expires) = (NewToken::random(), expires(asked)?);
    let shown = token.text().to_owned();
    let work = move |tx: &Tx<'_>| enrol::offer(tx, id, &token, &expires);
    call.hub.writer.run(&call.caller, work).await?;
    Ok(envelope::data(&json!({ "token": shown })))
}

/// A host shows its token, and becomes the system that it is for.
///
/// # Errors
/// The token is none, over, or spent; too many wrong ones came from there.
pub async fn enrol(mut call: Call) -> Result<Response, Error> {
    let said: Enrol = call.wire().await?;
    let hub = &call.hub;
    let Some((_, label)) = hub.readers.read(|db| enrol::system_of(db, &said.token))? else {
        hub.throttle.take(&[Subject::Address(peer::of(hub, &call.parts))])?;
        return Err(enrol::unknown());
    };
    let actor = Actor { name: label.as_str().into(), key: said.key_id.as_str().into() };
    hub.writer.run(actor, move |tx: &Tx<'_>| enrol::spend(tx, &said)).await?;
    Ok(envelope::data(&json!({ "system": Enrolled { label } })))
}
