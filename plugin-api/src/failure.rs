//! Why a call did not succeed.

use std::{fmt, io};

use serde::{Deserialize, Serialize};

use crate::Artifact;

/// Ends a call without success, with a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What sort of failure it is.
    pub kind: FailureKind,
    /// What happened, naming the thing and the value, in lower case.
    pub sentence: String,
    /// Files that help to understand it, below the task's work directory: the
    /// hub keeps them although the task failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Artifact>,
    /// When to try again, for what may succeed later.
    #[serde(default, skip_serializing_if = "Wait::is_default")]
    pub wait: Wait,
}

/// How long to wait before something is tried again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wait {
    /// At least so many seconds; 0: the farm knows how long.
    pub seconds: u64,
    /// Whether everything else that goes to the same place waits too.
    pub all: bool,
}

impl Wait {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What sort of failure a [`Failure`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// The source or its build is at fault: the same again would fail again.
    Failed,
    /// The call was told to stop, and did.
    Cancelled,
    /// Somebody else is at fault, such as a server that is down: the same call
    /// may succeed later. Only bug handlers are called again for it; of other
    /// handlers it is a failure like any.
    Later,
}

impl Failure {
    /// The work itself failed.
    pub fn new(sentence: impl Into<String>) -> Self {
        let (kept, wait) = (Vec::new(), Wait::default());
        Self { kind: FailureKind::Failed, sentence: sentence.into(), kept, wait }
    }

    /// It may succeed later: a server is at fault for the moment.
    pub fn later(sentence: impl Into<String>) -> Self {
        Self { kind: FailureKind::Later, ..Self::new(sentence) }
    }

    /// As [`later`](Self::later), for everything that goes to the same server:
    /// it is down, or limits its callers and asks them to wait so many seconds.
    pub fn all_later(sentence: impl Into<String>, seconds: u64) -> Self {
        Self { wait: Wait { seconds, all: true }, ..Self::later(sentence) }
    }

    /// The call was told to stop, and did.
    pub fn cancelled() -> Self {
        Self { kind: FailureKind::Cancelled, ..Self::new("the task was cancelled") }
    }

    /// The same, with files that help to understand it: logs, a source
    /// package, configuration.
    pub fn keeping(mut self, kept: Vec<Artifact>) -> Self {
        self.kept = kept;
        self
    }

    /// A mistake in a text that somebody wrote: `place` names the text, `at`
    /// is the byte where the mistake is, and the sentence says its line and
    /// column as editors count them.
    ///
    /// ```
    /// use monkeyfarm_plugin_api::Failure;
    /// let mistake = Failure::written("a.toml", "a = 1\nb = \n", Some(10), "a value\nis missing");
    /// assert_eq!(mistake.sentence, "a.toml, line 2, column 5: a value is missing");
    /// ```
    pub fn written(place: &str, text: &str, at: Option<usize>, message: &str) -> Self {
        let at = at.map_or(String::new(), |byte| {
            let before = text.get(..byte).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            format!(", line {line}, column {column}")
        });
        // The message may have several lines; a sentence has one.
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        Self::new(format!("{place}{at}: {message}"))
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
