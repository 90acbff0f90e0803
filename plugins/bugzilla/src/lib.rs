#![doc = include_str!("../README.md")]

mod api;
mod config;
mod fault;
mod handler;

pub use handler::Bugzilla;

monkeyfarm_plugin_api::export! {
    plugin: "bugzilla",
    version: env!("CARGO_PKG_VERSION"),
    bug: {
        /// Shows, comments on, closes and reopens bugs of a Bugzilla, 5.0 or
        /// newer.
        "bugzilla" => Bugzilla::default,
    },
}
