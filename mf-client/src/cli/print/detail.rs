//! One object, a line for each field.

use mf_core::resource::Resource;
use serde_json::Value;

use super::{clean, pager, status};
use crate::cli::exit::Failure;

/// Prints an object in the order of the table; what is empty is left out.
///
/// # Errors
/// It cannot be written.
pub fn print(of: &Resource, object: &Value) -> Result<(), Failure> {
    let named = |name: &str| object.get(name).map(|value| (heading(name), text(value)));
    let pairs: Vec<(String, String)> = of.fields().filter_map(|f| named(f.name)).collect();
    pairs_of(&pairs)
}

/// Prints pairs of a name and a value; what is empty is left out.
///
/// # Errors
/// It cannot be written.
pub fn pairs_of(pairs: &[(String, String)]) -> Result<(), Failure> {
    match lines_of(pairs) {
        lines if lines.is_empty() => Ok(()),
        lines => pager::text(&lines.join("\n")),
    }
}

/// A line for each pair of a name and a value; none for what is empty.
pub fn lines_of(pairs: &[(String, String)]) -> Vec<String> {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, value): &(String, String)| {
        let shown = if name == "status" { status(value) } else { clean(value) };
        // Further lines of a text stand below its first.
        let shown = shown.trim_end().replace('\n', &format!("\n{:width$}  ", ""));
        format!("{name:width$}  {shown}")
    };
    pairs.iter().filter(|(_, value)| !value.is_empty()).map(line).collect()
}

/// A field's name for people: a reference by what it refers to.
pub fn heading(name: &str) -> String {
    name.strip_suffix("_label").unwrap_or(name).replace('_', " ")
}

/// A value as text: lists with commas, nothing for what is empty.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            let pairs = map.iter().map(|(name, value)| format!("{name}: {}", text(value)));
            pairs.collect::<Vec<_>>().join(", ")
        }
    }
}
