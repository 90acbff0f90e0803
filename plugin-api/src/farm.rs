//! The farm as a regulator hook sees it: the hub's API, asked through the
//! host.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Failure;

/// The hub's API, with the rights that the farm gives a hook.
///
/// The regulator asks for the hook and holds the key. With its own key it only
/// reads. A hook that is to change something is given a user of its own:
/// `key_file` under `[hub]` in `plugins.d/<plugin>.toml`, and may then do what
/// that user may.
///
/// Resources and their fields are those of the API (`/docs` of a hub).
pub struct Farm {
    hub: Box<dyn Hub>,
}

/// Who asks the hub.
///
/// In a farm it is the plugin host; in an author's tests, the test kit.
pub trait Hub: Send + Sync {
    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The hub refuses, cannot be reached, or may not be asked for this.
    fn ask(&self, ask: &Ask) -> Result<Value, Failure>;
}

/// What a hub is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// One object.
    GetOne(Object),
    /// Objects, by filters.
    GetAll {
        /// The resource, such as `build`.
        resource: String,
        /// Fields and values, and `limit`, `after`, `order`, `mf_search_query`.
        filters: Vec<(String, String)>,
    },
    /// A new object.
    Create {
        /// The resource.
        resource: String,
        /// Its fields.
        fields: Value,
    },
    /// Other values for fields of an object.
    Update {
        /// The object.
        object: Object,
        /// The fields to change.
        fields: Value,
    },
    /// The end of an object.
    Delete(Object),
    /// A function of a resource, or of one object.
    Call {
        /// The resource.
        resource: String,
        /// The object's label, unless it is a function of all.
        label: Option<String>,
        /// The function's name.
        function: String,
        /// What it takes.
        parameters: Map<String, Value>,
    },
}

/// An object of the farm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Object {
    /// Its resource, such as `build`.
    pub resource: String,
    /// Its label.
    pub label: String,
    /// The project that it belongs to, if it belongs to one.
    pub project: Option<String>,
}

impl Object {
    /// An object of `resource` that belongs to no project.
    pub fn new(resource: impl Into<String>, label: impl Into<String>) -> Self {
        Self { resource: resource.into(), label: label.into(), project: None }
    }

    /// The same in a project.
    pub fn of(self, project: impl Into<String>) -> Self {
        Self { project: Some(project.into()), ..self }
    }
}

impl Farm {
    /// A farm that `hub` is asked about.
    pub fn new(hub: Box<dyn Hub>) -> Self {
        Self { hub }
    }

    /// One object.
    ///
    /// # Errors
    /// There is none, or the hub cannot be reached.
    pub fn get_one(&self, object: &Object) -> Result<Value, Failure> {
        self.hub.ask(&Ask::GetOne(object.clone()))
    }

    /// The objects of `resource` that `filters` leave. The answer must fit
    /// into 200 KiB: page with `limit` and `after`.
    ///
    /// # Errors
    /// A filter is none of the resource's, the answer is too large, or the hub
    /// cannot be reached.
    pub fn get_all(&self, resource: &str, filters: &[(&str, &str)]) -> Result<Vec<Value>, Failure> {
        let filters = filters.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let ask = Ask::GetAll { resource: resource.into(), filters: filters.collect() };
        match self.hub.ask(&ask)? {
            Value::Array(objects) => Ok(objects),
            other => Err(Failure::new(format!("the hub gave no list of {resource}: {other}"))),
        }
    }

    /// Makes an object, with the rights of the hook's own user.
    ///
    /// # Errors
    /// The hub refuses it, or the hook has no user.
    pub fn create(&self, resource: &str, fields: Value) -> Result<Value, Failure> {
        self.hub.ask(&Ask::Create { resource: resource.into(), fields })
    }

    /// Changes the fields given, with the rights of the hook's own user.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn update(&self, object: &Object, fields: Value) -> Result<Value, Failure> {
        self.hub.ask(&Ask::Update { object: object.clone(), fields })
    }

    /// Deletes an object, with the rights of the hook's own user.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn delete(&self, object: &Object) -> Result<(), Failure> {
        self.hub.ask(&Ask::Delete(object.clone())).map(drop)
    }

    /// Calls a function of a resource, on one object if there is a label. One
    /// that changes something takes the rights of the hook's own user.
    ///
    /// # Errors
    /// There is no such function, or as [`create`](Self::create).
    pub fn call(
        &self,
        resource: &str,
        label: Option<&str>,
        function: &str,
        parameters: Map<String, Value>,
    ) -> Result<Value, Failure> {
        let (resource, function) = (resource.into(), function.into());
        let label = label.map(str::to_owned);
        self.hub.ask(&Ask::Call { resource, label, function, parameters })
    }
}
