//! House rules that a machine can check.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use monkeyfarm_tests::programs::source_tree;

/// Longest source file, in lines.
const LONGEST: usize = 400;

/// Who may depend on whom: the house's plan. Tests may depend on anything.
const EDGES: &[(&str, &[&str])] = &[
    ("monkeyfarm-plugin-api", &[]),
    ("mf-core", &[]),
    ("mf-hub", &["mf-core"]),
    ("mf-client", &["mf-core"]),
    ("monkeyfarm-vcs-kit", &["monkeyfarm-plugin-api"]),
    ("monkeyfarm-bug-kit", &["monkeyfarm-plugin-api"]),
    ("mf-daemons", &["mf-client", "mf-core", "monkeyfarm-plugin-api"]),
];

/// The directories of the tree: the rooms of the house, which do not become more.
const ROOMS: &[&str] = &[
    "docs",
    "examples",
    "mf-client",
    "mf-core",
    "mf-daemons",
    "mf-hub",
    "plugin-api",
    "plugins",
    "tests",
];

fn manifest(dir: &Path) -> toml::Table {
    let path = dir.join("Cargo.toml");
    let text = fs::read_to_string(&path).unwrap();
    text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The directory of each crate of the workspace.
fn members() -> Vec<PathBuf> {
    let workspace = manifest(source_tree());
    let members = workspace["workspace"]["members"].as_array().unwrap();
    members.iter().map(|member| source_tree().join(member.as_str().unwrap())).collect()
}

/// The manifest of each crate, by its name.
fn manifests() -> BTreeMap<String, toml::Table> {
    let manifests = members().into_iter().map(|dir| manifest(&dir));
    manifests.map(|it| (it["package"]["name"].as_str().unwrap().to_owned(), it)).collect()
}

fn dependencies(manifest: &toml::Table) -> Vec<String> {
    manifest
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

#[test]
fn crates_depend_on_each_other_as_the_plan_says() {
    let manifests = manifests();
    for (name, manifest) in &manifests {
        if name == "monkeyfarm-tests" {
            continue;
        }
        let allowed: &[&str] = match EDGES.iter().find(|(from, _)| from == name) {
            Some((_, to)) => to,
            None if name.starts_with("mf-plugin-") => {
                &["monkeyfarm-plugin-api", "monkeyfarm-vcs-kit", "monkeyfarm-bug-kit"]
            }
            None => panic!("{name} has no place in the plan"),
        };
        let ours = dependencies(manifest).into_iter().filter(|d| manifests.contains_key(d));
        for dependency in ours {
            assert!(allowed.contains(&dependency.as_str()), "{name} depends on {dependency}");
        }
    }
}

/// What each crate must never contain, as the architecture promises.
#[test]
fn crates_stay_without_what_is_not_theirs() {
    for (name, never) in [
        ("monkeyfarm-plugin-api", &["tokio", "libloading"][..]),
        ("mf-core", &["tokio", "axum", "reqwest", "rusqlite", "libloading", "abi_stable"]),
        ("mf-hub", &["libloading", "abi_stable", "reqwest"]),
        ("mf-client", &["axum", "rusqlite", "libloading", "abi_stable"]),
        ("mf-daemons", &["axum", "rusqlite", "comfy-table"]),
    ] {
        let dependencies = dependencies(&manifests()[name]);
        for crate_ in never {
            assert!(!dependencies.iter().any(|d| d == crate_), "{name} depends on {crate_}");
        }
    }
}

#[test]
fn only_one_module_names_abi_stable_and_only_one_loads() {
    for (path, text) in sources() {
        let shown = path.strip_prefix(source_tree()).unwrap().display().to_string();
        if text.contains("libloading::") {
            assert_eq!(shown, "mf-daemons/src/host/load.rs");
        }
        if text.contains("rusqlite::") {
            let may = ["mf-hub/", "tests/src/bench/", "tests/src/campaign/attempts.rs"];
            let may = may.iter().any(|may| shown.starts_with(may));
            assert!(may, "{shown} speaks SQL");
        }
        if text.contains("Timestamp::now") || text.contains("SystemTime::now") {
            assert_eq!(shown, "mf-core/src/time.rs", "only one module asks what time it is");
        }
    }
}

#[test]
fn files_stay_readable() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(path, text)| (text.lines().count(), path))
        .filter(|(lines, _)| *lines > LONGEST)
        .collect();
    assert!(long.is_empty(), "longer than {LONGEST} lines: {long:?}");
}

#[test]
fn every_crate_says_what_it_is_and_why_it_depends() {
    for dir in members() {
        let readme = fs::read_to_string(dir.join("README.md")).unwrap();
        for dependency in dependencies(&manifest(&dir)) {
            assert!(
                readme.contains(&dependency),
                "{}/README.md does not say why it has {dependency}",
                dir.display()
            );
        }
    }
}

#[test]
fn the_tree_has_the_rooms_of_the_plan() {
    let entries = fs::read_dir(source_tree()).unwrap().map(|entry| entry.unwrap());
    let mut rooms: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name != "target" && !name.starts_with('.'))
        .collect();
    rooms.sort();
    assert_eq!(rooms, ROOMS);
}

/// Every Rust file of the tree, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut dirs = vec![source_tree().to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                dirs.push(path);
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    // This file names what it looks for, and what is frozen is as it was.
    let frozen = source_tree().join("tests/frozen");
    found.retain(|(path, _)| !path.ends_with("tests/tests/tidy.rs") && !path.starts_with(&frozen));
    assert!(found.len() > 50, "the source tree is somewhere else");
    found
}
