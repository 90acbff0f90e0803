#![doc = include_str!("../README.md")]

mod attempt;
#[cfg(feature = "cli")]
pub mod cli;
mod connection;
mod dry;
mod error;
#[cfg(feature = "cli")]
mod expiry;
mod follow;
mod functions;
mod handler;
mod http;
mod hub;
mod key;
mod once;
mod repository;
mod request;
mod retry;
mod rows;
mod sse;
mod trust;
mod typed;

pub use attempt::APPEND_LIMIT;
pub use connection::{Connection, ConnectionError, DEFAULT_URL, Flags};
pub use dry::DryRun;
pub use error::Error;
pub use follow::{Events, Log, Next};
pub use functions::Moved;
pub use handler::{Answering, Body, Chunks, Request, RequestHandler, Response};
pub use http::HttpHandler;
pub use hub::Hub;
pub use key::{Key, KeyError};
pub use retry::{Backoff, retry};
pub use rows::{Page, Rows};
pub use trust::Trust;

/// What requests and answers are made of, for a [`RequestHandler`] of one's own.
pub use bytes::Bytes;
/// As [`Bytes`].
pub use reqwest::Method;
/// As [`Bytes`].
pub use reqwest::header::{HeaderMap, HeaderValue};

/// The resource table, and the struct of each resource.
pub use mf_core::resource;
