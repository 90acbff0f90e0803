//! One call of a function, as its body gets it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use mf_core::error::{Code, Error};
use serde::de::DeserializeOwned;

use super::input;
use crate::hub::Hub;
use crate::params::Values;
use crate::store::find::Object;
use crate::store::roles::Caller;

/// One call of a function, checked: the caller may, the object is there, the
/// parameters are what the table says.
pub struct Call {
    /// The hub.
    pub hub: Arc<Hub>,
    /// Who calls.
    pub caller: Caller,
    /// The object it is called on, unless it is called on the resource itself.
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
