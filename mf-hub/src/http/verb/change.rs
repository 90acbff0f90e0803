//! What POST, PUT and DELETE have in common: who asks, with which parameters,
//! on what terms, and how it is written.

use std::sync::Arc;

use axum::body::Body;
use axum::http::request::Parts;
use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::resource::{self, Resource, Scope, Who};

use crate::http::terms::Asked;
use crate::http::throttle::Subject;
use crate::http::{caller, envelope, input, peer};
use crate::hub::Hub;
use crate::params::Params;
use crate::store::actor::Actor;
use crate::store::draft::Draft;
use crate::store::edit::Address;
use crate::store::roles::Caller;
use crate::store::{Done, Tx};

/// What is to become of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// There is one more.
    Create,
    /// One is another.
    Update,
    /// There is one less.
    Delete,
}

impl Kind {
    fn who(self, resource: &Resource) -> Who {
        match self {
            Kind::Create => resource.creators(),
            Kind::Update => resource.updaters(),
            Kind::Delete => resource.deleters(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Kind::Create => "creating",
            Kind::Update => "changing",
            Kind::Delete => "deleting",
        }
    }
}

/// A change that is asked for.
pub struct Change {
    hub: Arc<Hub>,
    resource: &'static Resource,
    caller: Caller,
    actor: Actor,
    asked: Asked,
    /// The parameters that nobody has taken yet.
    pub params: Params,
}

impl Change {
    /// Reads a request, and refuses at the door who can never be allowed; the
    /// rest is decided where the object is known.
    ///
    /// # Errors
    /// The caller may not, or the request cannot be read.
    pub async fn read(
        hub: Arc<Hub>,
        resource: &'static Resource,
        kind: Kind,
        (parts, body): (Parts, Body),
    ) -> Result<Self, Error> {
        let caller = caller::of(&hub, &parts)?;
        let what = format!("{} {}", kind.word(), resource.many());
        signed(&caller, kind.who(resource), &what)?;
        let mut params = input::params(&parts, body, &secrets(resource)).await?;
        let mut asked = Asked::read(&hub, &caller, &parts, &params)?;
        asked.dry(&mut params)?;
        if caller.newcomer {
            hub.throttle.take(&[Subject::Newcomer(peer::of(&hub, &parts))])?;
        } else if kind == Kind::Create && resource.scope == Scope::Site {
            // Before a password is hashed for nothing.
            caller.need(caller.roles(), resource.creators(), &what)?;
        }
        let actor = Actor::from(&caller);
        Ok(Self { hub, resource, caller, actor, asked, params })
    }

    /// Which object is meant.
    ///
    /// # Errors
    /// The project is no text.
    pub fn address(&mut self, label: String) -> Result<Address, Error> {
        let at = super::address(label, &mut self.params)?;
        self.asked.of(self.resource, &at);
        Ok(at)
    }

    /// What is left of the parameters, as fields. Secrets go no further than
    /// this in clear.
    ///
    /// # Errors
    /// There is no such field, or a value is none that it takes.
    pub async fn draft(&mut self) -> Result<Draft, Error> {
        let mut draft = Draft::read(self.resource, std::mem::take(&mut self.params))?;
        if self.caller.newcomer {
            self.actor = Actor::from(draft.text("label").unwrap_or_default());
        }
        for name in secrets(self.resource) {
            let Some(secret) = draft.text(name).filter(|secret| !secret.is_empty()) else {
                continue;
            };
            if let Some(field) = self.resource.field(name) {
                let most = self.caller.roles().or(Who::OWNER).or(Who::PROJECT);
                let what = format!("setting {name} of {}", self.resource.one());
                self.caller.need(most, field.write, &what)?;
            }
            let hash = self.hub.passwords.hash(secret).await?;
            draft.set_text(name, hash);
        }
        Ok(draft)
    }

    /// Makes the change; the answer is the object as it is then.
    ///
    /// # Errors
    /// What the work says.
    pub async fn make<F>(self, work: F) -> Result<Response, Error>
    where
        F: Fn(&Tx<'_>, &Caller) -> Done<Vec<u8>> + Send + 'static,
    {
        let Self { hub, resource, caller, actor, asked, .. } = self;
        let job = move |tx: &Tx<'_>| {
            let object = work(tx, &caller)?;
            tx.keep_reply(|| envelope::text(&resource.key(), &object))?;
            Ok(object)
        };
        let write = async {
            let object = hub.writer.run(actor, job).await?;
            Ok(envelope::object(&resource.key(), &object))
        };
        asked.answered(&hub, write).await
    }

    /// Makes the change, which leaves no object to answer with.
    ///
    /// # Errors
    /// What the work says.
    pub async fn run<F>(self, work: F) -> Result<Response, Error>
    where
        F: Fn(&Tx<'_>, &Caller) -> Done<()> + Send + 'static,
    {
        let Self { hub, caller, actor, asked, .. } = self;
        let write = async {
            hub.writer.run(actor, move |tx| work(tx, &caller)).await?;
            Ok(envelope::empty())
        };
        asked.heeded(write).await
    }
}

/// Refuses who can never be allowed.
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
    let secret = |field: &&resource::Field| field.kind == resource::Kind::Secret;
    resource.fields().filter(secret).map(|field| field.name).collect()
}
