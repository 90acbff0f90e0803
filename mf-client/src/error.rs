//! What can go wrong between a client and its hub.

use mf_core::error::Code;

use crate::trust::distrust;

/// Why a call did not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No answer came, or it was cut off; the same call may succeed later.
    #[error("the hub at {url} cannot be reached: {why}")]
    Unreachable {
        /// Where the hub was sought.
        url: String,
        /// What the network said.
        why: String,
        /// Whether the request may have arrived there all the same.
        sent: bool,
    },
    /// The hub answered with an error.
    #[error("{sentence}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Key in the reply's `errors`, such as `NotFound`.
        code: String,
        /// The hub's sentence for people.
        sentence: String,
    },
    /// What answered is no hub, or a hub that speaks otherwise.
    #[error("{url} does not answer as a hub does: {why}")]
    Protocol {
        /// What was asked.
        url: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// The call makes no sense, and nothing was sent.
    #[error("{0}")]
    Invalid(String),
}

impl Error {
    /// Whether the same call may succeed a moment later.
    pub fn retryable(&self) -> bool {
        match self {
            Error::Unreachable { .. } => true,
            // What stands before a hub, such as a proxy, says 502 and 504 for it.
            Error::Refused { status, .. } => {
                matches!(status, 429 | 502 | 503 | 504) || self.is(Code::BrokenOff)
            }
            Error::Protocol { .. } | Error::Invalid(_) => false,
        }
    }

    /// Whether the hub refused with this code.
    pub fn is(&self, code: Code) -> bool {
        matches!(self, Error::Refused { code: told, .. } if *told == code.name())
    }

    /// Status of the hub's answer, if it refused.
    pub fn status(&self) -> Option<u16> {
        match self {
            Error::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }
}

/// What the network says, in words; `None` for what it seldom says.
fn network(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    use std::io::ErrorKind;
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(said) = error.downcast_ref::<std::io::Error>() {
            let words = match said.kind() {
                ErrorKind::ConnectionRefused => "connection refused: nothing listens there",
                ErrorKind::TimedOut => "it timed out: nothing there answers",
                ErrorKind::ConnectionReset => "the connection was reset",
                ErrorKind::HostUnreachable => "there is no way to that host",
                ErrorKind::NetworkUnreachable => "there is no way to that network",
                _ => "",
            };
            if !words.is_empty() {
                return Some(words.to_owned());
            }
        }
        if error.to_string().starts_with("failed to lookup address") {
            return Some("no host of that name is known here".to_owned());
        }
        // Of the client's own patience there is no reason deeper down.
        if error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout) {
            return Some("it timed out: no answer came".to_owned());
        }
        next = error.source();
    }
    None
}

/// The whole chain of reasons, since the outermost alone says little.
pub(crate) fn reasons(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(why) = distrust(error).or_else(|| network(error)) {
        return why;
    }
    let mut parts = vec![error.to_string()];
    let mut inner = error.source();
    while let Some(reason) = inner {
        let text = reason.to_string();
        if !parts.iter().any(|known| known.contains(&text)) {
            parts.push(text);
        }
        inner = reason.source();
    }
    // reqwest's outermost sentence repeats the URL; the innermost is the reason.
    parts.pop().unwrap_or_default()
}
