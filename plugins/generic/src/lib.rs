#![doc = include_str!("../README.md")]

mod build;
mod collect;
mod index;
mod pattern;
mod recipe;

pub use build::Generic;

monkeyfarm_plugin_api::export! {
    plugin: "generic",
    version: env!("CARGO_PKG_VERSION"),
    build: {
        /// Runs the commands of the source's `.monkeyfarm.toml`, or of the
        /// target's config, and keeps the files that they name.
        "generic" => Generic::default,
    },
}
