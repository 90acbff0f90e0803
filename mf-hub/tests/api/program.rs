//! The program itself: lifeline, signals, exit codes.

use std::net::TcpListener;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Stdio;

use mf_core::lifeline::Lifeline;
use mf_core::wire::{Ready, Start};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

fn program(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mf-hub"));
    command.args(["--listen", "127.0.0.1:0", "--config"]).arg(dir.join("hub.toml"));
    command.arg("--data-dir").arg(dir.join("data")).kill_on_drop(true).stderr(Stdio::piped());
    std::fs::write(dir.join("hub.toml"), "lease_seconds = 30\n").unwrap();
    command
}

/// Starts it with a lifeline and a listening socket, and waits until it is ready.
async fn started(dir: &Path, listener: &TcpListener) -> (Child, Lifeline, Ready) {
    let (ours, theirs) = Lifeline::pair().unwrap();
    let child = program(dir).stdin(theirs).spawn().unwrap();
    ours.send_with(&Start { listener: true }, &[listener.as_fd()]).unwrap();
    let wait = move || (ours.recv::<Ready>().unwrap().expect("it ended"), ours);
    let (ready, ours) = tokio::task::spawn_blocking(wait).await.unwrap();
    (child, ours, ready)
}

#[tokio::test]
async fn it_serves_the_socket_it_was_handed_until_its_parent_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    crate::farm::choose_tls();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    for _ in 0..2 {
        let (mut child, lifeline, ready) = started(dir.path(), &listener).await;
        assert_eq!(ready.url, url, "the port stays the same");
        let version = reqwest::get(format!("{url}/util/version")).await.unwrap();
        assert_eq!(version.status().as_u16(), 200);
        // A watcher does not hold up the end.
        let mut events = reqwest::get(format!("{url}/util/events")).await.unwrap();
        assert!(events.chunk().await.unwrap().is_some());
        drop(lifeline);
        assert_eq!(child.wait().await.unwrap().code(), Some(0));
    }
}

#[tokio::test]
async fn sigterm_ends_it_in_order_and_sigint_is_its_parents() {
    let dir = tempfile::tempdir().unwrap();
    crate::farm::choose_tls();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (mut child, _lifeline, ready) = started(dir.path(), &listener).await;
    let pid = Pid::from_raw(child.id().unwrap() as i32).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let version = reqwest::get(format!("{}/util/version", ready.url)).await.unwrap();
    assert_eq!(version.status().as_u16(), 200);
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
    let journal =
        std::fs::metadata(dir.path().join("data/hub.db-wal")).map_or(0, |file| file.len());
    assert_eq!(journal, 0, "everything is in the database");
}

#[tokio::test]
async fn a_second_hub_says_who_is_first() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (first, _lifeline, _) = started(dir.path(), &listener).await;
    let second = program(dir.path()).stdin(Stdio::null()).output().await.unwrap();
    let told = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(75), "{told}");
    assert!(told.contains(&format!("(pid {})", first.id().unwrap())), "{told}");
}

#[tokio::test]
async fn what_is_configured_wrongly_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut wrong = program(dir.path());
    std::fs::write(dir.path().join("hub.toml"), "lease_minutes = 1\n").unwrap();
    let ended = wrong.stdin(Stdio::null()).output().await.unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(78), "{told}");
    assert!(told.contains("hub.toml") && told.contains("lease_minutes"), "{told}");
    let ended = program(dir.path()).args(["--listen", "nowhere"]).output().await.unwrap();
    assert_eq!(ended.status.code(), Some(2), "clap: a flag twice");
    std::fs::create_dir(dir.path().join("data")).unwrap_or_default();
    let newer = rusqlite::Connection::open(dir.path().join("data/hub.db")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let ended = program(dir.path()).stdin(Stdio::null()).output().await.unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(78), "{told}");
    assert!(told.contains("newer hub"), "{told}");
}

#[tokio::test]
async fn keys_are_for_the_farms_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (_child, _lifeline, _) = started(dir.path(), &listener).await;
    let mode = |path: &str| {
        std::fs::metadata(dir.path().join("data").join(path)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("keys"), 0o700);
    for name in ["keys/admin", "keys/regulator", "keys/worker", "hub.db", "hub.db-wal"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

#[tokio::test]
async fn an_admin_without_keys_gets_one_on_the_hubs_own_host() {
    let dir = tempfile::tempdir().unwrap();
    crate::farm::choose_tls();
    let file = dir.path().join("data/keys/admin");
    let key = || std::fs::read_to_string(&file).unwrap().trim().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (mut child, lifeline, ready) = started(dir.path(), &listener).await;
    let whoami = async |key: &str| {
        let url = format!("{}/util/whoami", ready.url);
        let answer = reqwest::Client::new().get(url).bearer_auth(key).send().await.unwrap();
        answer.text().await.unwrap()
    };
    let first = key();
    let busy = program(dir.path()).arg("--new-admin-key").output().await.unwrap();
    assert_eq!(busy.status.code(), Some(75), "another hub runs");
    assert_eq!(key(), first);
    drop(lifeline);
    child.wait().await.unwrap();

    let made = program(dir.path()).arg("--new-admin-key").output().await.unwrap();
    assert!(made.status.success(), "{made:?}");
    let told = format!("a new key of admin is in {}\n", file.display());
    assert_eq!(String::from_utf8(made.stdout).unwrap(), told);
    let second = key();
    assert_ne!(second, first);
    let (_child, _lifeline, _ready) = started(dir.path(), &listener).await;
    for key in [first, second] {
        assert!(whoami(&key).await.contains("\"admin\""), "both are the admin's");
    }
}
