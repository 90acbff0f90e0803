//! Lines that a hub has picked out of a log, as they may stand on a terminal.

use serde_json::Value;

use super::colours;
use super::log::Filter;

/// The lines of an answer of `log_lines` or `log_cause`, which gives them in one
/// part or in several; between two a line tells how many are left out.
pub fn lines(data: &Value) -> Vec<String> {
    let parts = match data.pointer("/cause/parts").and_then(Value::as_array) {
        Some(parts) => parts.as_slice(),
        None => data.get("lines").map_or(&[][..], std::slice::from_ref),
    };
    let (mut told, mut next) = (Vec::new(), None);
    for part in parts {
        let first = part.get("first").and_then(Value::as_u64).unwrap_or(1);
        let text = part.get("text").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if let Some(skipped) = next.and_then(|next| first.checked_sub(next)) {
            let lines = if skipped == 1 { "line" } else { "lines" };
            told.push(format!("… {skipped} {lines} …"));
        }
        next = Some(first + text.len() as u64);
        let shown = |line: &Value| {
            Filter::new(colours()).push(line.as_str().unwrap_or_default().as_bytes())
        };
        told.extend(text.iter().map(shown));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn between_parts_it_is_told_how_much_is_left_out_and_no_control_passes() {
        let part = |first: u64, text: &[&str]| json!({ "first": first, "text": text });
        let parts = [part(3, &["error: \u{7}no"]), part(5, &["five"]), part(9, &["end"])];
        let expected = ["error: no", "… 1 line …", "five", "… 3 lines …", "end"];
        assert_eq!(lines(&json!({ "cause": { "hit": 3, "parts": parts } })), expected);
        assert_eq!(lines(&json!({ "lines": part(7, &["a", "b"]) })), ["a", "b"]);
        assert_eq!(lines(&json!({})), [""; 0]);
    }
}
