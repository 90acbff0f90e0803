//! The parent's side of the plugin host: which plugins there are, and how one
//! of their handlers is called. No foreign code runs in this process.

pub mod call;
pub mod catalog;
mod checked;
mod choose;
pub mod elf;
pub mod frame;
mod image;
pub mod local;
pub mod meta;
pub mod program;
mod rejected;
pub mod scan;
pub mod sources;
mod spare;

pub use call::{Call, Ended, Running, Stopper};
pub use catalog::Catalog;
pub use checked::Plugin;
pub use frame::Job;
pub use local::{Local, Locals};
pub use meta::Meta;
pub use program::HostProgram;
pub use rejected::Rejected;
pub use sources::Sources;
