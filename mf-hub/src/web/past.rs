//! An object's history, for people.

use serde_json::Value;

use super::cell::Moment;
use crate::store::changes::Change;

/// Longest value that is shown, in characters.
const SHOWN: usize = 60;

/// One change.
#[derive(Debug)]
pub struct Entry {
    /// When.
    pub time: Moment,
    /// Who.
    pub actor: String,
    /// What was done.
    pub verb: &'static str,
    /// What became of which field.
    pub changes: Vec<(String, String)>,
}

/// Changes as a page shows them.
pub fn entries(changes: Vec<Change>) -> Vec<Entry> {
    let entry = |change: Change| {
        let verb = match change.verb.as_str() {
            "create" => "made it",
            "delete" => "deleted it",
            _ => "changed it",
        };
        // What it was made with is what the page shows, or was changed since.
        let changes = if change.verb == "create" { Vec::new() } else { fields(&change) };
        Entry { time: Moment::new(&change.date), actor: change.actor, verb, changes }
    };
    changes.into_iter().map(entry).collect()
}

fn fields(change: &Change) -> Vec<(String, String)> {
    let shown = |(name, value): (&String, &Value)| {
        let to = value.get("to").unwrap_or(value);
        let text = words(to);
        let short: String = text.chars().take(SHOWN).collect();
        let text = if short.len() < text.len() { whole_code(short) + "…" } else { short };
        (super::cell::title(name), text)
    };
    change.changes.iter().map(shown).collect()
}

/// Without the backtick of code whose end is cut off.
fn whole_code(mut text: String) -> String {
    if text.matches('`').count() % 2 == 1
        && let Some(last) = text.rfind('`')
    {
        text.remove(last);
    }
    text
}

/// A value in words: lists and objects without what JSON puts around them.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "none".into(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".into(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let all = fields.iter().map(|(name, value)| format!("{name} {}", words(value)));
            all.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
