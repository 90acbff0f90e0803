//! The API of a real hub: its router on a real socket, its database in a file.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod abuse;
mod accounts;
mod again;
mod builds;
mod events;
mod farm;
mod history;
mod input;
mod lists;
mod openapi;
mod pages;
mod paths;
mod people;
mod permissions;
mod program;
mod raw;
mod rights;
mod scope;
mod table;
mod verbs;
mod writer;
