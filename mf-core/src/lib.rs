#![doc = include_str!("../README.md")]

pub mod config;
pub mod disk;
pub mod errand;
pub mod error;
pub mod file_name;
pub mod label;
pub mod lifeline;
pub mod log;
pub mod memory;
pub mod resource;
pub mod schema;
pub mod task;
pub mod time;
pub mod wire;

/// Version of this build of MonkeyFarm.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
