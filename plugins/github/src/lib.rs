#![doc = include_str!("../README.md")]

mod api;
mod config;
mod fault;
mod handler;
mod issue;

pub use handler::GitHub;

monkeyfarm_plugin_api::export! {
    plugin: "github",
    version: env!("CARGO_PKG_VERSION"),
    bug: {
        /// Shows, comments on, closes and reopens issues of GitHub.
        "github" => GitHub::default,
    },
}
