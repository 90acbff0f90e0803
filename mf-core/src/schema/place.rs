//! Where in a configuration something is wrong, and what.

use std::fmt;

use serde_json::Value;

/// Where a value is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    path: String,
    /// How many tables and lists it is in.
    depth: usize,
}

impl Place {
    /// The value of a key here.
    pub fn key(&self, name: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self { path: format!("{}{dot}{name}", self.path), depth: self.depth + 1 }
    }

    /// An entry of the list here, counted from 0.
    pub fn entry(&self, number: usize) -> Self {
        Self { path: format!("{}[{number}]", self.path), depth: self.depth + 1 }
    }

    /// That this is wrong here: a text that goes on from the path.
    pub fn wrong<T>(&self, what: impl Into<String>) -> Result<T, Wrong> {
        Err(Wrong { place: self.clone(), what: What::Other(what.into()) })
    }

    /// That a value here is none of these.
    pub fn takes<T>(&self, wanted: Wanted, value: &Value) -> Result<T, Wrong> {
        Err(Wrong { place: self.clone(), what: What::Takes(wanted, name_of(value)) })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.path.is_empty() { "it" } else { &self.path })
    }
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where it is.
    pub place: Place,
    /// What it is.
    pub what: What,
}

impl Wrong {
    /// How far into the configuration it was read before this was found.
    pub fn depth(&self) -> usize {
        self.place.depth
    }
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It should be one of these, and is of this type.
    Takes(Wanted, &'static str),
    /// Anything else, as a text that goes on from the path.
    Other(String),
}

/// What a value may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Values, as JSON.
    pub values: Vec<String>,
    /// Names of types.
    pub types: Vec<String>,
}

impl Wanted {
    /// Either of both.
    pub fn or(mut self, other: &Self) -> Self {
        let news = |all: &[String], new: &[String]| -> Vec<String> {
            new.iter().filter(|one| !all.contains(one)).cloned().collect()
        };
        self.values.extend(news(&self.values, &other.values));
        self.types.extend(news(&self.types, &other.types));
        self
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Other(what) => write!(f, "{} {what}", self.place),
            // A value may be a secret that somebody put where none belongs.
            What::Takes(Wanted { values, types }, is) => {
                let (values, types) = (values.join(", "), types.join(" or "));
                match (values.as_str(), types.as_str()) {
                    ("", types) => write!(f, "{} takes {types}, not {is}", self.place),
                    (values, "") => write!(f, "{} takes one of {values}", self.place),
                    (values, types) => {
                        write!(f, "{} takes one of {values}, or {types}", self.place)
                    }
                }
            }
        }
    }
}

/// The type of a value, as JSON Schema names it.
pub fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
