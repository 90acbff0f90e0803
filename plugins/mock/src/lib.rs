#![doc = include_str!("../README.md")]

mod build;
mod configuration;
mod exit;
mod index;
mod local;
mod phase;
mod program;
mod recipe;
mod results;
mod root;
mod rpm;
mod source;
mod spec;
mod stage;
mod sweep;
mod user;
mod word;

pub use build::Mock;

monkeyfarm_plugin_api::export! {
    plugin: "mock",
    version: env!("CARGO_PKG_VERSION"),
    build: {
        /// Builds RPMs in a mock chroot, from a spec file or a source RPM.
        "mock" => Mock::default,
    },
}
