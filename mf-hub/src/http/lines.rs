//! `GET /task/LABEL/log_lines` and `/search_log`: lines of a log by their
//! numbers.

use std::sync::Arc;

use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::time;
use mf_core::wire::Held;
use serde::Serialize;
use serde_json::json;

use super::call::Call;
use super::envelope;
use super::file::{attempt, missing};
use crate::files::{self, Lines, Window};
use crate::hub::Hub;
use crate::store::{file, task};

/// Lines in an answer, unless the caller says how many.
const COUNT: i64 = 200;
/// Hits in an answer, unless the caller says how many.
const HITS: i64 = 500;

/// What the lines of most build tools have where something went wrong.
const ERRORS: &[&str] = &[
    "error:",
    "error[",
    "fatal:",
    "fatal error",
    "undefined reference",
    "panicked at",
    "traceback (most",
    "command not found",
    "no such file or directory",
    "segmentation fault",
    "make: ***",
    " *** ",
    "failed!",
    "build failed",
    "exit code",
    "exit status",
];

/// Some lines of a log.
#[derive(Debug, Default, Serialize)]
pub struct Excerpt {
    /// Number of the first of them, from 1.
    pub first: u64,
    /// Where the first of them begins, in bytes.
    pub begin: u64,
    /// Their texts; colours are still the terminal's.
    pub text: Vec<String>,
    /// When each came to the hub, in seconds since 1970; 0 where that is not
    /// known.
    pub times: Vec<i64>,
    /// All lines; the last may still grow.
    pub total: u64,
    /// Lines that have ended.
    pub complete: u64,
    /// Where the last line that has ended ends, in bytes: to follow from.
    pub offset: u64,
    /// Length of the log in bytes.
    pub bytes: u64,
    /// Whether nothing more will come.
    pub over: bool,
    /// Whether it was written once and is no more on the hub's disk.
    #[serde(skip)]
    pub gone: bool,
}

/// Some lines: from one on, from a time on, or the last.
///
/// # Errors
/// There is no such log.
pub async fn log_lines(call: Call) -> Result<Response, Error> {
    let (of, name) = (attempt(&call)?, call.values.text("name").to_owned());
    let count = call.values.int("count").unwrap_or(COUNT);
    let since = time::unix(call.values.text("since"));
    let begin = Begin { since, ..call.values.int("first").into() };
    let found = some(&call.hub, of, &name, begin, count).await?;
    Ok(envelope::data(&json!({ "lines": found })))
}

/// Numbers of lines that have a word, or that look like errors.
///
/// # Errors
/// There is no such log; there is nothing to look for.
pub async fn search_log(call: Call) -> Result<Response, Error> {
    let (of, name) = (attempt(&call)?, call.values.text("name").to_owned());
    let word = call.values.text("mf_search_query").to_owned();
    let after = call.values.int("after").and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    let limit = call.values.int("limit").unwrap_or(HITS);
    let wanted = if call.values.flag("errors") { Wanted::Errors } else { Wanted::Word(word) };
    let (lines, more) = search(&call.hub, of, &name, wanted, (after, limit)).await?;
    Ok(envelope::data(&json!({ "found": lines, "more": more })))
}

/// Where some lines begin; with neither so that they are the last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Begin {
    /// Not before the line of this number.
    pub first: Option<u64>,
    /// Not before the first that came then, in seconds since 1970, or later.
    pub since: Option<i64>,
}

impl From<Option<i64>> for Begin {
    fn from(first: Option<i64>) -> Self {
        Self { first: first.and_then(|first| u64::try_from(first).ok()), since: None }
    }
}

/// What is looked for in a log.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// What looks like an error.
    Errors,
    /// A word.
    Word(String),
}

/// Lines of a log: at most `count` from there on.
///
/// # Errors
/// There is no such log.
pub async fn some(
    hub: &Arc<Hub>,
    of: Held,
    name: &str,
    begin: impl Into<Begin>,
    count: i64,
) -> Result<Excerpt, Error> {
    let begin = begin.into();
    // Before the lines are read: what was written before the end is never missed.
    let over = hub.readers.read(|db| task::is_over(db, of))?;
    let Some(lines) = open(hub, of, name).await? else {
        return Ok(Excerpt { first: 1, over, gone: over, ..Excerpt::default() });
    };
    let count = usize::try_from(count).unwrap_or(0);
    files::blocking(move || {
        let total = lines.total().map_err(unread)?;
        let first = match (begin.since, begin.first) {
            (Some(since), first) => lines.since(since).map_err(unread)?.max(first.unwrap_or(1)),
            (None, Some(first)) => first,
            (None, None) => (total + 1).saturating_sub(count as u64).max(1),
        };
        let window = lines.window(first, count).map_err(unread)?;
        let (complete, bytes) = (lines.complete(), lines.length);
        let offset = lines.ended().map_err(unread)?;
        let Window { first, begin, lines: text, times } = window;
        Ok(Excerpt { first, begin, text, times, total, complete, offset, bytes, over, gone: false })
    })
    .await
}

/// Numbers of the lines after one that have what is wanted, at most so many;
/// whether there are more.
///
/// # Errors
/// There is no such log; a word is empty.
pub async fn search(
    hub: &Arc<Hub>,
    of: Held,
    name: &str,
    wanted: Wanted,
    (after, limit): (u64, i64),
) -> Result<(Vec<u64>, bool), Error> {
    if matches!(&wanted, Wanted::Word(word) if word.is_empty()) {
        let told = "mf_search_query is empty; give a word, or errors=true";
        return Err(Error::new(Code::InvalidValue, told));
    }
    let Some(lines) = open(hub, of, name).await? else { return Ok((Vec::new(), false)) };
    let limit = usize::try_from(limit).unwrap_or(0);
    files::blocking(move || {
        let found = match &wanted {
            Wanted::Errors => lines.search(ERRORS, after, limit),
            Wanted::Word(word) => lines.search(&[word], after, limit),
        };
        found.map(|hits| (hits.lines, hits.more)).map_err(unread)
    })
    .await
}

/// A log whose lines are known; `None` for one that has a name and no bytes.
async fn open(hub: &Hub, of: Held, name: &str) -> Result<Option<Lines>, Error> {
    let found = hub.readers.read(|db| file::find(db, of, file::LOG, name))?;
    let found = found.ok_or_else(|| missing("log", name))?;
    hub.files.lines(of, &found.stored).await
}

fn unread(error: std::io::Error) -> Error {
    tracing::error!("files: {error}");
    Error::new(Code::Internal, "the hub could not read the log; its messages say why")
}
