#![doc = include_str!("../README.md")]

mod checkout;
mod config;
mod fetch;
mod lock;
mod mirror;
mod nearest;
mod program;
mod reference;
mod resolve;
mod trouble;
mod url;
mod worktree;

pub use checkout::Git;

monkeyfarm_plugin_api::export! {
    plugin: "git",
    version: env!("CARGO_PKG_VERSION"),
    vcs: {
        /// Checks out a branch, tag or revision of a git repository, from a
        /// mirror that the worker keeps of it.
        "git" => Git::default,
    },
}
