//! What a configuration may hold, for people: the keys of a JSON Schema, with
//! what they take and what they mean.

use serde_json::{Map, Value};

/// How deep tables are shown in tables.
const DEEPEST: usize = 6;
/// Most keys that are shown; all are in the JSON.
const MOST: usize = 200;

/// One line for each key: `checkout.submodules  true or false …`.
pub fn lines(schema: &Value) -> Vec<String> {
    let mut keys = Keys { root: schema, all: Vec::new() };
    keys.table(schema, "", 0);
    let word = keys.kinds(schema, 0).contains(&"text".to_owned());
    let width = keys.all.iter().map(|key| key.path.chars().count()).max().unwrap_or(0);
    let first = word.then(|| "one word, or a table:".to_owned());
    let more = keys.all.iter().map(|Key { path, kind, about }| {
        let line = format!("{path:width$}  {kind}  {about}");
        line.trim_end().to_owned()
    });
    first.into_iter().chain(more).collect()
}

/// One key.
struct Key {
    path: String,
    kind: String,
    about: String,
}

struct Keys<'a> {
    root: &'a Value,
    all: Vec<Key>,
}

impl<'a> Keys<'a> {
    /// The schema that is meant: a reference may stand for it.
    fn meant(&self, schema: &'a Value) -> &'a Value {
        let at = schema["$ref"].as_str().and_then(|at| at.strip_prefix('#'));
        at.and_then(|at| self.root.pointer(at)).unwrap_or(schema)
    }

    /// All schemas of which a value may be; nothing at all is not told.
    fn either(&self, schema: &'a Value) -> Vec<&'a Value> {
        let schema = self.meant(schema);
        let all = ["anyOf", "oneOf"].iter().find_map(|name| schema[name].as_array());
        match all {
            Some(all) => all.iter().map(|one| self.meant(one)).collect(),
            None => vec![schema],
        }
    }

    /// The keys of every table that a value may be.
    fn table(&mut self, schema: &'a Value, path: &str, depth: usize) {
        let none = Map::new();
        for one in self.either(schema) {
            let properties = one["properties"].as_object().unwrap_or(&none);
            let names: Vec<String> = properties.keys().cloned().collect();
            for name in names {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                self.key(&one["properties"][&name], path, depth);
            }
        }
    }

    fn key(&mut self, schema: &'a Value, path: String, depth: usize) {
        if depth >= DEEPEST || self.all.len() >= MOST {
            return;
        }
        let (kinds, before) = (self.kinds(schema, 0), self.all.len());
        self.table(schema, &path, depth + 1);
        for one in self.either(schema) {
            self.table(&one["items"], &format!("{path}[]"), depth + 1);
        }
        if self.all.len() == before {
            let own = schema["description"].as_str();
            let about = own.or(self.meant(schema)["description"].as_str()).unwrap_or_default();
            let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
            self.all.push(Key { path, kind: kinds.join(" or "), about });
        }
    }

    /// What a value may be, in words.
    fn kinds(&self, schema: &'a Value, depth: usize) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for one in self.either(schema) {
            let types = match &one["type"] {
                Value::String(name) => vec![name.as_str()],
                Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            };
            for name in types {
                all.push(match name {
                    "null" => continue,
                    "string" => "text".into(),
                    "integer" | "number" => "number".into(),
                    "boolean" => "true or false".into(),
                    "array" if depth < DEEPEST && one.get("items").is_some() => {
                        format!("list of {}", self.kinds(&one["items"], depth + 1).join(" or "))
                    }
                    "array" => "list".into(),
                    "object" => "table".into(),
                    other => other.to_owned(),
                });
            }
        }
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_key_is_a_line_with_what_it_takes() {
        let schema = json!({
            "anyOf": [{ "$ref": "#/$defs/table" }, { "type": "string" }],
            "$defs": {
                "table": { "type": "object", "properties": {
                    "jobs": { "type": ["integer", "null"], "description": "How many\nat once." },
                    "login": { "type": "array", "items": { "$ref": "#/$defs/login" } },
                    "ssh": { "anyOf": [{ "$ref": "#/$defs/ssh" }, { "type": "null" }] },
                    "files": { "type": "array", "items": { "type": "string" } },
                } },
                "login": { "type": "object", "properties": { "at": { "type": "string" } } },
                "ssh": { "type": "object", "properties": { "on": { "type": "boolean" } } },
            },
        });
        assert_eq!(
            lines(&schema),
            [
                "one word, or a table:",
                "files       list of text",
                "jobs        number  How many at once.",
                "login[].at  text",
                "ssh.on      true or false",
            ]
        );
    }

    #[test]
    fn a_hostile_schema_ends() {
        let around = json!({ "$ref": "#", "items": { "$ref": "#" } });
        assert_eq!(lines(&around), Vec::<String>::new());
        let deep = json!({ "type": "object", "properties": { "a": { "$ref": "#" }, "b": { "$ref": "#" } } });
        assert!(lines(&deep).len() <= MOST + 1);
        let lists = json!({ "type": "array", "items": { "$ref": "#" } });
        assert_eq!(lines(&lists), Vec::<String>::new());
    }
}
