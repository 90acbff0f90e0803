//! Test kit: what a handler is given, without a farm.
//!
//! ```
//! use monkeyfarm_plugin_api::{BuildHandler, BuildJob, Built, Context, Failure, kit::Recorder};
//!
//! struct Greeter;
//!
//! impl BuildHandler for Greeter {
//!     fn build(&self, job: &BuildJob, cx: &Context) -> Result<Built, Failure> {
//!         cx.progress("greeting");
//!         cx.log(format!("hello, {}", job.package));
//!         Ok(Built::default())
//!     }
//! }
//!
//! let farm = Recorder::new();
//! let job = BuildJob { package: "hello".into(), ..BuildJob::default() };
//! Greeter.build(&job, &farm.context()).unwrap();
//! assert_eq!(farm.log(), ["hello, hello"]);
//! assert_eq!(farm.progress(), ["greeting"]);
//! ```

mod hub;
mod task;

pub use hub::Answers;
pub use task::Task;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Context, Host};

/// A host that writes down what a handler says. Clones share one record, so a
/// test keeps one and gives [`context`](Self::context) away.
///
/// What a [command](crate::command) of the handler writes by itself goes to
/// the test's own output and not into the record.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    record: Arc<Mutex<Record>>,
}

#[derive(Debug, Default)]
struct Record {
    log: Vec<String>,
    progress: Vec<String>,
    cancelled: bool,
    secrets: BTreeMap<String, String>,
}

impl Recorder {
    /// A host that keeps no secret and has not been cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the handler under test is called with.
    pub fn context(&self) -> Context {
        Context::new(Box::new(self.clone()))
    }

    /// Keeps a secret that the handler may ask for.
    pub fn with_secret(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.record().secrets.insert(name.into(), value.into());
        self
    }

    /// Tells the call to stop; any thread may say so.
    pub fn cancel(&self) {
        self.record().cancelled = true;
    }

    /// The lines logged so far.
    pub fn log(&self) -> Vec<String> {
        self.record().log.clone()
    }

    /// What was said to be going on, so far.
    pub fn progress(&self) -> Vec<String> {
        self.record().progress.clone()
    }

    /// A handler that panicked while it spoke must not hide what it said.
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host for Recorder {
    fn log(&self, line: &str) {
        self.record().log.push(line.to_owned());
    }

    fn progress(&self, what: &str) {
        self.record().progress.push(what.to_owned());
    }

    fn cancelled(&self) -> bool {
        self.record().cancelled
    }

    fn secret(&self, name: &str) -> Option<String> {
        self.record().secrets.get(name).cloned()
    }
}
