//! The parent's side of the plugin host: which plugins there are, and how one
//! of their handlers is called. No foreign code runs in this process.

pub mod call;
pub mod catalog;
mod checked;
mod choose;
pub mod confine;
pub mod declared;
pub mod elf;
pub mod ended;
mod flags;
pub mod frame;
mod image;
pub mod last_words;
pub mod local;
pub mod mask;
pub mod meta;
pub mod policy;
pub mod program;
mod rejected;
pub mod required;
pub mod scan;
pub mod sources;
mod spare;
mod unloadable;
pub mod watch;
mod zygote;

pub use call::{Call, Running, Stopper};
pub use catalog::{Catalog, Verdicts};
pub use checked::Plugin;
pub use confine::Confine;
pub use ended::Ended;
pub use flags::PluginFlags;
pub use frame::Job;
pub use local::{Local, Locals};
pub use meta::Meta;
pub use policy::Policy;
pub use program::HostProgram;
pub use rejected::Rejected;
pub use sources::Sources;
pub use unloadable::Unloadable;
pub use watch::Watch;
