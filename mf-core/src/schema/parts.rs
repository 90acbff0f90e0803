//! What is inside of a table or a list.

use std::collections::HashMap;

use serde_json::Value;

use super::place::{Place, Wrong};
use super::reader::{Reader, Rules};

impl<'a> Reader<'a> {
    /// Checks what is inside of a value.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn parts(
        &mut self,
        rules: &'a Rules,
        value: &Value,
        place: &Place,
        depth: u32,
    ) -> Result<(), Wrong> {
        match value {
            Value::Object(table) => self.table(rules, table, place, depth),
            Value::Array(items) => self.list(rules, items, place, depth),
            _ => Ok(()),
        }
    }

    fn list(
        &mut self,
        rules: &'a Rules,
        items: &[Value],
        place: &Place,
        depth: u32,
    ) -> Result<(), Wrong> {
        let first = rules.get("prefixItems").and_then(Value::as_array);
        let first = first.map_or(&[][..], Vec::as_slice);
        for (number, item) in items.iter().enumerate() {
            if let Some(schema) = first.get(number).or_else(|| rules.get("items")) {
                self.check(schema, item, &place.entry(number), depth + 1)?;
            }
        }
        if rules.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut seen = HashMap::new();
            for (number, item) in items.iter().enumerate() {
                if let Some(before) = seen.insert(item.to_string(), number) {
                    let before = place.entry(before);
                    return place.entry(number).wrong(format!("is the same as {before}"));
                }
            }
        }
        let Some(schema) = rules.get("contains") else { return Ok(()) };
        let found = items.iter().any(|item| self.check(schema, item, place, depth + 1).is_ok());
        if found || rules.get("minContains").and_then(Value::as_u64) == Some(0) {
            return Ok(());
        }
        place.wrong("lacks an entry that must be there")
    }

    fn table(
        &mut self,
        rules: &'a Rules,
        table: &Rules,
        place: &Place,
        depth: u32,
    ) -> Result<(), Wrong> {
        let known = rules.get("properties").and_then(Value::as_object);
        // What tells which of several tables this is comes first.
        for (name, schema) in known.into_iter().flatten() {
            if let (Some(value), Some(_)) = (table.get(name), schema.get("const")) {
                self.check(schema, value, &place.key(name), depth + 1)?;
            }
        }
        let required = rules.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !table.contains_key(name) {
                return place.key(name).wrong("is missing");
            }
        }
        let needs = rules.get("dependentRequired").and_then(Value::as_object);
        for (name, all) in needs.into_iter().flatten().filter(|(name, _)| table.contains_key(*name))
        {
            let all = all.as_array().into_iter().flatten().filter_map(Value::as_str);
            if let Some(missing) = all.into_iter().find(|other| !table.contains_key(*other)) {
                let told = format!("is missing, which {} needs", place.key(name));
                return place.key(missing).wrong(told);
            }
        }
        table.iter().try_for_each(|(name, value)| self.key(rules, name, value, place, depth))
    }

    /// One key of a table, and its value.
    fn key(
        &mut self,
        rules: &'a Rules,
        name: &str,
        value: &Value,
        place: &Place,
        depth: u32,
    ) -> Result<(), Wrong> {
        let here = place.key(name);
        if let Some(schema) = rules.get("propertyNames")
            && let Err(wrong) = self.check(schema, &Value::from(name), &here, depth + 1)
        {
            return here.wrong(format!("is no name for a key: {wrong}"));
        }
        let known = rules.get("properties").and_then(Value::as_object);
        let schema = known.and_then(|known| known.get(name));
        let patterns = rules.get("patternProperties").and_then(Value::as_object);
        let mut all: Vec<&Value> = schema.into_iter().collect();
        for (pattern, schema) in patterns.into_iter().flatten() {
            if self.has(pattern, name) {
                all.push(schema);
            }
        }
        if !all.is_empty() {
            return all.into_iter().try_for_each(|it| self.check(it, value, &here, depth + 1));
        }
        match rules.get("additionalProperties") {
            Some(Value::Bool(false)) => unknown(&here, known.into_iter().flatten().map(|(n, _)| n)),
            Some(schema) => self.check(schema, value, &here, depth + 1),
            None => Ok(()),
        }
    }
}

/// That nobody knows a key, and which are known.
pub fn unknown<'n>(here: &Place, known: impl Iterator<Item = &'n String>) -> Result<(), Wrong> {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let known = if known.is_empty() { "nothing".into() } else { known.join(", ") };
    here.wrong(format!("is not known; known here: {known}"))
}
