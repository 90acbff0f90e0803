//! One call of a function, as its body gets it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::resource::Resource;
use serde::de::DeserializeOwned;

use super::{envelope, input};
use crate::hub::Hub;
use crate::params::Values;
use crate::store::actor::Actor;
use crate::store::find::Object;
use crate::store::roles::{self, Caller};
use crate::store::{Done, Tx, render};

/// One call of a function, checked: the caller may, the object is there, the
/// parameters are what the table says.
pub struct Call {
    /// The hub.
    pub hub: Arc<Hub>,
    /// Who calls.
    pub caller: Caller,
    /// The resource whose function it is.
    pub resource: &'static Resource,
    /// The label of the object that is meant; empty for the resource itself.
    pub label: String,
    /// The project that was named with it.
    pub project_label: Option<String>,
    /// The object it is called on, unless it is called on the resource itself
    /// or the function looks for it.
    pub object: Option<Object>,
    /// The name of the part, for a function on a part of an object.
    pub part: String,
    /// The parameters that the table declares.
    pub values: Values,
    /// Method, address and headers.
    pub parts: Parts,
    /// The body; empty when the parameters were read from it.
    pub body: Body,
}

impl Call {
    /// The id of the object that it is called on.
    ///
    /// # Errors
    /// The function is called on no object: a mistake in the table.
    pub fn id(&self) -> Result<i64, Error> {
        self.object
            .as_ref()
            .map(|object| object.id)
            .ok_or_else(|| Error::new(Code::Internal, "this function is called on no object"))
    }

    /// The project of the object that it is called on.
    pub fn project(&self) -> Option<i64> {
        self.object.as_ref().and_then(|object| object.project)
    }

    /// Does something to the object that it is called on; the answer is the
    /// object as it is then.
    ///
    /// # Errors
    /// What the work says.
    pub async fn change<F>(self, resource: &'static Resource, work: F) -> Result<Response, Error>
    where
        F: Fn(&Tx<'_>, &Self, i64) -> Done<()> + Send + 'static,
    {
        let id = self.id()?;
        let hub = Arc::clone(&self.hub);
        let actor = Actor::from(&self.caller);
        let job = move |tx: &Tx<'_>| {
            work(tx, &self, id)?;
            let roles = roles::on(tx, &self.caller, resource, id)?;
            let object = render::object(tx, resource, id, roles)?;
            tx.keep_reply(|| envelope::text(&resource.key(), &object))?;
            Ok(object)
        };
        let object = hub.writer.run(actor, job).await?;
        Ok(envelope::object(&resource.key(), &object))
    }

    /// The id of the system that calls.
    ///
    /// # Errors
    /// The caller is no system: the table lets somebody else call it.
    pub fn system(&self) -> Result<i64, Error> {
        self.caller
            .system()
            .ok_or_else(|| Error::new(Code::Forbidden, "only a worker's system may call this"))
    }

    /// Reads the body as one JSON value.
    ///
    /// # Errors
    /// It is too large, too slow, or no such value.
    pub async fn wire<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        input::wire(&self.parts, std::mem::take(&mut self.body)).await
    }
}
