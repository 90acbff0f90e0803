//! Lists the source of the plugin API, which `mf plugin new` unpacks beside a
//! new plugin, so that it builds anywhere.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let sdk = root.join("../plugin-api");
    let mut files = vec![sdk.join("Cargo.toml"), sdk.join("README.md")];
    list(&sdk.join("src"), &mut files)?;
    files.sort();
    let mut text = String::from("&[\n");
    for path in &files {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.strip_prefix(&sdk).unwrap_or(path);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    ({name:?}, include_str!({path:?})),");
    }
    text.push_str("]\n");
    println!("cargo::rerun-if-changed={}", sdk.join("src").display());
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("sdk.rs"), text)
}

fn list(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            list(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
