//! What a caller sent, by name, whichever way it came.

use std::collections::BTreeMap;

use mf_core::error::{Code, Error};
use mf_core::resource::{Field, Input, Value};

/// One parameter as it came in.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// From a JSON body.
    Json(serde_json::Value),
    /// From a query or a form; more than one when it was repeated.
    Texts(Vec<String>),
}

impl Given {
    /// For [`Field::parse`].
    pub fn input(&self) -> Input<'_> {
        match self {
            Given::Json(json) => Input::Json(json),
            Given::Texts(texts) => Input::Texts(texts),
        }
    }
}

/// All parameters of a request.
#[derive(Clone, Debug, Default)]
pub struct Params(pub BTreeMap<String, Given>);

impl Params {
    /// All of them in one text, the same however they came.
    pub fn canonical(&self) -> String {
        let pairs = self.0.iter().map(|(name, given)| match given {
            Given::Json(json) => (name, json.clone()),
            Given::Texts(texts) if texts.len() == 1 => (name, texts[0].as_str().into()),
            Given::Texts(texts) => (name, texts.as_slice().into()),
        });
        // A map with keys of text always has a text.
        serde_json::Value::from_iter(pairs.map(|(name, value)| (name.as_str(), value))).to_string()
    }

    /// Takes one out.
    pub fn take(&mut self, name: &str) -> Option<Given> {
        self.0.remove(name)
    }

    /// Takes one out that is one piece of text.
    ///
    /// # Errors
    /// It is a list or an object.
    pub fn take_text(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.take(name) {
            None | Some(Given::Json(serde_json::Value::Null)) => Ok(None),
            Some(Given::Json(serde_json::Value::String(text))) => Ok(Some(text)),
            Some(Given::Json(
                other @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_)),
            )) => Ok(Some(other.to_string())),
            Some(Given::Texts(mut texts)) if texts.len() == 1 => Ok(texts.pop()),
            Some(_) => Err(Error::new(Code::Malformed, format!("{name} takes one value"))),
        }
    }

    /// Refuses what is left over.
    ///
    /// # Errors
    /// [`Code::UnknownField`], naming one, and what `owner` knows.
    pub fn end(&self, owner: &str, known: &[&str]) -> Result<(), Error> {
        let Some(name) = self.0.keys().next() else { return Ok(()) };
        let name: String = name.chars().take(80).collect();
        let known = match known {
            [] => "nothing".to_owned(),
            known => known.join(", "),
        };
        Err(Error::new(Code::UnknownField, format!("{owner} has no {name:?}; it takes {known}")))
    }
}

/// Parsed values of a function's parameters, by name.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// Reads all parameters that `takes` declares, and refuses others.
    ///
    /// # Errors
    /// One is missing, unknown, or not what it should be.
    pub fn read(mut params: Params, takes: &'static [Field], owner: &str) -> Result<Self, Error> {
        let mut values = BTreeMap::new();
        for field in takes {
            match params.take(field.name) {
                Some(given) => {
                    values.insert(field.name, field.parse(given.input())?);
                }
                None if field.need == mf_core::resource::Need::Must => {
                    let told = format!("{owner} needs {}: {}", field.name, field.about);
                    return Err(Error::new(Code::MissingField, told));
                }
                None => {}
            }
        }
        let known: Vec<&str> = takes.iter().map(|field| field.name).collect();
        params.end(owner, &known)?;
        Ok(Self(values))
    }

    /// All that was given.
    pub fn into_given(self) -> BTreeMap<&'static str, Value> {
        self.0
    }

    /// Text; empty where it was not given.
    pub fn text(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// A number, if it was given.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.0.get(name) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        }
    }

    /// Whether it was given as true.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.0.get(name), Some(Value::Bool(true)))
    }
}
