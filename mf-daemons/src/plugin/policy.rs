//! Which of the plugins that pass all checks an administrator lets in:
//! everything, or what `plugins.lock` says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mf_core::config::PluginPolicy;
use serde::{Deserialize, Serialize};

use super::checked::Plugin;

/// Name of the file, beside the configuration of the daemon that reads it.
pub const FILE: &str = "plugins.lock";

/// What the first lines of the file say.
const HEADER: &str = "# The plugins that may be used here, by the SHA-256 of their files.\n\
                      # `mf plugin lock` writes it; `plugin_policy` says what it means.\n";

/// A policy, and where its lock file is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// What the lock file means.
    pub policy: PluginPolicy,
    /// Where it is.
    pub file: PathBuf,
}

/// A lock file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    policy: Policy,
    /// By plugin; or why the file cannot be used.
    entries: Result<BTreeMap<String, Entry>, String>,
}

/// What is said of one plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// For people: the hash decides.
    #[serde(default)]
    version: String,
    sha256: String,
}

impl Policy {
    /// Reads the lock file, if the policy needs it.
    pub fn read(&self) -> Lock {
        let entries = match self.policy {
            PluginPolicy::Off => Ok(BTreeMap::new()),
            PluginPolicy::Digest | PluginPolicy::Require => read(&self.file),
        };
        Lock { policy: self.clone(), entries }
    }
}

fn read(file: &Path) -> Result<BTreeMap<String, Entry>, String> {
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        text => text.map_err(|error| error.to_string())?,
    };
    toml::from_str(&text).map_err(|error| error.message().to_owned())
}

impl Default for Lock {
    fn default() -> Self {
        Policy::default().read()
    }
}

impl Lock {
    /// Whether a plugin of that id and hash may be used.
    ///
    /// # Errors
    /// A sentence that goes on from the path of the plugin's file.
    pub fn check(&self, id: &str, digest: &str) -> Result<(), String> {
        let file = self.policy.file.display();
        let entries = match &self.entries {
            Ok(entries) => entries,
            Err(why) => return Err(format!("is not used, for {file} cannot be read: {why}")),
        };
        match (self.policy.policy, entries.get(id)) {
            (PluginPolicy::Off, _) | (PluginPolicy::Digest, None) => Ok(()),
            (_, Some(entry)) if entry.sha256.eq_ignore_ascii_case(digest) => Ok(()),
            (_, Some(entry)) => Err(format!(
                "has the sha256 {digest}, but {file} allows plugin '{id}' only with {}; \
                 if the new one is meant: mf plugin lock",
                entry.sha256
            )),
            (PluginPolicy::Require, None) => Err(format!(
                "is not used, for plugin '{id}' is not in {file}, and plugin_policy is \
                 \"require\"; if it is meant: mf plugin lock"
            )),
        }
    }
}

/// A policy by its name, as on a command line.
///
/// # Errors
/// There is no such policy.
pub fn parse(name: &str) -> Result<PluginPolicy, String> {
    match name {
        "off" => Ok(PluginPolicy::Off),
        "digest" => Ok(PluginPolicy::Digest),
        "require" => Ok(PluginPolicy::Require),
        _ => Err("a plugin policy is off, digest or require".into()),
    }
}

/// Where the lock file is: as a flag says, or the configuration file, beside
/// which it lies otherwise.
pub fn lock_file(flag: Option<PathBuf>, configured: PathBuf, beside: &Path) -> PathBuf {
    match flag {
        Some(file) => file,
        None if configured.as_os_str().is_empty() => beside.with_file_name(FILE),
        None => configured,
    }
}

/// The text of a lock file that allows these plugins and no others.
///
/// # Errors
/// TOML cannot hold a name.
pub fn write<'a>(plugins: impl IntoIterator<Item = &'a Plugin>) -> Result<String, String> {
    let entry = |plugin: &Plugin| {
        let entry = Entry { version: plugin.meta.version.clone(), sha256: plugin.digest.clone() };
        (plugin.meta.id.clone(), entry)
    };
    let entries: BTreeMap<String, Entry> = plugins.into_iter().map(entry).collect();
    let text = toml::to_string(&entries).map_err(|error| error.to_string())?;
    Ok(format!("{HEADER}\n{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_lets_in_what_it_says() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        std::fs::write(&file, "[git]\nversion = '1'\nsha256 = 'AB'\n").unwrap();
        let check = |policy, id: &str, digest: &str| {
            Policy { policy, file: file.clone() }.read().check(id, digest)
        };
        for (policy, id, digest, said) in [
            (PluginPolicy::Off, "git", "cd", ""),
            (PluginPolicy::Digest, "git", "ab", ""),
            (PluginPolicy::Digest, "git", "cd", "allows plugin 'git' only with AB"),
            (PluginPolicy::Digest, "bzr", "cd", ""),
            (PluginPolicy::Require, "git", "ab", ""),
            (PluginPolicy::Require, "git", "cd", "allows plugin 'git' only with AB"),
            (PluginPolicy::Require, "bzr", "cd", "plugin 'bzr' is not in /"),
        ] {
            let told = check(policy, id, digest).err().unwrap_or_default();
            assert!(
                told.contains(said) && told.is_empty() == said.is_empty(),
                "{policy:?}: {told}"
            );
        }
        std::fs::write(&file, "[git]\n").unwrap();
        let told = check(PluginPolicy::Digest, "bzr", "cd").unwrap_err();
        assert!(told.contains("plugins.lock cannot be read: missing field `sha256`"), "{told}");
        std::fs::remove_file(&file).unwrap();
        assert!(check(PluginPolicy::Require, "git", "ab").is_err());
        assert_eq!(check(PluginPolicy::Digest, "git", "ab"), Ok(()));
    }
}
