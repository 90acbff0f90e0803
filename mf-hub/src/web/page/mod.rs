//! The pages, one file each.

pub mod build;
pub mod cause;
pub mod detail;
pub mod docs;
pub mod everything;
pub mod home;
pub mod list;
pub mod log;
pub mod plugins;
pub mod recent;
pub mod search;
pub mod task;
