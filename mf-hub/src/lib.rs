#![doc = include_str!("../README.md")]

pub mod dispatch;
pub mod events;
pub mod files;
pub mod hub;
pub mod http;
pub mod store;
