//! W
#![allow(dead_code, missing_docs)]
mod halt;
mod held;
mod log;
mod mask;
mod settings;
mod spool;
pub use settings::Flags;
