//! The API of a real hub: its router on a real socket, its database in a file.

mod builds;
mod events;
mod farm;
mod input;
mod lists;
mod paths;
mod program;
mod rights;
mod verbs;
mod writer;
