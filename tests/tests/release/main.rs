//! Release work: repositories of tags, builds on commit, and a whole day.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

#[path = "../../../plugins/bugzilla/tests/stand_in/mod.rs"]
mod bugzilla;
mod debs;
mod host;
mod rpms;

mod apt;
mod commit;
mod day;
mod index;
mod install;
