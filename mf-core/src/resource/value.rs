//! A field's kind is its parser: the same for JSON, query, form and command
//! line.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::shape::{Field, Kind};
use crate::error::{Code, Error};
use crate::{label, time};

/// Most labels in a list of references: more than any farm has users or releases.
pub const LIST_LIMIT: usize = 10_000;

/// A value as it came in.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// From a JSON body.
    Json(&'a Json),
    /// From a query, a form or the command line; more than one when the
    /// parameter was repeated.
    Texts(&'a [String]),
}

/// A value that a field may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text; of a reference, the label, where `""` means none.
    Text(String),
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// Labels.
    List(Vec<String>),
}

impl Field {
    /// Reads a value for this field.
    ///
    /// # Errors
    /// [`Code::InvalidValue`], naming the field, the value and what it takes.
    pub fn parse(&self, input: Input<'_>) -> Result<Value, Error> {
        let wrong = |takes: &str| self.wrong(input, takes);
        match self.kind {
            Kind::Bool => bool_of(input).map(Value::Bool).ok_or_else(|| wrong("true or false")),
            Kind::Int(low, high) => int_of(input)
                .filter(|n| (low..=high).contains(n))
                .map(Value::Int)
                .ok_or_else(|| wrong(&format!("a whole number from {low} to {high}"))),
            Kind::Refs { .. } => {
                let list = list_of(input).ok_or_else(|| wrong("a list of labels"))?;
                if list.len() > LIST_LIMIT {
                    let told = format!("{} has more than {LIST_LIMIT} labels", self.name);
                    return Err(Error::new(Code::InvalidValue, told));
                }
                Ok(Value::List(list))
            }
            Kind::Label => {
                let text = text_of(input).ok_or_else(|| wrong("one label"))?;
                label::check(&text)?;
                Ok(Value::Text(text))
            }
            Kind::Text(limit) => self.text(input, limit),
            Kind::Secret => self.text(input, 1_000),
            Kind::Ref { .. } => self.text(input, label::LIMIT),
            Kind::Time => text_of(input)
                .filter(|text| time::is_time(text))
                .map(Value::Text)
                .ok_or_else(|| wrong("a time in UTC, like 2026-01-31 23:59:59")),
            Kind::Choice(words) => text_of(input)
                .filter(|text| words.contains(&text.as_str()))
                .map(Value::Text)
                .ok_or_else(|| wrong(&format!("one of {}", words.join(", ")))),
            Kind::Back { .. } | Kind::Computed(_) => Err(wrong("nothing: it is derived")),
        }
    }

    /// Reads a value given as one piece of text, such as a default.
    ///
    /// # Errors
    /// As [`Field::parse`].
    pub fn parse_text(&self, text: &str) -> Result<Value, Error> {
        self.parse(Input::Texts(&[text.to_owned()]))
    }

    /// What the field is when nothing is said: `""`, `0`, `false`, no entries.
    pub fn empty(&self) -> Value {
        match self.kind {
            Kind::Int(low, _) => Value::Int(low.max(0)),
            Kind::Bool => Value::Bool(false),
            Kind::Refs { .. } => Value::List(Vec::new()),
            _ => Value::Text(String::new()),
        }
    }

    fn text(&self, input: Input<'_>, limit: usize) -> Result<Value, Error> {
        let text = text_of(input).ok_or_else(|| self.wrong(input, "text"))?;
        if text.len() > limit {
            let told = format!("{} has {} bytes; the limit is {limit}", self.name, text.len());
            return Err(Error::new(Code::InvalidValue, told));
        }
        if text.contains('\0') {
            return Err(Error::new(
                Code::InvalidValue,
                format!("{} has a NUL character", self.name),
            ));
        }
        Ok(Value::Text(text))
    }

    fn wrong(&self, input: Input<'_>, takes: &str) -> Error {
        let shown = match (self.kind, input) {
            (Kind::Secret, _) => "***".to_owned(),
            (_, Input::Json(Json::String(text))) => text.clone(),
            (_, Input::Json(json)) => json.to_string(),
            (_, Input::Texts(texts)) => texts.join(","),
        };
        let shown: String = shown.chars().take(80).collect();
        Error::new(Code::InvalidValue, format!("{} takes {takes}, not {shown:?}", self.name))
    }
}

fn text_of(input: Input<'_>) -> Option<String> {
    match input {
        Input::Json(Json::String(text)) => Some(text.clone()),
        Input::Json(Json::Number(number)) => Some(number.to_string()),
        Input::Json(Json::Null) => Some(String::new()),
        Input::Json(_) => None,
        Input::Texts([text]) => Some(text.clone()),
        Input::Texts(_) => None,
    }
}

fn int_of(input: Input<'_>) -> Option<i64> {
    text_of(input)?.parse().ok()
}

fn bool_of(input: Input<'_>) -> Option<bool> {
    if let Input::Json(Json::Bool(value)) = input {
        return Some(*value);
    }
    match text_of(input)?.as_str() {
        "true" | "True" | "1" => Some(true),
        "false" | "False" | "0" => Some(false),
        _ => None,
    }
}

/// A JSON array, a repeated parameter, or labels separated by commas; each
/// label once, in the order given.
fn list_of(input: Input<'_>) -> Option<Vec<String>> {
    let texts: Vec<String> = match input {
        Input::Json(Json::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>()?
        }
        Input::Json(Json::String(text)) => vec![text.clone()],
        Input::Json(Json::Null) => Vec::new(),
        Input::Json(_) => return None,
        Input::Texts(texts) => texts.to_vec(),
    };
    let mut known = HashSet::new();
    let labels = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
    Some(
        labels
            .filter(|label| !label.is_empty() && known.insert(*label))
            .map(str::to_owned)
            .collect(),
    )
}
