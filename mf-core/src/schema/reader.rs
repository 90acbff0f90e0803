//! Reads a value beside its schema, with as much work as a configuration may
//! cause and no more.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::pattern::Pattern;
use super::place::{Place, Wrong};
use super::single;

/// Most comparisons for one configuration; what comes after is not checked.
const STEPS: u32 = 20_000;
/// How deep schemas may refer to each other.
const DEPTH: u32 = 64;

/// The words of one schema.
pub type Rules = Map<String, Value>;

/// A schema as it is read beside one value.
pub struct Reader<'a> {
    root: &'a Value,
    steps: u32,
    /// Those that were read already; `None` for what is none.
    patterns: HashMap<&'a str, Option<Pattern>>,
}

impl<'a> Reader<'a> {
    /// For values that are to be as `root` says.
    pub fn new(root: &'a Value) -> Self {
        Self { root, steps: STEPS, patterns: HashMap::new() }
    }

    /// Checks a value against one schema of the whole.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn check(
        &mut self,
        schema: &'a Value,
        value: &Value,
        place: &Place,
        depth: u32,
    ) -> Result<(), Wrong> {
        let Value::Object(rules) = schema else {
            let allowed = *schema != Value::Bool(false);
            return if allowed { Ok(()) } else { place.wrong("is not allowed here") };
        };
        self.work(1);
        if depth > DEPTH {
            self.steps = 0;
        }
        if self.spent() {
            return Ok(());
        }
        if let Some(other) = self.referred(rules) {
            self.check(other, value, place, depth + 1)?;
        }
        single::check(rules, value, place)?;
        self.pattern(rules, value, place)?;
        self.parts(rules, value, place, depth)?;
        self.combined(rules, value, place, depth)
    }

    /// The schema that one refers to. A reference to elsewhere is none that is
    /// followed.
    pub fn referred(&self, rules: &'a Rules) -> Option<&'a Value> {
        self.root.pointer(rules.get("$ref")?.as_str()?.strip_prefix('#')?)
    }

    /// Whether as much was compared as may be: from then on everything fits.
    pub fn spent(&self) -> bool {
        self.steps == 0
    }

    fn work(&mut self, steps: u32) {
        self.steps = self.steps.saturating_sub(steps);
    }

    /// Whether a text has what a pattern says; also when it cannot be told.
    pub fn has(&mut self, pattern: &'a str, text: &str) -> bool {
        self.work(Pattern::steps(text));
        let read = self.patterns.entry(pattern).or_insert_with(|| Pattern::read(pattern).ok());
        self.steps == 0 || read.as_ref().is_none_or(|pattern| pattern.is_in(text))
    }

    fn pattern(&mut self, rules: &'a Rules, value: &Value, place: &Place) -> Result<(), Wrong> {
        let (Some(pattern), Some(text)) =
            (rules.get("pattern").and_then(Value::as_str), value.as_str())
        else {
            return Ok(());
        };
        match self.has(pattern, text) {
            true => Ok(()),
            false => place.wrong(format!("does not match {pattern}")),
        }
    }
}
