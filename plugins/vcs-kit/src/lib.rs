#![doc = include_str!("../README.md")]

pub mod cache;
pub mod home;
pub mod lock;
pub mod login;
pub mod nearest;
pub mod scheme;
pub mod ssh;
#[cfg(feature = "suite")]
pub mod suite;
pub mod terms;
mod trim;
pub mod trouble;
pub mod twice;
pub mod url;

pub use cache::{Cache, Place};
pub use home::Home;
pub use lock::Lock;
pub use scheme::{Kind, Scheme};
pub use terms::{Handler, Terms};
pub use trouble::{Meaning, Suspicion, Trouble};
pub use url::Url;
