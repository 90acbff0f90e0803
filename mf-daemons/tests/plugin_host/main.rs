//! The plugin host with real plugins, each of which misbehaves in its own way.

// A test that cannot go on has failed.
#![allow(clippy::unwrap_used)]

mod bench;
mod calls;
mod directory;
mod nothing_left;
mod spare;
