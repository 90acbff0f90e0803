#![doc = include_str!("../README.md")]

#[doc(hidden)]
pub mod abi;
pub mod build;
pub mod command;
pub mod context;
pub mod export;
pub mod failure;
#[doc(hidden)]
pub mod guard;
pub mod kit;
pub mod local;
pub mod vcs;

pub use build::{Artifact, ArtifactKind, BuildHandler, BuildJob, Built};
pub use context::{Context, Host};
pub use failure::{Failure, FailureKind};
pub use local::LocalConfig;
pub use vcs::{Checkout, CheckoutJob, VcsHandler};
