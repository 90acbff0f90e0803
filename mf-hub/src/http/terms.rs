//! The terms of a request: once for its `Idempotency-Key`, only at the version
//! of `If-Match`, or, with `dry_run`, only to see what it would do.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::resource::common::DRY_RUN;
use mf_core::resource::{Resource, Value};

use super::{envelope, etag};
use crate::hub::Hub;
use crate::params::Params;
use crate::store::edit::Address;
use crate::store::roles::Caller;
use crate::store::terms::{self, Condition, Once, Terms};

/// The header with which a client names a request that it may send again.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is that of an earlier request with the same key.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// Says that nothing was changed.
const DRY: HeaderName = HeaderName::from_static("dry-run");
/// Longest key: a few UUIDs.
const KEY_LIMIT: usize = 255;

/// The terms that a request names; mostly none.
#[derive(Debug, Default)]
pub struct Asked {
    once: Option<Once>,
    condition: Option<(Caller, terms::Wanted)>,
    terms: Option<Condition>,
    dry: bool,
}

impl Asked {
    /// Reads the terms of a request with these parameters.
    ///
    /// # Errors
    /// The key is none that can be kept.
    pub fn read(hub: &Hub, caller: &Caller, parts: &Parts, params: &Params) -> Result<Self, Error> {
        let once = match key(&parts.headers)?.filter(|_| parts.method == Method::POST) {
            Some(key) => {
                // Signed, for a password may be among the parameters.
                let path = parts.uri.path();
                let request = hub.files.secret().sign(&[path, &params.canonical()]);
                Some(Once { actor: caller.who(), key: key.to_owned(), request })
            }
            None => None,
        };
        let condition = etag::if_match(&parts.headers).map(|wanted| (caller.clone(), wanted));
        Ok(Self { once, condition, terms: None, dry: false })
    }

    /// Takes the parameter that makes it a dry run.
    ///
    /// # Errors
    /// It is neither true nor false.
    pub fn dry(&mut self, params: &mut Params) -> Result<(), Error> {
        if let Some(given) = params.take(DRY_RUN.name) {
            self.dry = DRY_RUN.parse(given.input())? == Value::Bool(true);
        }
        Ok(())
    }

    /// Which object the request is about.
    pub fn of(&mut self, resource: &'static Resource, at: &Address) {
        self.terms = self.condition.take().map(|(caller, wanted)| Condition {
            resource,
            at: at.clone(),
            caller,
            wanted,
        });
    }

    /// Does the work on these terms; whatever it writes, it writes on them.
    ///
    /// # Errors
    /// What the work says; [`Code::Changed`].
    pub async fn heeded(
        self,
        work: impl Future<Output = Result<Response, Error>>,
    ) -> Result<Response, Error> {
        match self.named() {
            Some(terms) => Ok(marked(&terms, terms::on(Arc::clone(&terms), work).await?)),
            None => work.await,
        }
    }

    /// Answers with what the work says, or with what it said when the same
    /// request came before.
    ///
    /// # Errors
    /// What the work says; [`Code::Changed`]; [`Code::KeyReused`] and
    /// [`Code::AlreadyDone`] for a key that was used before.
    pub async fn answered(
        self,
        hub: &Hub,
        work: impl Future<Output = Result<Response, Error>>,
    ) -> Result<Response, Error> {
        let Some(terms) = self.named() else { return work.await };
        let before = || hub.readers.read(|db| terms.reply(db));
        if let Some(reply) = before()? {
            return Ok(replayed(reply));
        }
        let answer = terms::on(Arc::clone(&terms), work).await;
        // The same request came at the same time, and was first.
        match (terms.is_second(), answer) {
            (true, Err(error)) => before()?.map(replayed).ok_or(error),
            (_, answer) => answer.map(|response| marked(&terms, response)),
        }
    }

    fn named(self) -> Option<Arc<Terms>> {
        let named = self.once.is_some() || self.terms.is_some() || self.dry;
        named.then(|| Arc::new(Terms::new(self.once, self.terms, self.dry)))
    }
}

/// An answer that says so if nothing was changed.
fn marked(terms: &Terms, mut response: Response) -> Response {
    if terms.is_dry() {
        response.headers_mut().insert(DRY, HeaderValue::from_static("true"));
    }
    response
}

fn replayed(reply: Vec<u8>) -> Response {
    let mut response = envelope::json(Body::from(reply));
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn key(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= KEY_LIMIT);
    let told = || format!("Idempotency-Key takes 1 to {KEY_LIMIT} visible characters of ASCII");
    key.map(Some).ok_or_else(|| Error::new(Code::InvalidValue, told()))
}
