//! Whether a configuration is what a JSON Schema says.
//!
//! A narrow reader of our own: every crate that reads all of JSON Schema
//! brings regular expressions, big numbers, addresses and the fetching of
//! schemas from elsewhere, a hundred crates, into the one process that holds
//! the database. This one knows what is made from the types of a plugin; what
//! it does not know it lets pass, for the handler reads its configuration
//! itself. Schemas are foreign: their references stay within them, and the
//! work that they may cause is bounded.

use serde_json::{Map, Value};

/// Most comparisons for one configuration; what comes after is not checked.
const STEPS: u32 = 20_000;
/// How deep schemas may refer to each other.
const DEPTH: u32 = 64;

/// Checks a value against a schema.
///
/// # Errors
/// A sentence that begins with the path of what is wrong.
pub fn check(schema: &Value, value: &Value) -> Result<(), String> {
    let mut reader = Reader { root: schema, steps: STEPS };
    reader.check(schema, value, "", 0)
}

struct Reader<'a> {
    root: &'a Value,
    steps: u32,
}

impl Reader<'_> {
    fn check(
        &mut self,
        schema: &Value,
        value: &Value,
        path: &str,
        depth: u32,
    ) -> Result<(), String> {
        let Value::Object(rules) = schema else {
            let shown = if path.is_empty() { "it" } else { path };
            return if *schema == Value::Bool(false) {
                Err(format!("{shown} is not allowed here"))
            } else {
                Ok(())
            };
        };
        self.steps = self.steps.saturating_sub(1);
        if self.steps == 0 || depth > DEPTH {
            return Ok(());
        }
        if let Some(other) = rules.get("$ref").and_then(Value::as_str) {
            // A reference to elsewhere is none that is followed.
            let other = other.strip_prefix('#').and_then(|at| self.root.pointer(at)).cloned();
            self.check(&other.unwrap_or(Value::Bool(true)), value, path, depth + 1)?;
        }
        of_type(rules, value, path)?;
        choice(rules, value, path)?;
        bounds(rules, value, path)?;
        self.parts(rules, value, path, depth)?;
        self.combined(rules, value, path, depth)
    }

    /// What is inside of a table or a list.
    fn parts(
        &mut self,
        rules: &Map<String, Value>,
        value: &Value,
        path: &str,
        depth: u32,
    ) -> Result<(), String> {
        match value {
            Value::Object(table) => self.table(rules, table, path, depth),
            Value::Array(items) => match rules.get("items") {
                Some(schema) => items.iter().enumerate().try_for_each(|(number, item)| {
                    self.check(schema, item, &format!("{path}[{number}]"), depth + 1)
                }),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn table(
        &mut self,
        rules: &Map<String, Value>,
        table: &Map<String, Value>,
        path: &str,
        depth: u32,
    ) -> Result<(), String> {
        let below = |name: &str| {
            if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
        };
        let required = rules.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !table.contains_key(name) {
                return Err(format!("{} is missing", below(name)));
            }
        }
        let known = rules.get("properties").and_then(Value::as_object);
        for (name, value) in table {
            let schema = known.and_then(|known| known.get(name));
            match (schema, rules.get("additionalProperties")) {
                (Some(schema), _) => self.check(schema, value, &below(name), depth + 1)?,
                (None, Some(Value::Bool(false))) => {
                    let known: Vec<&str> =
                        known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                    let known = if known.is_empty() { "nothing".into() } else { known.join(", ") };
                    return Err(format!("{} is not known; known here: {known}", below(name)));
                }
                (None, Some(schema)) => self.check(schema, value, &below(name), depth + 1)?,
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn combined(
        &mut self,
        rules: &Map<String, Value>,
        value: &Value,
        path: &str,
        depth: u32,
    ) -> Result<(), String> {
        let list = |name: &str| rules.get(name).and_then(Value::as_array);
        for schema in list("allOf").into_iter().flatten() {
            self.check(schema, value, path, depth + 1)?;
        }
        for name in ["anyOf", "oneOf"] {
            let Some(schemas) = list(name).filter(|all| !all.is_empty()) else { continue };
            let mut first = None;
            let fits = schemas.iter().any(|schema| {
                let told = self.check(schema, value, path, depth + 1);
                told.map_err(|why| first.get_or_insert(why).clone()).is_ok()
            });
            if !fits {
                return Err(first.unwrap_or_default());
            }
        }
        Ok(())
    }
}

fn of_type(rules: &Map<String, Value>, value: &Value, path: &str) -> Result<(), String> {
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
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    };
    if wanted.iter().any(|name| is(name)) {
        return Ok(());
    }
    let shown = if path.is_empty() { "it" } else { path };
    Err(format!("{shown} takes {}, not {}", wanted.join(" or "), name_of(value)))
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn choice(rules: &Map<String, Value>, value: &Value, path: &str) -> Result<(), String> {
    let one = rules.get("const").map(std::slice::from_ref);
    let many = rules.get("enum").and_then(Value::as_array).map(Vec::as_slice);
    for choice in [one, many].into_iter().flatten() {
        if !choice.contains(value) {
            let choice: Vec<String> = choice.iter().take(20).map(Value::to_string).collect();
            // A value may be a secret that somebody put where none belongs.
            return Err(format!("{path} takes one of {}", choice.join(", ")));
        }
    }
    Ok(())
}

fn bounds(rules: &Map<String, Value>, value: &Value, path: &str) -> Result<(), String> {
    let measured = match value {
        Value::Number(number) => (number.as_f64(), "minimum", "maximum", ""),
        Value::String(text) => {
            (Some(text.chars().count() as f64), "minLength", "maxLength", " characters")
        }
        Value::Array(items) => (Some(items.len() as f64), "minItems", "maxItems", " entries"),
        _ => return Ok(()),
    };
    let (Some(measured), least, most, of) = measured else { return Ok(()) };
    let bound = |name: &str| rules.get(name).and_then(Value::as_f64);
    if let Some(least) = bound(least).filter(|least| measured < *least) {
        return Err(format!("{path} takes at least {least}{of}"));
    }
    if let Some(most) = bound(most).filter(|most| measured > *most) {
        return Err(format!("{path} takes at most {most}{of}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({
            "type": "object", "additionalProperties": false, "required": ["url"],
            "properties": {
                "url": {"type": "string", "minLength": 3},
                "jobs": {"type": ["integer", "null"], "minimum": 1, "maximum": 64},
                "mode": {"enum": ["fast", "safe"]},
                "login": {"type": "array", "items": {"$ref": "#/$defs/login"}},
                "env": {"type": "object", "additionalProperties": {"type": "string"}},
                "either": {"anyOf": [{"type": "boolean"}, {"type": "integer"}]},
            },
            "$defs": {"login": {"type": "object", "required": ["host"],
                "properties": {"host": {"type": "string"}}}},
        })
    }

    #[test]
    fn what_fits_passes_and_what_does_not_is_named_with_its_path() {
        let good = json!({"url": "abc", "jobs": 4, "mode": "fast", "either": true,
            "login": [{"host": "h"}], "env": {"A": "b"}});
        assert_eq!(check(&schema(), &good), Ok(()));
        for (wrong, told) in [
            (json!({}), "url is missing"),
            (json!({"url": 1}), "url takes string, not number"),
            (json!({"url": "a"}), "url takes at least 3 characters"),
            (json!({"url": "abc", "jobs": 0}), "jobs takes at least 1"),
            (json!({"url": "abc", "jobs": 1.5}), "jobs takes integer or null, not number"),
            (json!({"url": "abc", "mode": "slow"}), "mode takes one of \"fast\", \"safe\""),
            (json!({"url": "abc", "login": [{"host": "h"}, {}]}), "login[1].host is missing"),
            (json!({"url": "abc", "env": {"A": 1}}), "env.A takes string, not number"),
            (json!({"url": "abc", "either": "x"}), "either takes boolean, not string"),
            (
                json!({"url": "abc", "job": 1}),
                "job is not known; known here: either, env, jobs, login, mode, url",
            ),
        ] {
            assert_eq!(check(&schema(), &wrong), Err(told.into()));
        }
    }

    #[test]
    fn a_hostile_schema_ends() {
        let cycle = json!({"$ref": "#"});
        assert_eq!(check(&cycle, &json!(1)), Ok(()));
        let twice = json!({"anyOf": [{"$ref": "#"}, {"$ref": "#"}, false]});
        assert_eq!(check(&twice, &json!(1)), Ok(()));
        let elsewhere = json!({"$ref": "http://example.org/schema"});
        assert_eq!(check(&elsewhere, &json!(1)), Ok(()));
    }
}
