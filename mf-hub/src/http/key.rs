//! API keys of users and systems: `create_key`, `list_keys`, `revoke_key`.

use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::resource::{Resource, SYSTEM, USER};
use mf_core::{label, time};
use serde_json::{Map, json};

use super::call::Call;
use super::envelope;
use crate::store::history::{self, Verb};
use crate::store::key::{self, Holder, NewKey, Terms};
use crate::store::{Done, Tx, render};

/// Longest that a key can be made for, in seconds: a hundred years.
const LONGEST: i64 = 100 * 365 * 24 * 60 * 60;

/// Makes a key for a user.
///
/// # Errors
/// The name is taken or no name, or the end is none.
pub async fn user(call: Call) -> Result<Response, Error> {
    create(call, &USER, Holder::User).await
}

/// Makes a key for a system, whose worker is who the key says.
///
/// # Errors
/// As [`user`].
pub async fn system(call: Call) -> Result<Response, Error> {
    create(call, &SYSTEM, Holder::System).await
}

/// The keys of a user.
///
/// # Errors
/// The database fails.
pub async fn list_user(call: Call) -> Result<Response, Error> {
    list(&call, Holder::User)
}

/// The keys of a system.
///
/// # Errors
/// The database fails.
pub async fn list_system(call: Call) -> Result<Response, Error> {
    list(&call, Holder::System)
}

/// Ends a key of a user.
///
/// # Errors
/// It has no such key.
pub async fn revoke_user(call: Call) -> Result<Response, Error> {
    revoke(call, &USER, Holder::User).await
}

/// Ends a key of a system.
///
/// # Errors
/// It has no such key.
pub async fn revoke_system(call: Call) -> Result<Response, Error> {
    revoke(call, &SYSTEM, Holder::System).await
}

/// The answer is the only place where the key ever stands.
async fn create(
    call: Call,
    resource: &'static Resource,
    holder: fn(i64) -> Holder,
) -> Result<Response, Error> {
    let id = call.id()?;
    let name = call.values.text("name").to_owned();
    if !name.is_empty() {
        label::check(&name)?;
    }
    let terms = Terms { name, expires: expires(call.values.text("expires"))? };
    let new = NewKey::random();
    let shown = new.text().to_owned();
    let work = move |tx: &Tx<'_>| {
        let name = key::record(tx, new.public_id(), &new.hash(), holder(id), &terms)?;
        let key = json!({ "key_id": new.public_id(), "name": name, "expire_date": terms.expires });
        told(tx, resource, id, key)
    };
    call.hub.writer.run(&call.caller, work).await?;
    Ok(envelope::data(&json!({ "key": shown })))
}

fn list(call: &Call, holder: fn(i64) -> Holder) -> Result<Response, Error> {
    let id = call.id()?;
    let keys = call.hub.readers.read(|db| key::list(db, holder(id)))?;
    Ok(envelope::data(&json!({ "keys": keys })))
}

async fn revoke(
    call: Call,
    resource: &'static Resource,
    holder: fn(i64) -> Holder,
) -> Result<Response, Error> {
    let id = call.id()?;
    let which = call.values.text("key").to_owned();
    let roles = call.caller.roles();
    let work = move |tx: &Tx<'_>| {
        let Some((name, key_id)) = key::end(tx, holder(id), &which)? else {
            return Err(unknown(&which).into());
        };
        told(tx, resource, id, json!({ "key_id": key_id, "name": name, "revoked": true }))?;
        let object = render::object(tx, resource, id, roles)?;
        tx.keep_reply(|| envelope::text(&resource.key(), &object))?;
        Ok(object)
    };
    let object = call.hub.writer.run(&call.caller, work).await?;
    Ok(envelope::object(&resource.key(), &object))
}

fn unknown(which: &str) -> Error {
    // What was given may be a whole key, which does not belong into a message.
    let told = match key::public_id(which) {
        Some(_) => "key takes the name or the id of a key, never the key itself".to_owned(),
        None => {
            let which: String = which.chars().take(80).collect();
            format!("there is no key {which:?}; list_keys shows what there is")
        }
    };
    Error::new(Code::Refused, told)
}

/// History keeps which key it was; only those who may list keys see it there.
fn told(tx: &Tx<'_>, resource: &'static Resource, id: i64, key: serde_json::Value) -> Done<()> {
    history::record(tx, Verb::Update, resource, id, Map::from_iter([("api_key".to_owned(), key)]))
}

/// The end that was asked for: `12h`, `90d`, `2027-01-31`, a time in UTC; or
/// none.
///
/// # Errors
/// [`Code::InvalidValue`]: it is none of these, or over.
pub(super) fn expires(text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    let shown: String = text.chars().take(80).collect();
    let units = [("h", 60 * 60), ("d", 24 * 60 * 60)];
    let span = units.iter().find_map(|(unit, seconds)| {
        let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*seconds).filter(|span| (1..=LONGEST).contains(span))
    });
    let date = format!("{text} 00:00:00");
    let end = match span {
        Some(span) => time::in_seconds(span),
        None => [text, date.as_str()].into_iter().find(|t| time::is_time(t)).map(str::to_owned),
    };
    match end {
        Some(end) if end > time::now() => Ok(end),
        Some(end) => {
            Err(Error::new(Code::InvalidValue, format!("expires: {end} UTC is over already")))
        }
        None => {
            let told = format!(
                "expires takes hours such as 12h, days such as 90d, a date such as 2027-01-31 or \
                 a time such as 2027-01-31 23:59:59 in UTC, not {shown:?}"
            );
            Err(Error::new(Code::InvalidValue, told))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_span_or_a_moment_to_come() {
        assert_eq!(expires("").unwrap(), "");
        assert_eq!(expires("2999-01-31").unwrap(), "2999-01-31 00:00:00");
        assert_eq!(expires("2999-01-31 12:00:00").unwrap(), "2999-01-31 12:00:00");
        let span = time::seconds_between(&time::now(), &expires("90d").unwrap()).unwrap();
        assert_eq!((span + 30) / 60, 90 * 24 * 60);
        for wrong in ["0h", "-1d", "soon", "90", "99999999d", "9223372036854775807d", "2001-01-01"]
        {
            assert_eq!(expires(wrong).unwrap_err().code, Code::InvalidValue, "{wrong}");
        }
    }
}
