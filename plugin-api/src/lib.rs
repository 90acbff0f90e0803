#![doc = include_str!("../README.md")]

pub mod build;
pub mod command;
pub mod context;
pub mod failure;
pub mod kit;
pub mod vcs;

pub use build::{Artifact, ArtifactKind, BuildHandler, BuildJob, Built};
pub use context::{Context, Host};
pub use failure::{Failure, FailureKind};
pub use vcs::{Checkout, CheckoutJob, VcsHandler};
