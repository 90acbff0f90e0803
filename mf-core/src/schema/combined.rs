//! Schemas that are put together from others.

use std::collections::BTreeSet;

use serde_json::Value;

use super::nearest::{self, nearest};
use super::parts::unknown;
use super::place::{Place, Wrong};
use super::reader::{Reader, Rules};

impl<'a> Reader<'a> {
    /// Checks a value against all that a schema is put together from.
    ///
    /// # Errors
    /// What is wrong first; of several that it may be, with the one that it is
    /// nearest to.
    pub fn combined(
        &mut self,
        rules: &'a Rules,
        value: &Value,
        place: &Place,
        depth: u32,
    ) -> Result<(), Wrong> {
        let list = |name: &str| rules.get(name).and_then(Value::as_array);
        for schema in list("allOf").into_iter().flatten() {
            self.check(schema, value, place, depth + 1)?;
        }
        for (name, one_only) in [("anyOf", false), ("oneOf", true)] {
            if let Some(schemas) = list(name).filter(|all| !all.is_empty()) {
                self.either(schemas, one_only, value, place, depth)?;
            }
        }
        if let Some(schema) = rules.get("not") {
            let fits = self.check(schema, value, place, depth + 1).is_ok();
            if fits && !self.spent() {
                return place.wrong("is what is not allowed here");
            }
        }
        if let Some(schema) = rules.get("if") {
            let fits = self.check(schema, value, place, depth + 1).is_ok();
            if let Some(schema) = rules.get(if fits { "then" } else { "else" }) {
                self.check(schema, value, place, depth + 1)?;
            }
        }
        self.unevaluated(rules, value, place, depth)
    }

    fn either(
        &mut self,
        schemas: &'a [Value],
        one_only: bool,
        value: &Value,
        place: &Place,
        depth: u32,
    ) -> Result<(), Wrong> {
        let (mut fitting, mut wrongs) = (0, Vec::new());
        for schema in schemas {
            match self.check(schema, value, place, depth + 1) {
                Ok(()) if !one_only => return Ok(()),
                Ok(()) => fitting += 1,
                Err(wrong) => wrongs.push((self.is_tagged(schema, value), wrong)),
            }
        }
        match fitting {
            0 => nearest(wrongs).map_or(Ok(()), Err),
            1 => Ok(()),
            _ if self.spent() => Ok(()),
            _ => place.wrong("fits more than one of what it may be"),
        }
    }

    /// Whether a table says by a key that it is the one that the schema is of.
    fn is_tagged(&self, schema: &'a Value, value: &Value) -> bool {
        let referred = schema.as_object().and_then(|rules| self.referred(rules));
        nearest::is_tagged(referred.unwrap_or(schema), value)
    }

    /// Keys that none of the schemas that are put together here speaks of.
    fn unevaluated(
        &mut self,
        rules: &'a Rules,
        value: &Value,
        place: &Place,
        depth: u32,
    ) -> Result<(), Wrong> {
        let (Some(schema), Some(table)) = (rules.get("unevaluatedProperties"), value.as_object())
        else {
            return Ok(());
        };
        let mut known = BTreeSet::new();
        self.evaluated(rules, value, &mut known, depth);
        for (name, value) in table.iter().filter(|(name, _)| !known.contains(*name)) {
            match schema {
                _ if self.spent() => return Ok(()),
                Value::Bool(false) => unknown(&place.key(name), known.iter())?,
                schema => self.check(schema, value, &place.key(name), depth + 1)?,
            }
        }
        Ok(())
    }

    /// The keys that schemas speak of which a value fits, here and in what this
    /// is put together from.
    fn evaluated(
        &mut self,
        rules: &'a Rules,
        value: &Value,
        known: &mut BTreeSet<String>,
        depth: u32,
    ) {
        let properties = rules.get("properties").and_then(Value::as_object);
        known.extend(properties.into_iter().flatten().map(|(name, _)| name.clone()));
        let patterns = rules.get("patternProperties").and_then(Value::as_object);
        let names = || value.as_object().into_iter().flatten().map(|(name, _)| name);
        for (pattern, _) in patterns.into_iter().flatten() {
            known.extend(names().filter(|name| self.has(pattern, name)).cloned());
        }
        if rules.contains_key("additionalProperties") {
            known.extend(names().cloned());
        }
        let lists =
            ["allOf", "anyOf", "oneOf"].map(|name| rules.get(name).and_then(Value::as_array));
        let single = ["if", "then", "else"].map(|name| rules.get(name));
        let parts = lists.into_iter().flatten().flatten();
        let parts = parts.chain(single.into_iter().flatten()).chain(self.referred(rules));
        for part in parts.collect::<Vec<_>>() {
            let fits = self.check(part, value, &Place::default(), depth + 1).is_ok();
            if let Value::Object(rules) = part
                && fits
                && !self.spent()
            {
                self.evaluated(rules, value, known, depth + 1);
            }
        }
    }
}
