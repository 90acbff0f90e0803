//! An ssh that asks nobody.

use std::path::{Path, PathBuf};

use monkeyfarm_plugin_api::Failure;
use monkeyfarm_plugin_api::schemars::JsonSchema;
use serde::Deserialize;

use crate::home::Home;
use crate::url::Url;

/// The table `[ssh]` of `plugins.d/<plugin>.toml`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub struct Ssh {
    /// The key, instead of those of the worker's user.
    #[schemars(with = "Option<String>")]
    pub identity_file: Option<PathBuf>,
    /// The keys of hosts, instead of those that the worker's user knows.
    #[schemars(with = "Option<String>")]
    pub known_hosts: Option<PathBuf>,
    /// The port, where a URL has none.
    pub port: Option<u16>,
}

/// What holds for every connection: nobody is asked, and the end of the other
/// side is noticed.
const ALWAYS: &[&str] = &[
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "ConnectTimeout=30",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=4",
    "ForwardAgent=no",
    // Breezy would believe whoever listens on this host.
    "NoHostAuthenticationForLocalhost=no",
    "PermitLocalCommand=no",
    "ControlPath=none",
];

impl Ssh {
    /// Writes a program into `home` that runs ssh for `url` as this says. It
    /// has no word in it that comes from elsewhere; `file` is for sentences.
    ///
    /// # Errors
    /// A file that it names is not there, or it cannot be written.
    pub fn write(&self, home: &Home, url: &Url, file: &str) -> Result<PathBuf, Failure> {
        let mut options: Vec<String> = ALWAYS.iter().map(|&option| option.into()).collect();
        if let Some(key) = &self.identity_file {
            options.push("IdentitiesOnly=yes".into());
            options.push(named("IdentityFile", "identity_file", key, file)?);
        }
        if let Some(hosts) = &self.known_hosts {
            options.push("GlobalKnownHostsFile=/dev/null".into());
            options.push(named("UserKnownHostsFile", "known_hosts", hosts, file)?);
        }
        if let (Some(port), (_, None)) = (self.port, url.host_and_port()) {
            options.push(format!("Port={port}"));
        }
        let options: Vec<_> = options.iter().map(|option| quoted(&format!("-o{option}"))).collect();
        home.write_program("ssh", &format!("#!/bin/sh\nexec ssh {} \"$@\"\n", options.join(" ")))
    }
}

/// An option whose value is a file. Ssh reads it like a line of its
/// configuration, where a blank ends a word and a percent sign begins one.
fn named(option: &str, key: &str, path: &Path, file: &str) -> Result<String, Failure> {
    let refuse = |why: &str| {
        let shown = path.display().to_string();
        Failure::new(format!("{file} of this host, `ssh.{key}`: {} {why}", shown.escape_debug()))
    };
    let text = path.to_str().ok_or_else(|| refuse("is not UTF-8"))?;
    if !path.is_absolute() || text.contains(|c: char| c == '"' || c.is_control()) {
        return Err(refuse("is not an absolute path that ssh could be given"));
    }
    if !path.is_file() {
        return Err(refuse("is no file of this host"));
    }
    Ok(format!("{option}=\"{}\"", text.replace('%', "%%")))
}

/// One word for the shell, whatever is in it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cache::Cache;
    use crate::scheme::Scheme;

    #[test]
    fn a_path_stays_one_word_and_a_missing_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("it's $(touch made) 100%");
        std::fs::write(&key, "").unwrap();
        let home = Home::new(&Cache::open(dir.path(), 0).unwrap()).unwrap();
        let url = Url::parse("git@host:x", &[Scheme::SSH]).unwrap();
        let ssh = Ssh { identity_file: Some(key.clone()), port: Some(2222), known_hosts: None };
        let program = ssh.write(&home, &url, "git.toml").unwrap();
        let text = std::fs::read_to_string(program).unwrap();
        let word =
            format!("'-oIdentityFile=\"{}/it'\\''s $(touch made) 100%%\"'", dir.path().display());
        assert!(text.contains(&word) && text.contains("'-oPort=2222'"), "{text}");

        let missing = Ssh { known_hosts: Some(dir.path().join("none")), ..Ssh::default() };
        let sentence = missing.write(&home, &url, "git.toml").unwrap_err().sentence;
        assert!(sentence.starts_with("git.toml of this host, `ssh.known_hosts`: "), "{sentence}");
        let relative = Ssh { identity_file: Some("key".into()), ..Ssh::default() };
        assert!(relative.write(&home, &url, "f").unwrap_err().sentence.contains("absolute"));
    }
}
