//! What a caller wants an object to be: fields and values, read and checked on
//! arrival.

use std::collections::BTreeMap;

use mf_core::error::{Code, Error};
use mf_core::resource::{Resource, Scope, Value};

use crate::params::{Params, Values};

/// Values for some of an object's fields, by name.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    values: BTreeMap<&'static str, Value>,
    /// The id that the caller thinks the object has.
    pub id: Option<i64>,
}

impl Draft {
    /// Reads all parameters as fields of a resource.
    ///
    /// # Errors
    /// A field is unknown, read-only, or its value is not one it takes.
    pub fn read(resource: &'static Resource, params: Params) -> Result<Self, Error> {
        let mut draft = Self::default();
        for (name, given) in params.0 {
            let Some(field) = resource.field(&name) else {
                if name == "project_label" && resource.scope != Scope::Project {
                    continue; // Not scoped: said to be ignored.
                }
                return Err(unknown(resource, &name));
            };
            if field.name == "id" {
                draft.id = match field.parse(given.input())? {
                    Value::Int(id) => Some(id),
                    _ => None,
                };
            } else if field.read_only() {
                let told = format!("{name} of {} cannot be set: {}", resource.one(), field.about);
                return Err(Error::new(Code::ReadOnlyField, told));
            } else {
                draft.values.insert(field.name, field.parse(given.input())?);
            }
        }
        Ok(draft)
    }

    /// The parameters of a function, as the fields of the same names.
    pub fn of(values: Values) -> Self {
        Self { values: values.into_given(), id: None }
    }

    /// A field's value, if there is one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// A field's text, if there is one; of a reference, the label.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether a field is given as true.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.values.get(name), Some(Value::Bool(true)))
    }

    /// Sets a field's text.
    pub fn set_text(&mut self, name: &'static str, text: impl Into<String>) {
        self.values.insert(name, Value::Text(text.into()));
    }
}

fn unknown(resource: &Resource, name: &str) -> Error {
    let known: Vec<&str> =
        resource.fields().filter(|field| !field.read_only()).map(|field| field.name).collect();
    let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
    let name: String = name.chars().take(80).collect();
    let told = format!("{} has no field {name:?}; it takes {known}", resource.one());
    Error::new(Code::UnknownField, told)
}
