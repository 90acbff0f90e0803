//! A job's view of the database, and what it wants to happen in memory.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;

use mf_core::time;
use rusqlite::Connection;

use super::Done;
use super::actor::Actor;
use super::terms::Terms;
use crate::dispatch::Dispatch;
use crate::events::Happened;

/// What a job sees: the database inside its savepoint, who wants it, and a
/// list of what is to happen in memory once the job is committed.
pub struct Tx<'a> {
    connection: &'a Connection,
    actor: &'a Actor,
    terms: Option<&'a Arc<Terms>>,
    now: String,
    effects: RefCell<Vec<Effect>>,
}

/// What happens in memory after COMMIT, in the order of commits.
pub enum Effect {
    /// Watchers are told.
    Event(Box<Happened>),
    /// The dispatch index follows.
    Work(Box<dyn FnOnce(&Dispatch) + Send>),
}

impl<'a> Tx<'a> {
    /// The view of one attempt at a job.
    pub(super) fn new(
        connection: &'a Connection,
        actor: &'a Actor,
        terms: Option<&'a Arc<Terms>>,
    ) -> Self {
        Self { connection, actor, terms, now: time::now(), effects: RefCell::new(Vec::new()) }
    }

    /// What is to happen once the job is committed.
    pub(super) fn into_effects(self) -> Vec<Effect> {
        self.effects.into_inner()
    }

    /// Refuses the job unless it is done on its request's terms.
    pub(super) fn meet_terms(&self) -> Done<()> {
        self.terms.map_or(Ok(()), |terms| terms.meet(self))
    }

    /// Keeps the whole reply to the request, for whoever sends it again with the
    /// same `Idempotency-Key`. A reply that holds a secret is not kept: who
    /// sends that again is told that it was done.
    ///
    /// # Errors
    /// SQLite fails.
    pub fn keep_reply(&self, reply: impl FnOnce() -> Vec<u8>) -> Done<()> {
        self.terms.map_or(Ok(()), |terms| terms.keep(self, reply))
    }

    /// Who does it: a user's, system's or daemon's name.
    pub fn actor(&self) -> &str {
        &self.actor.name
    }

    /// The public id of the key that it is done with; empty without one.
    pub fn key(&self) -> &str {
        &self.actor.key
    }

    /// Now, the same for the whole job.
    pub fn now(&self) -> &str {
        &self.now
    }

    /// Adds to what happens once this job is committed.
    pub fn effect(&self, effect: Effect) {
        self.effects.borrow_mut().push(effect);
    }

    /// Lets the dispatch index follow once this job is committed.
    pub fn then(&self, follow: impl FnOnce(&Dispatch) + Send + 'static) {
        self.effect(Effect::Work(Box::new(follow)));
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}
