//! Where the programs under test are: beside this program's own build.

use std::path::{Path, PathBuf};

/// The directory that cargo puts programs and plugins into.
pub fn dir() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    // target/debug/deps/farm-1234, or target/release/bench
    let dir = this.parent().unwrap();
    if dir.ends_with("deps") { dir.parent().unwrap().into() } else { dir.into() }
}

/// One of the programs.
pub fn program(name: &str) -> PathBuf {
    built(dir().join(name))
}

/// The library of a plugin that MonkeyFarm has.
pub fn plugin(name: &str) -> PathBuf {
    built(dir().join(format!("libmf_plugin_{name}.so")))
}

/// The library of a plugin that is an example of the plugin API.
pub fn example_plugin(name: &str) -> PathBuf {
    built(dir().join(format!("examples/lib{name}.so")))
}

/// An example program of a library.
pub fn example(name: &str) -> PathBuf {
    built(dir().join("examples").join(name))
}

/// The top of the source tree.
pub fn source_tree() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn built(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is not built; run `make test`", path.display());
    path
}
