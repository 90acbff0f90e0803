//! Who does something, as history keeps it.

use std::sync::Arc;

use super::roles::Caller;

/// Who does something, and by which key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// A user's, system's or daemon's name.
    pub name: Arc<str>,
    /// The public id of the key; empty for the hub itself.
    pub key: Arc<str>,
}

impl From<&str> for Actor {
    /// Somebody without a key.
    fn from(name: &str) -> Self {
        Self { name: name.into(), key: "".into() }
    }
}

impl From<&Caller> for Actor {
    fn from(caller: &Caller) -> Self {
        Self { name: caller.label.as_str().into(), key: caller.key.as_str().into() }
    }
}
