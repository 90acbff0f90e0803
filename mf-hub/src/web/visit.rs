//! What a page is made from: the hub, who looks, and what was asked for.

use std::sync::Arc;

use axum::http::request::Parts;
use mf_core::error::{Code, Error};
use mf_core::resource::{Resource, Who};
use rusqlite::Connection;
use serde_json::Value;

use crate::http::{caller, input, session};
use crate::hub::Hub;
use crate::params::Params;
use crate::store::find::{self, Object};
use crate::store::list::Query;
use crate::store::roles::{self, Caller};
use crate::store::{Done, changes, history, render};

/// Somebody who looks at a page.
pub struct Visit {
    /// The hub.
    pub hub: Arc<Hub>,
    /// Who looks.
    pub caller: Caller,
    /// Method, address and headers.
    pub parts: Parts,
    /// Number of the newest event before anything was read: what happens
    /// while the page is made is after it.
    pub event: i64,
}

/// An object that a page is about.
pub struct Seen {
    /// Which it is.
    pub object: Object,
    /// All of it that the visitor may see.
    pub value: Value,
    /// The visitor's roles on it.
    pub roles: Who,
}

impl Visit {
    /// Who looks, by the cookie or the key of the request.
    ///
    /// # Errors
    /// The key is nobody's.
    pub fn new(hub: Arc<Hub>, parts: Parts) -> Result<Self, (Box<Self>, Error)> {
        let registration = hub.config.registration;
        let event = hub.readers.read(history::newest).unwrap_or(0);
        match caller::of(&hub, &parts) {
            Ok(caller) => Ok(Self { hub, caller, parts, event }),
            Err(error) => {
                let caller = Caller::nobody(registration);
                Err((Box::new(Self { hub, caller, parts, event }), error))
            }
        }
    }

    /// What the visitor's forms carry; `None` for who has no session.
    pub fn csrf(&self) -> Option<String> {
        self.caller.user()?;
        session::of(&self.parts).map(|secret| session::csrf(&self.hub, secret))
    }

    /// The parameters in the address.
    ///
    /// # Errors
    /// One of them is no text.
    pub fn query(&self) -> Result<Params, Error> {
        input::query(&self.parts)
    }

    /// One parameter in the address; empty where there is none.
    ///
    /// # Errors
    /// It is given twice.
    pub fn text(&self, name: &str) -> Result<String, Error> {
        Ok(self.query()?.take_text(name)?.unwrap_or_default())
    }

    /// Reads the database.
    ///
    /// # Errors
    /// What the work says.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Done<T>) -> Result<T, Error> {
        self.hub.readers.read(work)
    }

    /// An object, and the visitor's roles on it.
    ///
    /// # Errors
    /// There is none that the visitor may know of.
    pub fn object(&self, resource: &'static Resource, label: &str) -> Result<Seen, Error> {
        let project = self.text("project_label")?;
        let (object, roles, bytes) = self.read(|db| {
            let sight = self.caller.sight();
            let object = find::object(db, resource, label, Some(&project), sight)?;
            let roles = roles::on(db, &self.caller, resource, object.id)?;
            let what = format!("reading {}", resource.many());
            self.caller.need(roles, resource.readers(), &what)?;
            let bytes = render::object(db, resource, object.id, roles)?;
            Ok((object, roles, bytes))
        })?;
        Ok(Seen { object, roles, value: parsed(&bytes)? })
    }

    /// A page of a list, and what follows it.
    ///
    /// # Errors
    /// A parameter is wrong.
    pub fn list(
        &self,
        resource: &'static Resource,
        params: Params,
        limit: i64,
    ) -> Result<(Vec<Value>, Option<String>), Error> {
        let what = format!("reading {}", resource.many());
        self.caller.need(self.caller.roles(), resource.readers(), &what)?;
        let query = Query::read(resource, params)?;
        let limit = query.limit.unwrap_or(limit);
        let (sight, roles) = (self.caller.sight(), self.caller.roles());
        let found = self.read(|db| query.page(db, sight, roles, limit))?;
        Ok((parsed(&[b"[", found.objects.as_slice(), b"]"].concat())?, found.next))
    }

    /// The newest changes of an object.
    ///
    /// # Errors
    /// The database would not.
    pub fn history(
        &self,
        resource: &Resource,
        seen: &Seen,
        limit: i64,
    ) -> Result<Vec<changes::Change>, Error> {
        let (id, roles) = (seen.object.id, seen.roles);
        Ok(self.read(|db| changes::page(db, resource, id, roles, None, limit))?.changes)
    }
}

/// JSON of our own.
///
/// # Errors
/// It is none: a mistake of ours.
pub fn parsed<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        tracing::error!("what the hub renders is no JSON: {error}");
        Error::new(Code::Internal, "the page could not be made")
    })
}
