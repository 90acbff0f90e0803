//! The database: the only place with SQL.

pub mod bootstrap;
pub mod edit;
pub mod history;
pub mod migrate;
pub mod open;
pub mod readers;
pub mod render;
pub mod select;
pub mod sums;
pub mod writer;

mod fault;

pub use fault::{Done, Fault};
pub use writer::Tx;
