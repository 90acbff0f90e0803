//! The five verbs, for every resource alike.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use mf_core::error::{Code, Error};
use mf_core::resource::{Kind, Resource, Scope, Who};

use super::{caller, envelope, input};
use crate::hub::Hub;
use crate::params::Params;
use crate::store::actor::Actor;
use crate::store::draft::Draft;
use crate::store::edit::{self, Address};
use crate::store::list::{Page, Query};
use crate::store::roles::Caller;
use crate::store::{delete, render};

/// How many objects a list is read by, when all are wanted.
const CHUNK: i64 = 500;

/// `GET /RESOURCE/LABEL/get_one`.
///
/// # Errors
/// There is no such object, or a parameter is wrong.
pub async fn get_one(
    hub: Arc<Hub>,
    resource: &'static Resource,
    label: String,
    (parts, body): (Parts, Body),
) -> Result<Response, Error> {
    let mut params = input::params(&parts, body, &[]).await?;
    let at = address(label, &mut params)?;
    params.end(&format!("{}/get_one", resource.name), &["project_label"])?;
    let object = hub.readers.read(|db| {
        let caller = caller::find(&hub, db, &parts)?;
        render::named(db, &caller, resource, &at.label, at.project.as_deref())
    })?;
    Ok(envelope::one(&resource.key(), &object))
}

/// `POST /RESOURCE/post`.
///
/// # Errors
/// The caller may not, or what was sent cannot become an object.
pub async fn post(
    hub: Arc<Hub>,
    resource: &'static Resource,
    (parts, body): (Parts, Body),
) -> Result<Response, Error> {
    let caller = caller::of(&hub, &parts)?;
    signed(&caller, resource.creators(), &format!("creating {}", resource.plural()))?;
    let params = input::params(&parts, body, &secrets(resource)).await?;
    let draft = hash_secrets(&hub, resource, Draft::read(resource, params)?).await?;
    let actor = Actor::from(&caller);
    let work = move |tx: &crate::store::Tx<'_>| edit::create(tx, &caller, resource, &draft);
    let (_, object) = hub.writer.run(actor, work).await?;
    Ok(envelope::one(&resource.key(), &object))
}

/// `PUT /RESOURCE/LABEL/put`.
///
/// # Errors
/// There is no such object, the caller may not, or what was sent does not fit.
pub async fn put(
    hub: Arc<Hub>,
    resource: &'static Resource,
    label: String,
    (parts, body): (Parts, Body),
) -> Result<Response, Error> {
    let caller = caller::of(&hub, &parts)?;
    signed(&caller, resource.updaters(), &format!("changing {}", resource.plural()))?;
    let mut params = input::params(&parts, body, &secrets(resource)).await?;
    // The project says which object is meant: it is no field to change.
    let at = address(label, &mut params)?;
    let draft = hash_secrets(&hub, resource, Draft::read(resource, params)?).await?;
    let actor = Actor::from(&caller);
    let work = move |tx: &crate::store::Tx<'_>| edit::update(tx, &caller, resource, &at, &draft);
    let object = hub.writer.run(actor, work).await?;
    Ok(envelope::one(&resource.key(), &object))
}

/// `DELETE /RESOURCE/LABEL/delete?confirm_delete=True`.
///
/// # Errors
/// There is no such object, it must stay, the caller may not or did not
/// confirm.
pub async fn delete(
    hub: Arc<Hub>,
    resource: &'static Resource,
    label: String,
    (parts, body): (Parts, Body),
) -> Result<Response, Error> {
    let caller = caller::of(&hub, &parts)?;
    signed(&caller, resource.deleters(), &format!("deleting {}", resource.plural()))?;
    let mut params = input::params(&parts, body, &[]).await?;
    let at = address(label, &mut params)?;
    let confirmed = params.take_text("confirm_delete")?;
    params.end(&format!("{}/delete", resource.name), &["project_label", "confirm_delete"])?;
    if !matches!(confirmed.as_deref(), Some("True" | "true" | "1")) {
        let told =
            format!("deleting a {} cannot be undone: give confirm_delete=True", resource.name);
        return Err(Error::new(Code::NotConfirmed, told));
    }
    let actor = Actor::from(&caller);
    let work = move |tx: &crate::store::Tx<'_>| delete::delete(tx, &caller, resource, &at);
    hub.writer.run(actor, work).await?;
    Ok(envelope::empty())
}

/// `GET /RESOURCE/get_all`.
///
/// # Errors
/// A parameter is wrong.
pub async fn get_all(
    hub: Arc<Hub>,
    resource: &'static Resource,
    (parts, body): (Parts, Body),
) -> Result<Response, Error> {
    let caller = caller::of(&hub, &parts)?;
    caller.need(caller.roles(), resource.readers(), &format!("reading {}", resource.plural()))?;
    let query = Query::read(resource, input::params(&parts, body, &[]).await?)?;
    let list = List { hub, caller, query };
    let (list, first) = if list.query.is_long() {
        // May look at much of the database: not on a thread that serves others.
        let read = tokio::task::spawn_blocking(move || (list.page(), list)).await;
        let (page, list) = read.map_err(|_| failed())?;
        (list, page?)
    } else {
        let page = list.page()?;
        (list, page)
    };
    let mut start = envelope::open(&resource.plural());
    start.push(b'[');
    start.extend_from_slice(&first.objects);
    match (first.next, list.query.limit) {
        (None, _) => {
            start.push(b']');
            start.extend_from_slice(envelope::CLOSE);
            Ok(envelope::json(Body::from(start)))
        }
        (Some(next), Some(_)) => {
            start.extend_from_slice(b"],\"after\":");
            start.extend_from_slice(serde_json::Value::from(next).to_string().as_bytes());
            start.extend_from_slice(envelope::CLOSE);
            Ok(envelope::json(Body::from(start)))
        }
        (Some(next), None) => Ok(envelope::json(list.stream(start, next))),
    }
}

/// A list that is being read for somebody.
struct List {
    hub: Arc<Hub>,
    caller: Caller,
    query: Query,
}

impl List {
    fn page(&self) -> Result<Page, Error> {
        let limit = self.query.limit.unwrap_or(CHUNK);
        let (sight, roles) = (self.caller.sight(), self.caller.roles());
        self.hub.readers.read(|db| self.query.page(db, sight, roles, limit))
    }

    /// Goes on with a list that has begun, chunk by chunk and only as fast
    /// as it is taken: a slow reader holds neither a connection to the
    /// database nor a thread.
    fn stream(self, start: Vec<u8>, next: String) -> Body {
        let first = stream::once(async move { Ok(Bytes::from(start)) });
        let rest = stream::try_unfold((Some(next), self), |(next, list)| async move {
            let Some(next) = next else { return Ok(None) };
            let read = tokio::task::spawn_blocking(move || list.chunk(&next)).await;
            // Too late for a status: the list breaks off, and is seen to.
            read.map_err(|_| failed())?.map(Some)
        });
        Body::from_stream(first.chain(rest))
    }

    /// The bytes of the next chunk, and what follows it.
    fn chunk(mut self, after: &str) -> Result<(Bytes, (Option<String>, Self)), Error> {
        self.query.go_on(after)?;
        let page = self.page()?;
        let mut bytes = Vec::with_capacity(page.objects.len() + 32);
        if !page.objects.is_empty() {
            bytes.push(b',');
            bytes.extend_from_slice(&page.objects);
        }
        if page.next.is_none() {
            bytes.push(b']');
            bytes.extend_from_slice(envelope::CLOSE);
        }
        Ok((bytes.into(), (page.next, self)))
    }
}

fn failed() -> Error {
    Error::new(Code::Internal, "reading the list failed")
}

/// Which object is meant.
fn address(label: String, params: &mut Params) -> Result<Address, Error> {
    Ok(Address { label, project: params.take_text("project_label")? })
}

/// Refuses at the door who can never be allowed; the rest is decided where
/// the object is known.
fn signed(caller: &Caller, wanted: Who, what: &str) -> Result<(), Error> {
    if wanted == Who::HUB {
        return match caller.holder {
            None => caller.need(caller.roles(), wanted, what),
            Some(_) => {
                let told = format!("{what} is the farm's own business");
                Err(Error::new(Code::Forbidden, told))
            }
        };
    }
    if caller.holder.is_none() { caller.need(caller.roles(), wanted, what) } else { Ok(()) }
}

fn secrets(resource: &Resource) -> Vec<&'static str> {
    resource.fields().filter(|field| field.kind == Kind::Secret).map(|field| field.name).collect()
}

/// Secrets go no further than this in clear.
async fn hash_secrets(
    hub: &Hub,
    resource: &'static Resource,
    mut draft: Draft,
) -> Result<Draft, Error> {
    for name in secrets(resource) {
        let Some(secret) = draft.text(name).filter(|secret| !secret.is_empty()) else { continue };
        let hash = hub.passwords.hash(secret).await?;
        draft.set_text(name, hash);
    }
    Ok(draft)
}

/// Whether a resource has rows, and so answers the five verbs.
pub fn has_rows(resource: &Resource) -> bool {
    resource.scope != Scope::NoRows
}
