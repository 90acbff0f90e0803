//! Why a call did not succeed.

use std::{fmt, io};

use serde::{Deserialize, Serialize};

/// Ends a call without success, with a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What sort of failure it is.
    pub kind: FailureKind,
    /// What happened, naming the thing and the value, in lower case.
    pub sentence: String,
}

/// What sort of failure a [`Failure`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// The source or its build is at fault: the same again would fail again.
    Failed,
    /// The call was told to stop, and did.
    Cancelled,
}

impl Failure {
    /// The work itself failed.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { kind: FailureKind::Failed, sentence: sentence.into() }
    }

    /// The call was told to stop, and did.
    pub fn cancelled() -> Self {
        Self { kind: FailureKind::Cancelled, sentence: "the task was cancelled".into() }
    }

    /// For `map_err`: an I/O error, and what was being done to what.
    ///
    /// ```
    /// use monkeyfarm_plugin_api::Failure;
    /// let read = std::fs::read("/no/such/file").map_err(Failure::io("cannot read /no/such/file"));
    /// assert!(read.unwrap_err().sentence.starts_with("cannot read /no/such/file: "));
    /// ```
    pub fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |error| Self::new(format!("{doing}: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Failure {}
