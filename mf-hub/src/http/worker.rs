//! What a worker writes for an attempt that it holds. Everything here carries
//! the attempt's token; a stale one is refused.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, to_bytes};
use axum::http::HeaderMap;
use bytes::Bytes;
use futures_util::StreamExt;
use mf_core::error::{Code, Error};
use mf_core::resource::common::SHORT;
use mf_core::task::Lease;
use mf_core::wire::{Advance, Complete, Held, TaskFile};

use crate::files::check_name;
use crate::hub::Hub;
use crate::store::roles::Caller;
use crate::store::{attempt, file, progress};

/// Most bytes of a log in one request.
pub const APPEND_LIMIT: usize = 4 << 20;
/// Longest that a body may stop in the middle.
const STALL: Duration = Duration::from_secs(30);

/// A worker, and the attempt that it writes for.
pub struct Writing<'a> {
    hub: &'a Arc<Hub>,
    caller: &'a Caller,
    system: i64,
    lease: Lease,
    held: Held,
}

impl<'a> Writing<'a> {
    /// Who writes, by the headers of the request. An attempt that has ended
    /// is refused, but by [`Writing::complete`].
    ///
    /// # Errors
    /// There is no lease, or it is not this system's.
    pub fn new(
        hub: &'a Arc<Hub>,
        caller: &'a Caller,
        system: i64,
        headers: &HeaderMap,
    ) -> Result<Self, Error> {
        let Some(header) = headers.get(Lease::HEADER) else {
            let told = "the header MF-Lease is missing; it has the attempt and its token";
            return Err(Error::new(Code::MissingField, told));
        };
        // A header that is no text is no lease either.
        let lease: Lease = header.to_str().unwrap_or_default().parse()?;
        let held = Held { task: lease.task, attempt: lease.attempt };
        Ok(Self { hub, caller, system, lease, held })
    }

    /// Refuses a stale lease, and renews one that is not.
    fn check(&self) -> Result<(), Error> {
        self.hub.readers.read(|db| attempt::check(db, self.system, &self.lease))?;
        self.hub.dispatch.renew(self.held);
        Ok(())
    }

    /// The attempt has come to a stage.
    ///
    /// # Errors
    /// The lease is stale, or the stage is no short text.
    pub async fn advance(&self, said: Advance) -> Result<(), Error> {
        for (name, text) in [("stage", &said.stage), ("revision", &said.revision)] {
            if text.len() > SHORT || text.contains('\0') {
                let told = format!("{name} takes text of at most {SHORT} bytes");
                return Err(Error::new(Code::InvalidValue, told));
            }
        }
        let (system, lease) = (self.system, self.lease.clone());
        let work = move |tx: &_| {
            let held = attempt::check(tx, system, &lease)?;
            progress::advance(tx, held, &said)
        };
        self.hub.writer.run(&self.caller.label, work).await?;
        self.hub.dispatch.renew(self.held);
        Ok(())
    }

    /// Bytes of a log; gives its length afterwards.
    ///
    /// # Errors
    /// The lease is stale, or the bytes belong elsewhere.
    pub async fn append(&self, name: &str, offset: u64, body: Body) -> Result<u64, Error> {
        check_name(name)?;
        self.check()?;
        let bytes = log_bytes(body).await?;
        let found = self.hub.readers.read(|db| file::find(db, self.held, file::LOG, name))?;
        let found = match found {
            Some(found) => found,
            None => {
                let (held, name) = (self.held, name.to_owned());
                let work = move |tx: &_| file::name_log(tx, held, &name);
                self.hub.writer.run(&self.caller.label, work).await?
            }
        };
        if !found.sha256.is_empty() {
            let told = format!("the log {name:?} was uploaded whole; it does not grow");
            return Err(Error::new(Code::Refused, told));
        }
        let appended = self.hub.files.append(self.held, &found.stored, offset, bytes).await?;
        if appended.grew {
            self.hub.dispatch.grew(self.held.task);
        }
        Ok(appended.length)
    }

    /// A whole file.
    ///
    /// # Errors
    /// The lease is stale, the name or the bytes are not right, or the
    /// attempt has another file of that name.
    pub async fn upload(
        &self,
        kind: &str,
        name: &str,
        sha256: &str,
        body: Body,
    ) -> Result<(), Error> {
        check_name(name)?;
        self.check()?;
        let sha256 = sha256.to_ascii_lowercase();
        let arriving = self.hub.files.receive(&sha256)?;
        let mut blocks = body.into_data_stream();
        while let Some(block) = next(&mut blocks).await? {
            if !arriving.push(block).await {
                break;
            }
        }
        let stored = arriving.keep(&self.hub.files, self.held).await?;
        let file = TaskFile {
            kind: kind.to_owned(),
            name: name.to_owned(),
            size: i64::try_from(stored.size).unwrap_or(i64::MAX),
            sha256,
            attempt: self.held.attempt,
        };
        let (system, lease) = (self.system, self.lease.clone());
        let work = move |tx: &_| {
            let held = attempt::check(tx, system, &lease)?;
            file::record(tx, held, &file, &stored.stored)
        };
        self.hub.writer.run(&self.caller.label, work).await
    }

    /// The attempt has ended. Its logs are on the disk before that is.
    ///
    /// # Errors
    /// The lease is stale, or the state does not allow it.
    pub async fn complete(&self, said: Complete) -> Result<(), Error> {
        let logs = self.hub.readers.read(|db| file::logs(db, self.held))?;
        self.hub.files.sync_logs(self.held, logs).await?;
        let (system, lease) = (self.system, self.lease.clone());
        let work = move |tx: &_| attempt::complete(tx, system, &lease, &said);
        self.hub.writer.run(&self.caller.label, work).await
    }
}

async fn log_bytes(body: Body) -> Result<Bytes, Error> {
    let read = tokio::time::timeout(STALL, to_bytes(body, APPEND_LIMIT)).await;
    // Which of the two it was cannot be told apart for certain; a worker that
    // keeps to the limit sends again, and one that does not is told of it.
    read.map_err(|_| slow())?.map_err(|error| {
        let told = format!("the body broke off, or has more than {APPEND_LIMIT} bytes: {error}");
        Error::new(Code::TooLarge, told)
    })
}

async fn next(blocks: &mut BodyDataStream) -> Result<Option<Bytes>, Error> {
    let next = tokio::time::timeout(STALL, blocks.next()).await.map_err(|_| slow())?;
    next.transpose().map_err(|error| {
        Error::new(Code::Malformed, format!("the body broke off; nothing was stored: {error}"))
    })
}

fn slow() -> Error {
    let told = format!("no byte of the body came for {} s; send it again", STALL.as_secs());
    Error::new(Code::Malformed, told)
}
