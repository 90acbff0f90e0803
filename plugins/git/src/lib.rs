#![doc = include_str!("../README.md")]

mod changes;
mod checkout;
mod fetch;
mod head;
mod lfs;
mod mirror;
mod program;
mod reference;
mod resolve;
mod submodule;
mod trouble;
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
