//! A directory of plugins with everything in it that one can meet.

use std::fs;
use std::path::Path;
use std::process::Command;

use mf_core::wire::HandlerKind;
use mf_daemons::plugin::{Catalog, HostProgram, Rejected, Sources};
use monkeyfarm_plugin_api::export::API_VERSION;

use crate::bench::{HOST, example};

fn catalog(dir: &Path) -> Catalog {
    let sources = Sources::new(&[dir.to_path_buf()]).unwrap();
    Catalog::new(HostProgram::at(HOST), sources)
}

/// Why `name` in `dir` is not used.
fn reason<'a>(catalog: &'a Catalog, dir: &Path, name: &str) -> &'a str {
    let path = dir.join(name);
    let found = catalog.rejected().iter().find(|rejected| rejected.path == path);
    &found.unwrap_or_else(|| panic!("{name} is used")).reason
}

/// A copy of a plugin that says something else about itself.
fn forge(name: &str, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = fs::read(example(name)).unwrap();
    let mut forged = 0;
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from.as_bytes()) {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
            forged += 1;
        }
    }
    assert!(forged > 0);
    bytes
}

#[test]
fn each_bad_file_has_its_sentence_and_the_good_ones_work() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path();
    let write = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).unwrap();
    fs::copy(example("crash"), dir.join("libmf_plugin_crash.so")).unwrap();
    fs::copy(example("hostile"), dir.join("oddly-named")).unwrap();
    let whole = fs::read(example("hostile")).unwrap();
    for percent in [1, 10, 50, 90, 99] {
        write(&format!("cut-{percent}.so"), &whole[..whole.len() * percent / 100]);
    }
    write("README", b"plugins go here\n");
    let api = format!(r#""api":"{API_VERSION}""#);
    write("old.so", &forge("crash", &api, r#""api":"9.0""#));
    write("broken.so", &forge("crash", "{\"id\":", "{\"id\";"));
    let mut foreign = whole.clone();
    foreign[18] = 183; // e_machine: aarch64
    write("arm.so", &foreign);
    fs::copy(example("abort"), dir.join("abort.so")).unwrap();
    assert!(Command::new("mkfifo").arg(dir.join("x.so")).status().unwrap().success());
    let libc = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/lib/libc.so.6"];
    let libc = libc.iter().find(|path| Path::new(path).exists());

    let mut catalog = catalog(dir);
    if let Some(libc) = libc {
        fs::copy(libc, dir.join("libc.so")).unwrap();
    }
    assert!(catalog.scan(&[]));
    let ids: Vec<_> = catalog.plugins().iter().map(|plugin| plugin.meta.id.as_str()).collect();
    assert_eq!(ids, ["crash", "hostile"]);
    let crash = catalog.handler(HandlerKind::BuildHandler, "crash").unwrap();
    assert_eq!(crash.path, dir.join("libmf_plugin_crash.so"));
    assert!(catalog.handler(HandlerKind::VcsHandler, "nowhere").is_some());
    assert!(catalog.handler(HandlerKind::VcsHandler, "crash").is_none());

    let why = |name: &str| reason(&catalog, dir, name);
    for percent in [1, 10, 50, 90, 99] {
        let why = why(&format!("cut-{percent}.so"));
        assert!(why.starts_with("is cut short: it has "), "{percent}: {why}");
    }
    assert!(why("README").starts_with("is not a shared library"));
    assert!(why("old.so").starts_with("was built for plugin API 9.0, and this host speaks 1."));
    assert!(why("broken.so").starts_with("has metadata that cannot be read: "));
    assert!(why("arm.so").starts_with("was built for another machine (ELF number 183)"));
    assert_eq!(why("abort.so"), "cannot be loaded: its process was ended by signal 6 (SIGABRT)");
    assert_eq!(why("x.so"), "is not a regular file but a FIFO");
    if libc.is_some() {
        assert_eq!(
            why("libc.so"),
            "is a shared library, but not a MonkeyFarm plugin: it does not export \
             monkeyfarm_plugin_meta"
        );
    }
    assert!(!catalog.scan(&[]), "nothing has changed");
}

#[test]
fn what_changes_is_seen_by_the_next_scan() {
    let temporary = tempfile::tempdir().unwrap();
    let (dir, path) = (temporary.path(), temporary.path().join("libmf_plugin_crash.so"));
    let mut catalog = catalog(dir);
    assert!(!catalog.scan(&[]));
    fs::write(&path, "coming soon").unwrap();
    assert!(catalog.scan(&[]));
    assert_eq!(catalog.rejected().len(), 1);
    fs::remove_file(&path).unwrap();
    fs::copy(example("crash"), &path).unwrap();
    assert!(catalog.scan(&[]));
    assert_eq!(catalog.rejected(), []);
    assert_eq!(catalog.offers().len(), 1);

    // Another version of it comes beside it: what the hub knows stays.
    fs::write(dir.join("new.so"), forge("crash", r#""panic":"unwind""#, r#""panic":"abort!""#))
        .unwrap();
    let known = catalog.offers();
    assert!(catalog.scan(&known));
    assert_eq!(catalog.plugins()[0].path, path);
    assert!(reason(&catalog, dir, "new.so").contains("whose hash the hub has registered"));

    fs::remove_file(&path).unwrap();
    assert!(catalog.scan(&known));
    assert_eq!(catalog.plugins()[0].path, dir.join("new.so"));
    assert!(!catalog.plugins()[0].meta.unwinds);

    fs::remove_dir_all(dir).unwrap();
    assert!(catalog.scan(&known));
    assert!(catalog.plugins().is_empty());
    let Rejected { path, reason, .. } = &catalog.rejected()[0];
    assert_eq!(path, dir);
    assert!(reason.starts_with("cannot be listed for plugins: No such file"));
}

#[test]
fn a_files_name_does_not_steer_the_terminal() {
    let temporary = tempfile::tempdir().unwrap();
    fs::write(temporary.path().join("\u{1b}[31mred\n.so"), "").unwrap();
    let mut catalog = catalog(temporary.path());
    catalog.scan(&[]);
    let shown = catalog.rejected()[0].to_string();
    assert!(shown.ends_with(r"/\u{1b}[31mred\n.so: is empty"), "{shown}");
}

#[test]
fn people_are_told_the_same() {
    let run = |arguments: &[&str]| {
        let output = Command::new(HOST).args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let good = example("crash");
    let (code, out, err) = run(&["check", good.to_str().unwrap()]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("crash "), "{out}");
    assert!(out.ends_with("  build crash  Dies by SIGSEGV in every build.\n"), "{out}");
    let (code, out, err) = run(&["check", "/etc/passwd", good.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(err.starts_with("mf-plugin-host: /etc/passwd: is not a shared library"), "{err}");
    assert!(out.starts_with("crash "), "{out}");
    let (code, out, err) = run(&["check", "--json", "/etc/passwd", good.to_str().unwrap()]);
    assert_eq!((code, err.as_str()), (Some(1), ""));
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["data"]["plugins"][0]["handlers"][0]["label"], "crash");
    assert_eq!(told["data"]["rejected"][0]["path"], "/etc/passwd");
    let (code, _, err) = run(&["list", "--plugins-dir", "/nowhere"]);
    assert_eq!(code, Some(1));
    assert!(err.starts_with("mf-plugin-host: /nowhere: cannot be listed for plugins"), "{err}");
    let (code, _, err) = run(&["__zygote"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("not for people"), "{err}");
}

#[test]
fn what_a_configuration_may_hold_is_told_with_each_handler() {
    let temporary = tempfile::tempdir().unwrap();
    for name in ["hostile", "crash"] {
        fs::copy(example(name), temporary.path().join(name)).unwrap();
    }
    let mut catalog = catalog(temporary.path());
    catalog.scan(&[]);
    let offers = catalog.offers();
    let schemas = |label: &str| &offers.iter().find(|offer| offer.label == label).unwrap().schemas;
    let ways = serde_json::json!({ "local": { "properties": { "ways": { "type": "integer" } } } });
    assert_eq!(*schemas("tell"), ways);
    assert_eq!(*schemas("crash"), serde_json::json!({}));

    // The same bytes under another name are not loaded again, and say the same.
    fs::rename(temporary.path().join("hostile"), temporary.path().join("renamed")).unwrap();
    assert!(catalog.scan(&[]));
    assert_eq!(catalog.offers(), offers);
}
