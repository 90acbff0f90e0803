//! `GET /task/LABEL/file/NAME`, and so for sources and configs.

use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::wire::{Held, TaskFile};
use serde_json::json;

use super::call::Call;
use super::{envelope, ranges};
use crate::store::{file, task};

/// A result's bytes.
///
/// # Errors
/// There is no such file; the range is none of it.
pub async fn file(call: Call) -> Result<Response, Error> {
    answer(&call, "file")
}

/// A source's bytes.
///
/// # Errors
/// As [`file`].
pub async fn source(call: Call) -> Result<Response, Error> {
    answer(&call, "source")
}

/// The bytes of a configuration that the build was given.
///
/// # Errors
/// As [`file`].
pub async fn config(call: Call) -> Result<Response, Error> {
    answer(&call, "config")
}

fn answer(call: &Call, kind: &str) -> Result<Response, Error> {
    let of = attempt(call)?;
    let found = call.hub.readers.read(|db| file::find(db, of, kind, &call.part))?;
    let reading = match found {
        Some(found) => call.hub.files.read(of, &found.stored)?,
        None => None,
    };
    let reading = reading.ok_or_else(|| missing(kind, &call.part))?;
    ranges::attachment(reading, &call.parts.headers, &call.part)
}

/// The attempt that a call is about: the one that it names, or the last one.
///
/// # Errors
/// There is no such attempt.
pub fn attempt(call: &Call) -> Result<Held, Error> {
    let task = call.id()?;
    let last = call.hub.readers.read(|db| task::last(db, task))?.held;
    let Some(attempt) = call.values.int("attempt") else { return Ok(last) };
    if attempt > last.attempt {
        let told = match last.attempt {
            0 => "the task has no attempt yet: it has not begun".to_owned(),
            last => format!("the task has no attempt {attempt}; its last is {last}"),
        };
        return Err(Error::new(Code::NotFound, told));
    }
    Ok(Held { task, attempt })
}

/// What is said of a file that is not there.
pub fn missing(kind: &str, name: &str) -> Error {
    let name: String = name.chars().take(80).collect();
    Error::new(
        Code::NotFound,
        format!(
            "this attempt of the task has no {kind} called {name:?}; list_files says what it has"
        ),
    )
}

/// `GET /task/LABEL/list_files`: everything that every attempt made.
///
/// # Errors
/// The database fails.
pub async fn list(call: Call) -> Result<Response, Error> {
    let task = call.id()?;
    let mut files = call.hub.readers.read(|db| file::list(db, task))?;
    for (file, stored) in &mut files {
        if file.kind == file::LOG && file.sha256.is_empty() {
            let of = Held { task, attempt: file.attempt };
            file.size = i64::try_from(call.hub.files.log_length(of, stored)).unwrap_or(i64::MAX);
        }
    }
    let files: Vec<TaskFile> = files.into_iter().map(|(file, _)| file).collect();
    Ok(envelope::data(&json!({ "files": files })))
}
