//! `GET /RESOURCE/get_all`: a list, as it is read.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use mf_core::error::Error;
use mf_core::resource::Resource;

use crate::http::{caller, envelope, input};
use crate::hub::Hub;
use crate::store::list::{Page, Query};
use crate::store::roles::Caller;

/// How many objects a list is read by, when all are wanted.
const CHUNK: i64 = 500;

/// Lists a resource.
///
/// # Errors
/// A parameter is wrong.
pub async fn get_all(
    hub: Arc<Hub>,
    resource: &'static Resource,
    (parts, body): (Parts, Body),
) -> Result<Response, Error> {
    let caller = caller::of(&hub, &parts)?;
    caller.need(caller.roles(), resource.readers(), &format!("reading {}", resource.many()))?;
    let query = Query::read(resource, input::params(&parts, body, &[]).await?)?;
    let list = List { hub, caller, query };
    let quick = match list.query.is_long() {
        true => None,
        false => list.hub.readers.soon(|| list.page())?,
    };
    let (list, first) = match quick {
        Some(page) => (list, page),
        None => {
            let own = Arc::clone(&list.hub);
            let (page, list) = own.readers.at_length(move || (list.page(), list)).await?;
            (list, page?)
        }
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
            let own = Arc::clone(&list.hub);
            // Too late for a status: the list breaks off, and is seen to.
            own.readers.at_length(move || list.chunk(&next)).await?.map(Some)
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
