//! What this host says to its plugins and to nobody else: the files
//! `plugins.d/<plugin>.toml`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mf_core::config::ConfigError;
use monkeyfarm_plugin_api::LocalConfig;
use serde::Deserialize;
use serde_json::Value;

/// Name of the directory, beside the configuration of the daemon that reads it.
pub const DIRECTORY: &str = "plugins.d";

/// What this host says to one plugin. It cannot be printed, for the sake of
/// its secrets.
#[derive(Clone, Default)]
pub struct Local {
    /// The file's table, but for its secrets.
    pub config: LocalConfig,
    /// The table `[secrets]`, by name.
    pub secrets: BTreeMap<String, String>,
}

/// One file of `plugins.d`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    secrets: BTreeMap<String, String>,
    #[serde(flatten)]
    table: toml::Table,
}

impl Local {
    /// Reads one file. An error shows no line of it, as others do: that could
    /// be a secret.
    fn read(path: &Path) -> Result<Self, ConfigError> {
        let file = path.display().to_string();
        let fail = |why: String| ConfigError { path: file.clone(), why };
        let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
        // First alone: a line is known only of what is read straight from the text.
        let wrong = |e: toml::de::Error| {
            let before = e.span().map_or("", |span| &text[..span.start]);
            fail(format!("line {}: {}", before.lines().count().max(1), e.message()))
        };
        text.parse::<toml::Table>().map_err(wrong)?;
        let read: File = toml::from_str(&text).map_err(|_| {
            fail("[secrets] is not a table of names and texts: write name = 'text'".into())
        })?;
        if let Some(name) =
            ["secret", "Secrets"].iter().find(|name| read.table.contains_key(**name))
        {
            return Err(fail(format!("has a table [{name}]; what is secret goes into [secrets]")));
        }
        let table = read.table.into_iter().map(|(key, value)| (key, json(value))).collect();
        Ok(Self { config: LocalConfig { file, table }, secrets: read.secrets })
    }
}

/// A value as it goes to the plugin: a date and a number that JSON has not
/// are texts.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) if number.is_finite() => number.into(),
        toml::Value::Float(number) => number.to_string().into(),
        toml::Value::Boolean(value) => value.into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(values) => values.into_iter().map(json).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, json(value))).collect())
        }
    }
}

/// What this host says to all of its plugins.
#[derive(Default)]
pub struct Locals(BTreeMap<String, Local>);

impl Locals {
    /// Reads `dir`; one that is not there holds none.
    ///
    /// # Errors
    /// It cannot be listed, or a file in it is not as it should be.
    pub fn read(dir: &Path) -> Result<Self, ConfigError> {
        let mut all = BTreeMap::new();
        let fail = |why: String| ConfigError { path: dir.display().to_string(), why };
        let entries = match std::fs::read_dir(dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            entries => entries.map_err(|error| fail(error.to_string()))?,
        };
        for entry in entries {
            let entry = entry.map_err(|error| fail(error.to_string()))?;
            let path = entry.path();
            let Some(plugin) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let Some(plugin) = plugin.strip_suffix(".toml") else { continue };
            let local = Local::read(&path)?;
            let mode = std::fs::metadata(&path).map_or(0, |data| data.permissions().mode());
            if !local.secrets.is_empty() && mode & 0o007 != 0 {
                tracing::warn!(
                    "{} holds secrets and anyone on this host can read it; take that away: chmod o= {0}",
                    path.display()
                );
            }
            all.insert(plugin.to_owned(), local);
        }
        Ok(Self(all))
    }

    /// What it says to one plugin.
    pub fn of(&self, plugin: &str) -> Local {
        self.0.get(plugin).cloned().unwrap_or_default()
    }

    /// All secrets of all plugins: what must appear in no log.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.0.values().flat_map(|local| local.secrets.values()).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_plugin_has_its_own_table_and_secrets() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write(
            "git.toml",
            "since = 2026-01-02\n[secrets]\ntoken = 'sw0rdfish'\n[ssh]\nport = 22\n[[login]]\nhost = 'h'\n",
        );
        write("readme.txt", "no toml");
        let locals = Locals::read(dir.path()).unwrap();
        let git = locals.of("git");
        assert_eq!(git.secrets["token"], "sw0rdfish");
        assert_eq!(
            Value::Object(git.config.table),
            json!({ "since": "2026-01-02", "ssh": { "port": 22 }, "login": [{ "host": "h" }] })
        );
        assert!(git.config.file.ends_with("/git.toml"));
        assert!(locals.of("generic").secrets.is_empty());
        assert_eq!(locals.of("generic").config, LocalConfig::default());
        assert_eq!(locals.secrets().collect::<Vec<_>>(), ["sw0rdfish"]);
        let none = Locals::read(&dir.path().join("missing")).unwrap();
        assert!(none.of("git").secrets.is_empty());
    }

    #[test]
    fn a_wrong_file_is_named_and_nothing_of_it_shown() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("generic.toml");
        for (text, said) in [
            ("[secrets]\ntoken = sw0rdfish\n", "generic.toml: line 2: "),
            ("[secrets]\ntoken = ['sw0rdfish']\n", "[secrets] is not a table of names"),
            ("secrets = 'sw0rdfish'\n", "[secrets] is not a table of names"),
            ("[secret]\ntoken = 'sw0rdfish'\n", "what is secret goes into [secrets]"),
        ] {
            std::fs::write(&file, text).unwrap();
            let told = Locals::read(dir.path()).err().unwrap().to_string();
            assert!(told.contains(said) && !told.contains("sw0rd"), "{told}");
        }
        let told = Locals::read(&file).err().unwrap().to_string();
        assert!(told.contains("generic.toml: Not a directory"), "{told}");
    }
}
