#![doc = include_str!("../README.md")]

mod build;
mod changelog;
mod chroot;
mod dsc;
mod index;
mod local;
mod recipe;
mod results;
mod source;
mod why;

pub use build::Debian;

monkeyfarm_plugin_api::export! {
    plugin: "debian",
    version: env!("CARGO_PKG_VERSION"),
    build: {
        /// Builds Debian packages in a chroot, from a checkout or a source
        /// package.
        "debian" => Debian::default,
    },
}
