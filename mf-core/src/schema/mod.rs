//! What a plugin says of its configuration, as JSON Schema; and whether a
//! configuration is that.
//!
//! A narrow reader of our own: every crate that reads all of JSON Schema
//! brings big numbers, addresses and the fetching of remote schemas, a hundred
//! crates, into the one process that holds the database. This one reads what is
//! generated from the types of a plugin. [`unread`] tells the plugin's author
//! which keywords it ignores; they restrict nothing here, and the handler checks
//! its configuration itself.
//!
//! Schemas are foreign: their references stay within them, and the work that
//! they may cause is bounded.

mod combined;
mod format;
mod nearest;
mod parts;
mod pattern;
mod place;
mod reader;
mod single;
mod unread;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use unread::unread;

use crate::config;
use place::Place;
use reader::Reader;

/// Checks a value against a schema.
///
/// # Errors
/// A sentence that begins with the path of what is wrong.
pub fn check(schema: &Value, value: &Value) -> Result<(), String> {
    let wrong = Reader::new(schema).check(schema, value, &Place::default(), 0);
    wrong.map_err(|wrong| wrong.to_string())
}

/// Checks a text that the hub keeps: TOML, or one word alone for a schema that
/// takes a string. No text at all is as good as none: the handler has defaults,
/// or says later what it lacks.
///
/// # Errors
/// A sentence, with the line where it is no TOML, or the path of what is wrong.
pub fn check_text(schema: &Value, text: &str) -> Result<(), String> {
    let word = text.trim();
    if word.is_empty() || (is_word(word) && check(schema, &Value::String(word.into())).is_ok()) {
        return Ok(());
    }
    check(schema, &config::table(text)?)
}

/// Whether a text has nothing in it that only TOML has, as handlers tell it.
fn is_word(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || "=[]\"'#".contains(c))
}
