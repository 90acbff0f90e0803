//! One object, a line for each field.

use mf_core::resource::Resource;
use serde_json::Value;

use super::wrap::wrapped;
use super::{clean, on_terminal, pager, status, table};
use crate::cli::exit::Failure;

/// A value has at least so many columns, however narrow the terminal is.
const LEAST: usize = 16;

/// Prints an object in the order of the table; what is empty is left out.
///
/// # Errors
/// It cannot be written.
pub fn print(of: &Resource, object: &Value) -> Result<(), Failure> {
    let named = |name: &str| object.get(name).map(|value| (heading(name), lines(value)));
    let pairs: Vec<(String, String)> = of.fields().filter_map(|f| named(f.name)).collect();
    pairs_of(&pairs)
}

/// Prints pairs of a name and a value; what is empty is left out.
///
/// # Errors
/// It cannot be written.
pub fn pairs_of(pairs: &[(String, String)]) -> Result<(), Failure> {
    match fitted(pairs, on_terminal().then(table::terminal_width)) {
        lines if lines.is_empty() => Ok(()),
        lines => pager::text(&lines.join("\n")),
    }
}

/// A line for each pair of a name and a value; none for what is empty.
pub fn lines_of(pairs: &[(String, String)]) -> Vec<String> {
    fitted(pairs, None)
}

/// As [`lines_of`], in lines that are no wider than this where words allow it.
pub fn fitted(pairs: &[(String, String)], columns: Option<u16>) -> Vec<String> {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, value): &(String, String)| {
        let shown = if name == "status" { status(value) } else { clean(value) };
        let room = columns.map(|columns| usize::from(columns).saturating_sub(width + 2).max(LEAST));
        let shown = room.map_or(shown.clone(), |room| wrapped(&shown, room));
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

/// A value as text; of a list of objects each has a line of its own.
fn lines(value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().map(text).collect::<Vec<_>>().join("\n")
        }
        value => text(value),
    }
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
            let pairs = map.iter().map(|(name, value)| (heading(name), text(value)));
            let some = pairs.filter(|(_, value)| !value.is_empty());
            some.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_long_value_goes_on_below_itself() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let pairs = [pair("label", "tool"), pair("summary", "it says more than a line can hold")];
        let lines = fitted(&pairs, Some(30)).join("\n");
        assert_eq!(lines, "label    tool\nsummary  it says more than a\n         line can hold");
        assert_eq!(fitted(&pairs, None)[1], "summary  it says more than a line can hold");
        let word = pair("x", "a-label-that-is-wider-than-all-of-it");
        assert_eq!(fitted(&[word], Some(10)), ["x  a-label-that-is-wider-than-all-of-it"]);
    }

    #[test]
    fn each_object_of_a_list_has_a_line_and_says_only_what_there_is() {
        let bugs = json!([
            { "bug": "17", "state": "open", "title": "it burns", "check_date": "" },
            { "bug": "18", "state": "unchecked", "title": "" },
        ]);
        let expected = "bug: 17, state: open, title: it burns\nbug: 18, state: unchecked";
        assert_eq!(lines(&bugs), expected);
        assert_eq!(lines(&json!(["a", "b"])), "a, b");
    }
}
