//! Which parts of a schema are not checked here, for its author: a keyword that
//! is ignored is a promise that nobody keeps.

use serde_json::Value;

use super::format;
use super::pattern::Pattern;
use super::place::Place;
use super::reader::Rules;

/// Words that say something to people, or to other programs, and nothing of
/// which values there are.
const NOTES: &[&str] = &[
    "$comment",
    "$defs",
    "$id",
    "$schema",
    "contentEncoding",
    "contentMediaType",
    "default",
    "definitions",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
];
/// Words that are read, and have no schema in them.
const PLAIN: &[&str] = &[
    "const",
    "dependentRequired",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "required",
    "type",
    "uniqueItems",
];
/// Words with one schema in them.
const ONE: &[&str] = &[
    "additionalProperties",
    "contains",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedProperties",
];
/// Words with a list of schemas.
const LISTS: &[&str] = &["allOf", "anyOf", "oneOf", "prefixItems"];
/// Words with schemas by name.
const TABLES: &[&str] = &["$defs", "definitions", "patternProperties", "properties"];

/// Most of it that is told.
const MOST: usize = 20;
/// How deep a schema is looked through.
const DEPTH: u32 = 64;

/// What of a schema a configuration is not checked for, each as a sentence that
/// names the word and where it stands.
pub fn unread(schema: &Value) -> Vec<String> {
    let mut found = Unread { root: schema, all: Vec::new() };
    found.schema(schema, &Place::default(), 0);
    found.all.truncate(MOST);
    found.all
}

struct Unread<'a> {
    root: &'a Value,
    all: Vec<String>,
}

impl Unread<'_> {
    fn tell(&mut self, place: &Place, what: &str) {
        // Many places may refer to one schema.
        let told = match place == &Place::default() {
            true => what.to_owned(),
            false => format!("{what}, at {place}"),
        };
        if self.all.len() < MOST && !self.all.contains(&told) {
            self.all.push(told);
        }
    }

    fn schema(&mut self, schema: &Value, place: &Place, depth: u32) {
        let Value::Object(rules) = schema else {
            if !schema.is_boolean() {
                self.tell(place, "a schema is a table, true or false");
            }
            return;
        };
        if depth > DEPTH {
            return self.tell(place, "it is nested too deep to be read whole");
        }
        for (word, value) in rules {
            self.word(word, value, place);
        }
        self.inside(rules, place, depth);
    }

    fn word(&mut self, word: &str, value: &Value, place: &Place) {
        match (word, value.as_str()) {
            ("pattern", Some(pattern)) => self.pattern(pattern, place),
            ("format", Some(name)) if format::is_known(name) => {}
            ("format", _) => self.tell(place, &format!("the format {value} is not known")),
            ("$ref", Some(at)) => {
                if at.strip_prefix('#').and_then(|at| self.root.pointer(at)).is_none() {
                    self.tell(place, &format!("`$ref` {at} leads out of the schema"));
                }
            }
            _ if [NOTES, PLAIN, ONE, LISTS, TABLES].iter().any(|all| all.contains(&word)) => {}
            // What starts so is for somebody else by agreement.
            _ if word.starts_with("x-") => {}
            _ => self.tell(place, &format!("`{word}` is not read")),
        }
    }

    fn pattern(&mut self, pattern: &str, place: &Place) {
        if let Err(why) = Pattern::read(pattern) {
            self.tell(place, &format!("the pattern {pattern:?} {why}"));
        }
    }

    fn inside(&mut self, rules: &Rules, place: &Place, depth: u32) {
        for (word, value) in rules {
            let word = word.as_str();
            if ONE.contains(&word) {
                self.schema(value, place, depth + 1);
            }
            let list = value.as_array().filter(|_| LISTS.contains(&word));
            for schema in list.into_iter().flatten() {
                self.schema(schema, place, depth + 1);
            }
            let table = value.as_object().filter(|_| TABLES.contains(&word));
            for (name, schema) in table.into_iter().flatten() {
                if word == "patternProperties" {
                    self.pattern(name, place);
                }
                self.schema(schema, &place.key(name), depth + 1);
            }
        }
    }
}
