//! The database: the only place with SQL.

pub mod actor;
pub mod attempt;
pub mod bootstrap;
pub mod build;
pub mod changes;
pub mod claim;
pub mod comment;
mod cursor;
pub mod delete;
pub mod draft;
pub mod edit;
pub mod enrol;
pub mod file;
mod filter;
pub mod find;
pub mod group;
pub mod handler;
pub mod history;
pub mod job;
pub mod key;
pub mod links;
pub mod list;
pub mod migrate;
pub mod open;
pub mod password;
#[cfg(test)]
mod plan;
pub mod pre_tag;
pub mod progress;
pub mod readers;
pub mod ready;
pub mod render;
pub mod repository;
pub mod roles;
mod rules;
mod search;
pub mod select;
pub mod special;
pub mod status;
pub mod sums;
pub mod system;
pub mod tag;
pub mod tagging;
mod target;
pub mod task;
pub mod task_data;
pub mod terms;
mod tx;
mod user;
pub mod version;
pub mod why;
pub mod writer;

mod fault;

pub use fault::{Done, Fault};
pub use tx::{Effect, Tx};
