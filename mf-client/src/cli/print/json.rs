//! Output for programs: the envelope of the API.

use std::io::Write;

use serde_json::{Value, json};

use crate::cli::exit::Failure;

/// Prints what was asked for: `{"data": {KEY: …}, "errors": {}}`.
///
/// # Errors
/// It cannot be written.
pub fn data(key: &str, value: &Value) -> Result<(), Failure> {
    whole(&json!({ "data": { key: value }, "errors": {} }))
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

fn whole(value: &Value) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}
