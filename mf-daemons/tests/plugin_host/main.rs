//! The plugin host with real plugins, each of which misbehaves in its own way.

mod bench;
mod calls;
mod directory;
mod nothing_left;
