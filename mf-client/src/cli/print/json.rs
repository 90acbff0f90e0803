//! Output for programs: the envelope of the API.

use std::io::Write;
use std::sync::OnceLock;

use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::cx::Cx;
use crate::cli::exit::Failure;

static LINES: OnceLock<()> = OnceLock::new();

/// Prints every envelope in one line from now on: `--jsonl`.
pub fn in_lines() {
    // Said twice it is so as well.
    let _ = LINES.set(());
}

/// Prints what was asked for: `{"data": {KEY: …}, "errors": {}}`.
///
/// # Errors
/// It cannot be written.
pub fn data(key: &str, value: &Value) -> Result<(), Failure> {
    whole(&json!({ "data": { key: value }, "errors": {} }))
}

/// Prints a list: whole, or with `--jsonl` each of its objects in a line.
///
/// # Errors
/// It cannot be written.
pub fn rows(cx: &Cx, key: &str, objects: Vec<Value>) -> Result<(), Failure> {
    match cx.lines {
        true => objects.iter().try_for_each(row),
        false => data(key, &Value::Array(objects)),
    }
}

/// Prints what a function gave: its `data` as it is.
///
/// # Errors
/// It cannot be written.
pub fn all(data: &Value) -> Result<(), Failure> {
    whole(&json!({ "data": data, "errors": {} }))
}

/// Prints an error, on standard output like every other answer.
///
/// # Errors
/// It cannot be written.
pub fn error(code: &str, sentence: &str) -> Result<(), Failure> {
    whole(&json!({ "data": {}, "errors": { code: sentence } }))
}

/// Prints what is there although something went wrong.
///
/// # Errors
/// It cannot be written.
pub fn both(data: &Value, code: &str, sentence: &str) -> Result<(), Failure> {
    whole(&json!({ "data": data, "errors": { code: sentence } }))
}

/// Prints one value in a line of its own, for who reads lines.
///
/// # Errors
/// It cannot be written.
pub fn row(value: &impl Serialize) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, value).map_err(std::io::Error::from)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

fn whole(value: &Value) -> Result<(), Failure> {
    if LINES.get().is_some() {
        return row(value);
    }
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}
