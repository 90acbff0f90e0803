//! What a worker writes for an attempt that it holds. Everything here carries
//! the attempt's token; a stale one is refused.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use mf_core::error::{Code, Error};
use mf_core::file_name;
use mf_core::resource::common::SHORT;
use mf_core::task::Lease;
use mf_core::wire::{Advance, BUILD_LOG, Complete, Held, TaskFile};
use serde_json::json;

use super::call::Call;
use super::envelope;
use crate::hub::Hub;
use crate::store::actor::Actor;
use crate::store::{Done, Tx, attempt, file, progress, quarantine};

/// Most bytes of a log in one request.
const APPEND_LIMIT: usize = 4 << 20;
/// Longest that a body may stop in the middle.
const STALL: Duration = Duration::from_secs(30);

/// A worker, and the attempt that it writes for.
struct Writing {
    hub: Arc<Hub>,
    /// Label of the worker's system.
    actor: Actor,
    system: i64,
    lease: Lease,
    held: Held,
}

/// `POST /task/advance`: an attempt has come to a stage.
///
/// # Errors
/// The lease is stale, or the stage is no short text.
pub async fn advance(mut call: Call) -> Result<Response, Error> {
    let said: Advance = call.wire().await?;
    for (name, text) in
        [("stage", &said.stage), ("revision", &said.revision), ("isolation", &said.isolation)]
    {
        if text.len() > SHORT || text.contains('\0') {
            let told = format!("{name} takes text of at most {SHORT} bytes");
            return Err(Error::new(Code::InvalidValue, told));
        }
    }
    let writing = Writing::new(&call)?;
    // Before it is taken: whoever hears that it was may rely on the lease.
    writing.check()?;
    let (system, lease) = (writing.system, writing.lease.clone());
    let work = move |tx: &Tx<'_>| {
        let held = attempt::check(tx, system, &lease)?;
        progress::advance(tx, held, &said)
    };
    Ok(envelope::data(&writing.write(work).await?))
}

/// `POST /task/append`: bytes of a log; tells its length afterwards.
///
/// # Errors
/// The lease is stale, or the bytes belong elsewhere.
pub async fn append(mut call: Call) -> Result<Response, Error> {
    let body = std::mem::take(&mut call.body);
    let name = call.values.text("name");
    file_name::check(name)?;
    let offset = call.values.int("offset").and_then(|offset| u64::try_from(offset).ok());
    let writing = Writing::new(&call)?;
    writing.check()?;
    let bytes = log_bytes(body).await?;
    let stored = writing.log(name).await?;
    let files = &call.hub.files;
    let appended = files.append(writing.held, &stored, offset.unwrap_or(0), bytes).await?;
    if appended.grew {
        call.hub.dispatch.grew(writing.held.task);
    }
    Ok(envelope::data(&json!({ "length": appended.length })))
}

/// `POST /task/upload`: a whole file.
///
/// # Errors
/// The lease is stale, the name or the bytes are not right, or the attempt
/// has another file of that name.
pub async fn upload(mut call: Call) -> Result<Response, Error> {
    let mut blocks = std::mem::take(&mut call.body).into_data_stream();
    let name = call.values.text("name");
    file_name::check(name)?;
    let writing = Writing::new(&call)?;
    writing.check()?;
    let sha256 = call.values.text("sha256").to_ascii_lowercase();
    let arriving = call.hub.files.receive(&sha256).await?;
    while let Some(block) = next(&mut blocks).await? {
        if !arriving.push(block).await {
            break;
        }
    }
    let stored = arriving.keep(&call.hub.files, writing.held).await?;
    let file = TaskFile {
        kind: call.values.text("kind").to_owned(),
        name: name.to_owned(),
        size: i64::try_from(stored.size).unwrap_or(i64::MAX),
        sha256,
        attempt: writing.held.attempt,
    };
    let (system, lease) = (writing.system, writing.lease.clone());
    let work = move |tx: &Tx<'_>| {
        let held = attempt::check(tx, system, &lease)?;
        file::record(tx, held, &file, &stored.stored)
    };
    writing.write(work).await?;
    Ok(envelope::empty())
}

/// `POST /task/complete`: the attempt has ended. Its logs are on the disk
/// before that is.
///
/// # Errors
/// The lease is stale, or the state does not allow it.
pub async fn complete(mut call: Call) -> Result<Response, Error> {
    let mut said: Complete = call.wire().await?;
    let writing = Writing::new(&call)?;
    match writing.check() {
        Ok(()) => {
            let logs = writing.hub.readers.read(|db| file::logs(db, writing.held))?;
            writing.hub.files.sync_logs(writing.held, logs).await?;
            if let Some(crash) = &mut said.crash {
                crash.log = writing.last_lines().await?;
            }
        }
        // An attempt that has ended may be completed again, and then its logs
        // are on the disk already; which it is, the transaction decides.
        Err(error) if error.code == Code::StaleAttempt => {}
        Err(error) => return Err(error),
    }
    let (system, lease) = (writing.system, writing.lease.clone());
    writing.write(move |tx: &Tx<'_>| attempt::complete(tx, system, &lease, &said)).await?;
    Ok(envelope::empty())
}

impl Writing {
    /// Who writes, as the request's headers say; not yet checked.
    fn new(call: &Call) -> Result<Self, Error> {
        let Some(header) = call.parts.headers.get(Lease::HEADER) else {
            let told = "the header MF-Lease is missing; it has the attempt and its token";
            return Err(Error::new(Code::MissingField, told));
        };
        // A header that is no text is no lease either.
        let lease: Lease = header.to_str().unwrap_or_default().parse()?;
        let held = Held { task: lease.task, attempt: lease.attempt };
        let (hub, actor) = (Arc::clone(&call.hub), Actor::from(&call.caller));
        Ok(Self { hub, actor, system: call.system()?, lease, held })
    }

    /// Refuses a stale lease, and renews one that is not.
    fn check(&self) -> Result<(), Error> {
        self.hub.readers.read(|db| attempt::check(db, self.system, &self.lease))?;
        self.hub.dispatch.renew(self.held);
        Ok(())
    }

    /// Name on disk of a log, which has one from its first bytes on.
    async fn log(&self, name: &str) -> Result<String, Error> {
        let held = self.held;
        let found = self.hub.readers.read(|db| file::find(db, held, file::LOG, name))?;
        let found = match found {
            Some(found) => found,
            None => {
                let name = name.to_owned();
                self.write(move |tx: &Tx<'_>| file::name_log(tx, held, &name)).await?
            }
        };
        if !found.sha256.is_empty() {
            let told = format!("the log {name:?} was uploaded whole; it does not grow");
            return Err(Error::new(Code::Refused, told));
        }
        Ok(found.stored)
    }

    /// The end of the attempt's own log.
    async fn last_lines(&self) -> Result<String, Error> {
        let held = self.held;
        let found = self.hub.readers.read(|db| file::find(db, held, file::LOG, BUILD_LOG))?;
        let Some(found) = found else { return Ok(String::new()) };
        self.hub.files.end_of_log(held, found.stored, quarantine::LOG_LIMIT).await
    }

    async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Done<T> + Send + 'static,
    {
        self.hub.writer.run(self.actor.clone(), work).await
    }
}

async fn log_bytes(body: Body) -> Result<Bytes, Error> {
    // Room for all of it at once: growing, it would be in memory twice.
    let length = usize::try_from(body.size_hint().lower()).unwrap_or(APPEND_LIMIT);
    let mut bytes = BytesMut::with_capacity(length.min(APPEND_LIMIT));
    let mut blocks = body.into_data_stream();
    while let Some(block) = next(&mut blocks).await? {
        if bytes.len() + block.len() > APPEND_LIMIT {
            let told =
                format!("a piece of a log has at most {APPEND_LIMIT} bytes; send it in parts");
            return Err(Error::new(Code::TooLarge, told));
        }
        bytes.extend_from_slice(&block);
    }
    Ok(bytes.freeze())
}

/// The next bytes of a body that is streamed; `None` at its end.
///
/// # Errors
/// It broke off, or stopped for too long.
pub(super) async fn next(blocks: &mut BodyDataStream) -> Result<Option<Bytes>, Error> {
    let next = tokio::time::timeout(STALL, blocks.next()).await.map_err(|_| slow())?;
    next.transpose().map_err(|error| {
        Error::new(Code::BrokenOff, format!("the body broke off; nothing was stored: {error}"))
    })
}

fn slow() -> Error {
    let told = format!("no byte of the body came for {} s; send it again", STALL.as_secs());
    Error::new(Code::BrokenOff, told)
}
