#![doc = include_str!("../README.md")]

#[doc(hidden)]
pub mod abi;
pub mod bug;
pub mod build;
pub mod command;
pub mod context;
pub mod download;
pub mod export;
pub mod failure;
pub mod farm;
#[doc(hidden)]
pub mod guard;
pub mod hook;
pub mod index;
pub mod kit;
pub mod local;
pub mod schema;
pub mod sweep;
pub mod timeout;
pub mod tree;
pub mod vcs;

pub use bug::{Bug, BugAction, BugHandler, BugJob};
pub use build::{Artifact, ArtifactKind, BuildHandler, BuildJob, Built, Repository};
pub use context::{Context, Host};
pub use failure::{Failure, FailureKind, Wait};
pub use farm::{Farm, Object};
pub use hook::{Hook, HookJob, Hooked};
pub use index::{IndexFile, IndexJob, Indexed};
pub use local::LocalConfig;
pub use schema::Schemas;
#[cfg(feature = "schema")]
pub use schemars;
pub use sweep::{SweepJob, Swept};
pub use timeout::Timeout;
pub use vcs::{
    Change, Changes, ChangesJob, Checkout, CheckoutJob, Head, Heads, HeadsJob, Source, VcsHandler,
};
