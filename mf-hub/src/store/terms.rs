//! The terms of a request: its work is done only once, only on one version of
//! an object, or only to see what it would do.
//!
//! Terms are a task-local of the task that answers the request, so that every
//! job it gives to the writer is checked against them, whichever function it
//! belongs to. The check is part of the job's transaction: a client that sends
//! a request again, even after the hub was killed, finds it done with its
//! reply, or not done at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mf_core::error::{Code, Error};
use mf_core::resource::Resource;
use mf_core::time;
use rusqlite::{Connection, OptionalExtension, params};

use super::edit::Address;
use super::roles::Caller;
use super::{Done, Fault, Tx, render, version};

/// How long a key and its reply are kept, in seconds: a client that tries for
/// longer has asked its user meanwhile.
const KEPT: i64 = 24 * 60 * 60;

tokio::task_local! {
    static CURRENT: Arc<Terms>;
}

/// Does a request's work on these terms.
pub async fn on<T>(terms: Arc<Terms>, work: impl Future<Output = T>) -> T {
    CURRENT.scope(terms, work).await
}

/// The terms of the request that is being answered here.
pub fn current() -> Option<Arc<Terms>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// On what terms the work of one request is done.
#[derive(Debug)]
pub struct Terms {
    once: Option<Once>,
    condition: Option<Condition>,
    /// Nothing of it is kept.
    dry: bool,
    /// A job of the request has met them, and is committed.
    met: AtomicBool,
    /// Another request had the key.
    second: AtomicBool,
}

/// A request that is done once, however often it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Who sends it.
    pub actor: String,
    /// Its key, which is the sender's own.
    pub key: String,
    /// A signature of all that is asked for.
    pub request: String,
}

/// A version that an object must have.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The object's resource.
    pub resource: &'static Resource,
    /// Which object it is.
    pub at: Address,
    /// Who asks: what is seen of an object is part of its version.
    pub caller: Caller,
    /// The versions that it may have.
    pub wanted: Wanted,
}

/// The versions that an object may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Every one: it must be there.
    Any,
    /// One of these.
    OneOf(Vec<u64>),
}

impl Terms {
    /// Terms that are still to be met.
    pub fn new(once: Option<Once>, condition: Option<Condition>, dry: bool) -> Self {
        let (met, second) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { once, condition, dry, met, second }
    }

    /// Whether the work is undone when its answer is known.
    pub fn is_dry(&self) -> bool {
        self.dry
    }

    /// Whether another request with the same key was done first.
    pub fn is_second(&self) -> bool {
        self.second.load(Ordering::Relaxed)
    }

    /// Refuses the work unless the terms are met. Every further job of the
    /// same request is its own business.
    pub(super) fn meet(self: &Arc<Self>, tx: &Tx<'_>) -> Done<()> {
        if self.met.load(Ordering::Relaxed) {
            return Ok(());
        }
        if let Some(once) = &self.once {
            self.second.store(!once.begin(tx)?, Ordering::Relaxed);
            if self.is_second() {
                return Err(Fault::told(Code::Busy, "the same request was just done"));
            }
        }
        if let Some(condition) = &self.condition {
            condition.check(tx)?;
        }
        let terms = Arc::clone(self);
        tx.then(move |_| terms.met.store(true, Ordering::Relaxed));
        Ok(())
    }

    /// Keeps the reply for whoever sends the request again.
    pub(super) fn keep(&self, tx: &Tx<'_>, reply: impl FnOnce() -> Vec<u8>) -> Done<()> {
        let Some(once) = &self.once else { return Ok(()) };
        tx.prepare_cached("UPDATE idempotency SET reply = ?3 WHERE actor = ?1 AND key = ?2")?
            .execute(params![once.actor, once.key, reply()])?;
        Ok(())
    }

    /// The reply to the same request, if it was done.
    ///
    /// # Errors
    /// [`Code::KeyReused`] when it was another request; [`Code::AlreadyDone`]
    /// when its reply was not kept.
    pub fn reply(&self, db: &Connection) -> Done<Option<Vec<u8>>> {
        match &self.once {
            Some(once) => once.reply(db),
            None => Ok(None),
        }
    }
}

impl Once {
    /// Takes the key; whether nobody had it.
    fn begin(&self, tx: &Tx<'_>) -> Done<bool> {
        let now = time::unix_now();
        tx.prepare_cached("DELETE FROM idempotency WHERE date < ?1")?.execute([now - KEPT])?;
        let taken = tx
            .prepare_cached(
                "INSERT INTO idempotency (actor, key, request, date) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![self.actor, self.key, self.request, now])?;
        Ok(taken == 1)
    }

    fn reply(&self, db: &Connection) -> Done<Option<Vec<u8>>> {
        let found = db
            .prepare_cached(
                "SELECT request, reply FROM idempotency WHERE actor = ?1 AND key = ?2 AND date >= ?3",
            )?
            .query_row(params![self.actor, self.key, time::unix_now() - KEPT], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<Vec<u8>>>(1)?))
            })
            .optional()?;
        let Some((request, reply)) = found else { return Ok(None) };
        if request != self.request {
            let told = "this Idempotency-Key was another request's; take a new one for each";
            return Err(Fault::told(Code::KeyReused, told));
        }
        reply.map(Some).ok_or_else(|| {
            let told = "this was done already, and its answer was for the first time only";
            Error::new(Code::AlreadyDone, told).into()
        })
    }
}

impl Condition {
    fn check(&self, tx: &Tx<'_>) -> Done<()> {
        let (label, project) = (&self.at.label, self.at.project.as_deref());
        let object = render::named(tx, &self.caller, self.resource, label, project)?;
        match &self.wanted {
            Wanted::Any => Ok(()),
            Wanted::OneOf(versions) if versions.contains(&version::of(&object)) => Ok(()),
            Wanted::OneOf(_) => {
                let told = format!(
                    "{} {label:?} is not as it was when you read it; read it again",
                    self.resource.name
                );
                Err(Fault::told(Code::Changed, told))
            }
        }
    }
}
