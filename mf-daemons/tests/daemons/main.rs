//! The daemons as programs: how they start, what they say, how they end. A
//! farm with a hub is driven in the workspace's `tests`.

// Clippy lets tests unwrap, but not what helps them.
#![allow(clippy::unwrap_used)]

mod regulator;
mod started;
mod worker;
