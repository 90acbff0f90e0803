#![doc = include_str!("../README.md")]

mod changes;
mod checkout;
mod logins;
mod mirror;
mod program;
mod reference;
mod resolve;
mod trouble;

pub use checkout::Bzr;

monkeyfarm_plugin_api::export! {
    plugin: "bzr",
    version: env!("CARGO_PKG_VERSION"),
    vcs: {
        /// Checks out a branch, tag or revision of a Bazaar repository, from a
        /// mirror that the worker keeps of it.
        "bzr" => Bzr::default,
    },
}
