//! `POST /user/LABEL/create_key` and `POST /system/LABEL/create_key`.

use axum::response::Response;
use mf_core::error::Error;
use mf_core::resource::{Resource, SYSTEM, USER};
use serde_json::{Map, json};

use super::call::Call;
use super::envelope;
use crate::store::Tx;
use crate::store::history::{self, Verb};
use crate::store::key::{self, Holder, NewKey};

/// Makes a key for a user.
///
/// # Errors
/// The database would not.
pub async fn user(call: Call) -> Result<Response, Error> {
    create(call, &USER, Holder::User).await
}

/// Makes a key for a system, whose worker is who the key says.
///
/// # Errors
/// The database would not.
pub async fn system(call: Call) -> Result<Response, Error> {
    create(call, &SYSTEM, Holder::System).await
}

/// The answer is the only place where the key ever stands.
async fn create(
    call: Call,
    resource: &'static Resource,
    holder: fn(i64) -> Holder,
) -> Result<Response, Error> {
    let id = call.id()?;
    let new = NewKey::random();
    let shown = new.text().to_owned();
    let work = move |tx: &Tx<'_>| {
        key::store(tx, &new, holder(id))?;
        let changes = Map::from_iter([("api_key".to_owned(), json!("***"))]);
        history::record(tx, Verb::Update, resource, id, changes)
    };
    call.hub.writer.run(&call.caller, work).await?;
    Ok(envelope::data(&json!({ "key": shown })))
}
