//! A host becomes a system: with a one-time token it gets a key of its own.
//!
//! The key is made here and never leaves this host but to say who it is: the
//! hub hears its SHA-256. It is on the disk before the token is spent, so that
//! whatever is interrupted is taken up again at the next start.

use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use mf_client::{Backoff, Hub, Key, Trust};
use mf_core::config::WorkerConfig;
use mf_core::wire::{Enrol, Enrolled};
use sha2::{Digest, Sha256};

use crate::program::Misconfigured;

/// The key of this host: the one that it has, or the one that it enrols with.
///
/// # Errors
/// There is neither a key nor a token, or the hub does not take the token.
pub async fn key(config: &WorkerConfig) -> anyhow::Result<Key> {
    let file = &config.key_file;
    let token_file = config.token_file.as_os_str();
    let has_key = file.try_exists().unwrap_or(true);
    if has_key || token_file.is_empty() {
        return Key::read(file).map_err(|e| Misconfigured(e.to_string()).into());
    }
    let token =
        Key::read(&config.token_file).map_err(|e| Misconfigured(format!("token file: {e}")))?;
    let (key, waiting) = ours(file)?;
    let label = spend(config, &token, &key).await?;
    std::fs::rename(&waiting, file).map_err(|e| failed(file, &e))?;
    sync_dir(file).map_err(|e| failed(file, &e))?;
    tracing::info!("this host is enrolled as system {label}; its key is in {}", file.display());
    Ok(key)
}

/// The key that this host is about to enrol with, on the disk, and where it is
/// until then: that of an earlier try, or a new one.
fn ours(file: &Path) -> anyhow::Result<(Key, PathBuf)> {
    let mut waiting = file.as_os_str().to_owned();
    waiting.push(".enrolling");
    let waiting = PathBuf::from(waiting);
    if let Ok(text) = std::fs::read_to_string(&waiting)
        && parts(text.trim()).is_some()
        && let Ok(key) = text.trim().parse()
    {
        return Ok((key, waiting));
    }
    let text =
        format!("mf_{}_{}", hex(&rand::random::<[u8; 8]>()), hex(&rand::random::<[u8; 32]>()));
    write(&waiting, &text).map_err(|e| failed(&waiting, &e))?;
    let key = text.parse().map_err(|e: mf_client::KeyError| Misconfigured(e.to_string()))?;
    Ok((key, waiting))
}

/// Tells the hub, however long it takes to be there; the system's label.
async fn spend(config: &WorkerConfig, token: &Key, key: &Key) -> anyhow::Result<String> {
    let trust = Trust { ca_file: config.ca_file.clone(), plain_http: config.plain_http };
    let hub = Hub::trusting(&config.url, None, &trust).map_err(|e| Misconfigured(e.to_string()))?;
    let said = Enrol {
        token: token.expose().to_owned(),
        key_id: parts(key.expose()).unwrap_or_default().to_owned(),
        key_sha256: hex(&Sha256::digest(key.expose().as_bytes())),
    };
    let mut backoff = Backoff::default();
    let mut told = false;
    loop {
        let answer: Result<Enrolled, _> =
            hub.post("/system/enrol.json", &said, None, "system").await;
        let error = match answer {
            Ok(enrolled) => return Ok(enrolled.label),
            Err(error) => error,
        };
        // 429 and what is the hub's own trouble may be over soon.
        if error.status().is_some_and(|status| (400..500).contains(&status) && status != 429) {
            let file = config.token_file.display();
            return Err(Misconfigured(format!("token file {file}: {error}")).into());
        }
        if !std::mem::replace(&mut told, true) {
            tracing::warn!("{error}; trying to enrol until the hub answers");
        }
        backoff.wait().await;
    }
}

/// The public id of a key of the form that we make.
fn parts(key: &str) -> Option<&str> {
    let (id, secret) = key.strip_prefix("mf_")?.split_once('_')?;
    (id.len() == 16 && secret.len() == 64).then_some(id)
}

/// Whole and on the disk, readable by us alone.
fn write(file: &Path, text: &str) -> io::Result<()> {
    // A torn one of an earlier try may be there, with whatever rights.
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    writeln!(new, "{text}")?;
    new.sync_all()?;
    sync_dir(file)
}

fn sync_dir(file: &Path) -> io::Result<()> {
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(dir)?.sync_all()
}

fn failed(file: &Path, error: &io::Error) -> Misconfigured {
    Misconfigured(format!("key file {}: {error}", file.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_interrupted_enrolment_goes_on_with_the_same_key() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("worker.key");
        let (key, waiting) = ours(&file).unwrap();
        assert_eq!(std::fs::metadata(&waiting).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(parts(key.expose()).is_some());
        assert_eq!(ours(&file).unwrap().0, key);
        // Cut off while it was written: nobody has heard of that one.
        std::fs::write(&waiting, "mf_0123").unwrap();
        let (other, _) = ours(&file).unwrap();
        assert_ne!(other, key);
        assert_eq!(std::fs::metadata(&waiting).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!file.exists());
    }
}
