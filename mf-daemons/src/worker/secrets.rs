//! What plugins need to know on this host and nobody else may: the files
//! `plugins.d/<plugin>.toml`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mf_core::config::ConfigError;
use serde::Deserialize;

use super::mask::Secrets;

/// One file of `plugins.d`.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PluginFile {
    secrets: BTreeMap<String, String>,
}

impl PluginFile {
    /// Reads it. An error shows no line of the file, as others do: that could
    /// be a secret.
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let fail = |why: String| ConfigError { path: path.display().to_string(), why };
        let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
        toml::from_str(&text).map_err(|e| {
            let before = e.span().map_or("", |span| &text[..span.start]);
            fail(format!("line {}: {}", before.lines().count().max(1), e.message()))
        })
    }
}

/// The secrets of all plugins on this host. They cannot be printed.
#[derive(Default)]
pub struct PluginSecrets(BTreeMap<String, BTreeMap<String, String>>);

impl PluginSecrets {
    /// Reads `dir`; one that is not there holds none.
    ///
    /// # Errors
    /// A file in it is not as it should be.
    pub fn read(dir: &Path) -> Result<Self, ConfigError> {
        let mut all = BTreeMap::new();
        let Ok(entries) = std::fs::read_dir(dir) else { return Ok(Self::default()) };
        for entry in entries.flatten() {
            let path = entry.path();
            let Some(plugin) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let Some(plugin) = plugin.strip_suffix(".toml") else { continue };
            let file = PluginFile::read(&path)?;
            let mode = entry.metadata().map_or(0, |metadata| metadata.permissions().mode());
            if !file.secrets.is_empty() && mode & 0o007 != 0 {
                tracing::warn!(
                    "{} holds secrets and anyone on this host can read it; take that away: chmod o= {0}",
                    path.display()
                );
            }
            all.insert(plugin.to_owned(), file.secrets);
        }
        Ok(Self(all))
    }

    /// The secrets of one plugin, by name.
    pub fn of(&self, plugin: &str) -> BTreeMap<String, String> {
        self.0.get(plugin).cloned().unwrap_or_default()
    }

    /// What must appear in no log: all of them, and `key`, the worker's own.
    pub fn to_mask(&self, key: &str) -> Secrets {
        let all = self.0.values().flat_map(BTreeMap::values).map(String::as_str);
        Secrets::new(all.chain([key]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_plugin_has_its_own_secrets_and_a_wrong_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("git.toml", "[secrets]\ntoken = 'sw0rdfish'\n");
        write("readme.txt", "no toml");
        let secrets = PluginSecrets::read(dir.path()).unwrap();
        assert_eq!(secrets.of("git")["token"], "sw0rdfish");
        assert!(secrets.of("generic").is_empty());
        write("generic.toml", "[secrets]\ntoken = sw0rdfish\n");
        let told = PluginSecrets::read(dir.path()).err().unwrap().to_string();
        assert!(told.contains("generic.toml") && !told.contains("sw0rd"), "{told}");
        write("generic.toml", "[secret]\n");
        let told = PluginSecrets::read(dir.path()).err().unwrap().to_string();
        assert!(told.contains("generic.toml") && told.contains("secret"), "{told}");
        let none = PluginSecrets::read(&dir.path().join("missing")).unwrap();
        assert!(none.of("git").is_empty());
    }
}
