//! Release work: repositories of tags, builds on commit, and a whole day.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod rpms;

mod commit;
mod index;
mod install;
