//! A hub for the tests of a hook.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::Failure;
use crate::farm::{Ask, Farm, Hub};

/// A hub that gives the answers it was told to give, in their order, and
/// writes down what it was asked for. Clones share one record.
///
/// ```
/// use monkeyfarm_plugin_api::kit::Answers;
/// use serde_json::json;
///
/// let hub = Answers::new().then(json!([{ "label": "php-build1" }]));
/// let builds = hub.farm().get_all("build", &[("status_label", "Failed")]).unwrap();
/// assert_eq!(builds[0]["label"], "php-build1");
/// assert_eq!(hub.asked().len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Answers {
    record: Arc<Mutex<Record>>,
}

#[derive(Debug, Default)]
struct Record {
    answers: VecDeque<Result<Value, Failure>>,
    asked: Vec<Ask>,
}

impl Answers {
    /// A hub that has no answer yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next answer.
    pub fn then(self, answer: Value) -> Self {
        self.record().answers.push_back(Ok(answer));
        self
    }

    /// The next answer is a refusal.
    pub fn then_refuse(self, sentence: impl Into<String>) -> Self {
        self.record().answers.push_back(Err(Failure::new(sentence)));
        self
    }

    /// What the hook under test is called with.
    pub fn farm(&self) -> Farm {
        Farm::new(Box::new(self.clone()))
    }

    /// What was asked for, in order.
    pub fn asked(&self) -> Vec<Ask> {
        self.record().asked.clone()
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub for Answers {
    fn ask(&self, ask: &Ask) -> Result<Value, Failure> {
        let mut record = self.record();
        record.asked.push(ask.clone());
        let none = || Err(Failure::new(format!("the test has no answer for {ask:?}")));
        record.answers.pop_front().unwrap_or_else(none)
    }
}
