//! What happens, for those who watch: every history row, in the order of
//! commits. Recent ones are in memory, all others in the database.

use std::sync::Arc;

use mf_core::errand;
use mf_core::error::{Code, Error};
use mf_core::resource::{self, UTIL, Who};
use mf_core::wire;
use tokio::sync::broadcast;

use crate::params::Values;
use crate::store::history;
use crate::store::roles::Caller;
use crate::store::select::Sight;

/// How many events a slow watcher may be behind before it is sent to the
/// database for the rest.
const RING: usize = 1024;

/// One event, and the project that says who may know of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Happened {
    /// What is told.
    pub event: wire::Event,
    /// The object's project, if it has one.
    pub project: Option<i64>,
}

/// The stream of events.
pub struct Events {
    sender: broadcast::Sender<Arc<Happened>>,
}

impl Events {
    /// A stream without watchers.
    pub fn new() -> Self {
        Self { sender: broadcast::Sender::new(RING) }
    }

    /// Tells everybody who watches; called by the writer alone.
    pub fn publish(&self, happened: Happened) {
        // Without watchers there is nobody to tell.
        let _ = self.sender.send(Arc::new(happened));
    }

    /// Watches from now on.
    pub fn watch(&self) -> broadcast::Receiver<Arc<Happened>> {
        self.sender.subscribe()
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::new()
    }
}

/// What one watcher wants.
#[derive(Clone, Debug)]
pub struct Filter {
    /// What the watcher may know of.
    pub sight: Sight,
    roles: Who,
    project_label: String,
    build_label: String,
    task_label: String,
    resources: Vec<String>,
    /// Resources whose events are wanted whatever else is asked for.
    also: Vec<String>,
}

impl Filter {
    /// What the parameters of `util/events` say.
    ///
    /// # Errors
    /// [`Code::InvalidValue`] for a resource that there is not.
    pub fn new(values: &Values, caller: &Caller) -> Result<Self, Error> {
        Ok(Self {
            sight: caller.sight(),
            roles: caller.roles(),
            project_label: values.text("project_label").to_owned(),
            build_label: values.text("build_label").to_owned(),
            task_label: values.text("task_label").to_owned(),
            resources: resources(values.text("resource"))?,
            also: resources(values.text("also"))?,
        })
    }

    /// Whether the watcher is to hear of what concerns the whole farm.
    pub fn is_of_farm(&self) -> bool {
        self.also.iter().any(|name| name == UTIL.name)
    }

    /// From now on the watcher is `caller`.
    pub fn watched_by(&mut self, caller: &Caller) {
        self.sight = caller.sight();
        self.roles = caller.roles();
    }

    /// Whether the watcher wants this one.
    pub fn wants(&self, happened: &Happened) -> bool {
        let event = &happened.event;
        let fits = (self.project_label.is_empty() || self.project_label == event.project_label)
            && (self.build_label.is_empty() || self.build_label == event.build_label)
            && (self.task_label.is_empty()
                || (event.resource == "task" && self.task_label == event.label))
            && (self.resources.is_empty() || self.resources.contains(&event.resource));
        fits || self.also.contains(&event.resource)
    }

    /// The event as the watcher may see it: without fields that are shown to
    /// others only.
    pub fn shown(&self, happened: &Happened) -> wire::Event {
        let mut event = happened.event.clone();
        if let Some(resource) = resource::find(&event.resource) {
            event.changes.retain(|name, _| history::readers(resource, name).meets(self.roles));
        }
        event
    }
}

/// Names of resources, separated by commas, as events have them.
fn resources(names: &str) -> Result<Vec<String>, Error> {
    let named = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let key = |name: &str| {
        if name == errand::NAME {
            return Ok(name.to_owned());
        }
        let found = resource::find(name).ok_or_else(|| {
            let name: String = name.chars().take(80).collect();
            Error::new(Code::InvalidValue, format!("there is no resource {name:?}"))
        })?;
        Ok(found.key())
    };
    named.map(key).collect()
}
