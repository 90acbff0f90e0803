#![doc = include_str!("../README.md")]

mod attempt;
#[cfg(feature = "cli")]
pub mod cli;
mod connection;
mod error;
mod follow;
mod hub;
mod key;
mod request;
mod retry;
mod sse;
mod trust;
mod typed;

pub use attempt::APPEND_LIMIT;
pub use connection::{Connection, ConnectionError, DEFAULT_URL};
pub use error::Error;
pub use follow::{Events, Log, Next};
pub use hub::Hub;
pub use key::{Key, KeyError};
pub use retry::{Backoff, retry};
pub use trust::Trust;
