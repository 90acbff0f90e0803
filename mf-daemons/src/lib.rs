#![doc = include_str!("../README.md")]

pub mod host;
pub mod plugin;
