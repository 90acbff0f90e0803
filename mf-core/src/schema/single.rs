//! What a schema says of a value as a whole: its type, its bounds, which
//! values there are.

use serde_json::{Number, Value};

use super::format;
use super::place::{Place, Wanted, Wrong};
use super::reader::Rules;

/// Most values that are named in a sentence.
const NAMED: usize = 20;

/// Checks all of it.
///
/// # Errors
/// What is wrong first.
pub fn check(rules: &Rules, value: &Value, place: &Place) -> Result<(), Wrong> {
    of_type(rules, value, place)?;
    choice(rules, value, place)?;
    bounds(rules, value, place)?;
    match rules.get("format").and_then(Value::as_str) {
        Some(name) if !format::fits(name, value) => {
            place.wrong(format!("takes {}", format::about(name)))
        }
        _ => Ok(()),
    }
}

fn of_type(rules: &Rules, value: &Value, place: &Place) -> Result<(), Wrong> {
    let wanted: Vec<&str> = match rules.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        // Not 1.0, which TOML has for another type.
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    };
    if wanted.iter().any(|name| is(name)) {
        return Ok(());
    }
    // TOML has no null: nobody can write it.
    let types = wanted.iter().filter(|name| **name != "null" || wanted.len() == 1);
    let types = types.map(|name| (*name).to_owned()).collect();
    place.takes(Wanted { types, ..Wanted::default() }, value)
}

fn choice(rules: &Rules, value: &Value, place: &Place) -> Result<(), Wrong> {
    let one = rules.get("const").map(std::slice::from_ref);
    let many = rules.get("enum").and_then(Value::as_array).map(Vec::as_slice);
    for choice in [one, many].into_iter().flatten() {
        if !choice.contains(value) {
            let values = choice.iter().filter(|one| !one.is_null()).take(NAMED);
            let values = values.map(Value::to_string).collect();
            return place.takes(Wanted { values, ..Wanted::default() }, value);
        }
    }
    Ok(())
}

fn bounds(rules: &Rules, value: &Value, place: &Place) -> Result<(), Wrong> {
    let (measured, least, most, of) = match value {
        Value::Number(number) => {
            number_bounds(rules, number, place)?;
            (number.as_f64().unwrap_or_default(), "minimum", "maximum", ["", ""])
        }
        Value::String(text) => {
            (text.chars().count() as f64, "minLength", "maxLength", [" character", " characters"])
        }
        Value::Array(items) => (items.len() as f64, "minItems", "maxItems", [" entry", " entries"]),
        Value::Object(table) => {
            (table.len() as f64, "minProperties", "maxProperties", [" key", " keys"])
        }
        _ => return Ok(()),
    };
    let bound = |name: &str| rules.get(name).and_then(Value::as_number);
    let of = |number: &Number| of[usize::from(number.as_u64() != Some(1))];
    match (bound(least), bound(most)) {
        (Some(least), _) if as_f64(least) > measured => {
            place.wrong(format!("takes at least {least}{}", of(least)))
        }
        (_, Some(most)) if as_f64(most) < measured => {
            place.wrong(format!("takes at most {most}{}", of(most)))
        }
        _ => Ok(()),
    }
}

fn number_bounds(rules: &Rules, value: &Number, place: &Place) -> Result<(), Wrong> {
    let bound = |name: &str| rules.get(name).and_then(Value::as_number);
    if let Some(least) = bound("exclusiveMinimum").filter(|it| as_f64(value) <= as_f64(it)) {
        return place.wrong(format!("takes more than {least}"));
    }
    if let Some(most) = bound("exclusiveMaximum").filter(|it| as_f64(value) >= as_f64(it)) {
        return place.wrong(format!("takes less than {most}"));
    }
    match bound("multipleOf").filter(|part| !is_multiple(value, part)) {
        Some(part) => place.wrong(format!("takes a multiple of {part}")),
        None => Ok(()),
    }
}

fn is_multiple(value: &Number, part: &Number) -> bool {
    if let (Some(value), Some(part)) = (value.as_i128(), part.as_i128()) {
        return part == 0 || value % part == 0;
    }
    let times = as_f64(value) / as_f64(part);
    // 0.3 is three times 0.1 to whoever writes it, if not to a computer.
    !times.is_finite() || (times - times.round()).abs() < 1e-9
}

/// A bound of a schema, or a number: what is too large for it is compared as
/// the largest that there is.
fn as_f64(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::MAX)
}
