#![doc = include_str!("../README.md")]

mod config;
mod limit;
pub mod marker;
mod reply;
mod site;
#[cfg(feature = "suite")]
pub mod suite;
mod tracker;

pub use config::config;
pub use reply::Reply;
pub use site::Site;
pub use tracker::{Ask, Tracker};
