#![doc = include_str!("../README.md")]

mod digest;
pub mod host;
pub mod plugin;
pub mod program;
mod registered;
pub mod regulator;
mod tell;
pub mod worker;
