//! Workers against the real hub: the program itself, over HTTP, with nothing
//! between them.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod farm;
mod worker;

mod again;
mod cancel;
mod cause;
mod claim;
mod crash;
mod errands;
mod handlers;
mod head;
mod hidden;
mod hostile;
mod life;
mod lost;
mod matrix;
mod outcomes;
mod plan;
mod plugins;
mod queue;
mod repository;
mod retry;
mod scratch;
mod tags;
mod why;
