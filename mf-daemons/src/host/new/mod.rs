//! `mf plugin new`: a crate for a plugin, which builds anywhere.

mod sdk;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use mf_core::label;
use monkeyfarm_plugin_api::export::API_VERSION;

/// What a new plugin gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A build handler: turns source into files
    Build,
    /// A vcs handler: fetches source
    Vcs,
    /// A bug handler: speaks to a bug tracker
    Bug,
    /// A regulator hook: work that the farm does again and again
    Hook,
}

impl Kind {
    fn source(self) -> &'static str {
        match self {
            Self::Build => include_str!("build.txt"),
            Self::Vcs => include_str!("vcs.txt"),
            Self::Bug => include_str!("bug.txt"),
            Self::Hook => include_str!("hook.txt"),
        }
    }

    /// What the crate needs beside the plugin API.
    fn needs(self) -> &'static str {
        match self {
            Self::Build | Self::Vcs | Self::Bug => "",
            Self::Hook => "serde_json = \"1\"\n",
        }
    }

    /// An example that `mf plugin test` runs.
    fn example(self, name: &str) -> String {
        match self {
            Self::Build => format!(
                "handler = \"build {name}\"\nfiles = [\"source.tar\"]\nsays = [\"packed hello\"]\n\n\
                 [job]\npackage = \"hello\"\n"
            ),
            Self::Vcs => format!(
                "handler = \"vcs {name}\"\nfails = true\nsays = [\"is no file:// url\"]\n\n\
                 [job]\nurl = \"https://example.org/\"\n"
            ),
            Self::Bug => format!(
                "handler = \"bug {name}\"\nsays = [\"looking up 17\"]\n\n[job]\nbug = \"17\"\n"
            ),
            Self::Hook => {
                format!("handler = \"hook {name}\"\nsays = [\"run 1: 0 failed\"]\nanswers = [[]]\n")
            }
        }
    }
}

/// Makes the crate `mf-plugin-<name>` in `parent`; gives where it is.
///
/// # Errors
/// The name cannot be one, or something is there already: nothing is changed.
pub fn make(name: &str, kind: Kind, parent: &Path) -> anyhow::Result<PathBuf> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure!(
        name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_lowercase()),
        "{name:?} cannot name a plugin and its crate: use lower case letters, digits and dashes, \
         and begin with a letter"
    );
    label::check(name).map_err(|error| anyhow::anyhow!("{error}"))?;
    let krate = format!("mf-plugin-{name}");
    let dir = parent.join(&krate);
    if fs::symlink_metadata(&dir).is_ok() {
        bail!("{} is there already; nothing was changed", dir.display());
    }
    // Whole or not at all: a crate that is half written is in nobody's way.
    let half = tempfile::Builder::new().prefix(".mf-plugin-").tempdir_in(parent);
    let half = half.with_context(|| format!("cannot write into {}", parent.display()))?;
    write(half.path(), name, &krate, kind)?;
    let made = half.keep();
    fs::set_permissions(&made, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    fs::rename(&made, &dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

fn write(dir: &Path, name: &str, krate: &str, kind: Kind) -> anyhow::Result<()> {
    let put = |path: &str, text: &str| {
        let path = dir.join(path);
        let parent = path.parent().unwrap_or(dir);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .with_context(|| format!("cannot write {}", path.display()))
    };
    put("Cargo.toml", &manifest(krate, kind))?;
    put("src/lib.rs", &kind.source().replace("@NAME@", name))?;
    put(".gitignore", "/target\n")?;
    let readme = include_str!("readme.txt").replace("@CRATE@", krate);
    put(
        "README.md",
        &readme.replace("@LIB@", &krate.replace('-', "_")).replace("@API@", API_VERSION),
    )?;
    put("examples/hello/job.toml", &kind.example(name))?;
    if kind == Kind::Build {
        put("examples/hello/source/hello.txt", "hello\n")?;
    }
    for (path, text) in sdk::files()? {
        put(&format!("monkeyfarm-plugin-api/{path}"), &text)?;
    }
    Ok(())
}

fn manifest(krate: &str, kind: Kind) -> String {
    format!(
        "[package]\n\
         name = \"{krate}\"\n\
         version = \"0.1.0\"\n\
         edition = \"2024\"\n\n\
         [lib]\n\
         crate-type = [\"cdylib\"]\n\n\
         [dependencies]\n\
         monkeyfarm-plugin-api = {{ path = \"monkeyfarm-plugin-api\" }}\n\
         {}\n\
         # A crate of its own, wherever it lies.\n\
         [workspace]\n",
        kind.needs()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_made_whole_and_what_is_there_stays() {
        let parent = tempfile::tempdir().unwrap();
        let dir = make("hello", Kind::Hook, parent.path()).unwrap();
        assert_eq!(dir, parent.path().join("mf-plugin-hello"));
        let manifest = fs::read_to_string(dir.join("monkeyfarm-plugin-api/Cargo.toml")).unwrap();
        assert!(!manifest.contains("workspace"), "{manifest}");
        assert!(manifest.contains("0.11.3") && manifest.contains("[features]"), "{manifest}");
        let told = make("hello", Kind::Build, parent.path()).unwrap_err().to_string();
        assert!(told.ends_with("mf-plugin-hello is there already; nothing was changed"), "{told}");
        for bad in ["../x", "Hello", "9", "a b", ""] {
            make(bad, Kind::Build, parent.path()).unwrap_err();
        }
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_author_has_at_most_forty_lines_to_write() {
        for kind in Kind::value_variants() {
            let lines = kind.source().lines().filter(|line| !line.trim().is_empty()).count();
            assert!(lines <= 40, "{kind:?}: {lines}");
        }
    }
}
