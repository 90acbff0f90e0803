//! `GET /task/LABEL/log_cause`: the lines of a log that tell why its task failed.

use std::sync::Arc;

use axum::response::Response;
use mf_core::error::Error;
use mf_core::wire::Held;
use serde::Serialize;
use serde_json::json;

use super::call::Call;
use super::envelope;
use super::file::attempt;
use super::lines::{self, Excerpt, Wanted};
use crate::hub::Hub;

/// Lines of the end that are given where nothing before them looks like an error.
pub const TAIL: i64 = 15;
/// Lines of the end that are given after others that are left out.
const END: usize = 4;
/// Lines before the first that looks like an error.
const BEFORE: u64 = 3;
/// Lines after it: what a compiler says about it.
const AFTER: u64 = 8;

/// The lines around the first that looks like an error, and the last ones; where
/// nothing before the last ones does, only these.
///
/// What goes on after an error (other jobs of a parallel build, say) is seldom
/// what one wants to read first.
#[derive(Debug, Default, Serialize)]
pub struct Cause {
    /// Number of the line that looks like an error; 0 if none does.
    pub hit: u64,
    /// Lines that follow on each other; between two parts some are left out.
    pub parts: Vec<Part>,
}

/// Some lines that follow on each other.
#[derive(Debug, Default, Serialize)]
pub struct Part {
    /// Number of the first of them, from 1.
    pub first: u64,
    /// Their texts; colours are still the terminal's.
    pub text: Vec<String>,
    /// When each came to the hub, in seconds since 1970; 0 where that is not
    /// known.
    pub times: Vec<i64>,
}

/// What tells why a task failed.
///
/// # Errors
/// There is no such log.
pub async fn log_cause(call: Call) -> Result<Response, Error> {
    let (of, name) = (attempt(&call)?, call.values.text("name").to_owned());
    let found = cause(&call.hub, of, &name).await?;
    Ok(envelope::data(&json!({ "cause": found })))
}

/// The same, for pages.
///
/// # Errors
/// As [`log_cause`].
pub async fn cause(hub: &Arc<Hub>, of: Held, name: &str) -> Result<Cause, Error> {
    let mut end = Part::from(lines::some(hub, of, name, None, TAIL).await?);
    let (found, _) = lines::search(hub, of, name, Wanted::Errors, (0, 1)).await?;
    let hit = found.first().copied().unwrap_or(0);
    if hit == 0 || hit >= end.first {
        return Ok(Cause { hit, parts: vec![end] });
    }
    let first = hit.saturating_sub(BEFORE).max(1);
    let count = i64::try_from(hit + AFTER + 1 - first).unwrap_or(0);
    let begin = i64::try_from(first).ok();
    let mut around = Part::from(lines::some(hub, of, name, begin, count).await?);
    if around.next() < end.first {
        end.drop_first(end.text.len().saturating_sub(END));
        return Ok(Cause { hit, parts: vec![around, end] });
    }
    // Nothing lies between them.
    let known = usize::try_from(around.next() - end.first).unwrap_or(usize::MAX);
    end.drop_first(known.min(end.text.len()));
    around.text.append(&mut end.text);
    around.times.append(&mut end.times);
    Ok(Cause { hit, parts: vec![around] })
}

impl Part {
    /// Number of the line after them.
    pub fn next(&self) -> u64 {
        self.first + self.text.len() as u64
    }

    fn drop_first(&mut self, count: usize) {
        self.first += count as u64;
        self.text.drain(..count);
        self.times.drain(..count.min(self.times.len()));
    }
}

impl From<Excerpt> for Part {
    fn from(found: Excerpt) -> Self {
        Self { first: found.first, text: found.text, times: found.times }
    }
}
