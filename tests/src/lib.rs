#![doc = include_str!("../README.md")]

pub mod appears;
pub mod awaited;
pub mod bench;
pub mod browser;
pub mod campaign;
pub mod farm;
pub mod hostile;
pub mod process;
pub mod programs;
pub mod python;
pub mod repository;
pub mod terminal;
pub mod world;

pub use browser::Browser;
pub use farm::{Farm, Options, PATIENCE, Ran};
pub use repository::Repository;
