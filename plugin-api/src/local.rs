//! A host's configuration for a plugin: `plugins.d/<plugin>.toml` without its
//! secrets.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Failure;

/// The configuration of one plugin on one host; empty if there is no file.
///
/// ```
/// use monkeyfarm_plugin_api::LocalConfig;
/// use serde::Deserialize;
///
/// #[derive(Debug, Default, Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct Config {
///     jobs: u32,
/// }
///
/// let local = LocalConfig::new("plugins.d/make.toml", serde_json::json!({ "jobs": 4 }));
/// assert_eq!(local.read::<Config>().unwrap().jobs, 4);
///
/// let local = LocalConfig::new("plugins.d/make.toml", serde_json::json!({ "jobs": "many" }));
/// assert_eq!(
///     local.read::<Config>().unwrap_err().sentence,
///     "plugins.d/make.toml of this host, `jobs`: invalid type: string \"many\", expected u32"
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LocalConfig {
    /// Where it was read, for sentences; nothing when there is no such file.
    pub file: String,
    /// The file's table, but for `[secrets]`.
    pub table: Map<String, Value>,
}

impl LocalConfig {
    /// What `file` holds; a `table` that is none is an empty one.
    pub fn new(file: impl Into<String>, table: Value) -> Self {
        let table = match table {
            Value::Object(table) => table,
            _ => Map::new(),
        };
        Self { file: file.into(), table }
    }

    /// Reads it as `T`, whose fields best have defaults and which best has
    /// `deny_unknown_fields`, so that a key that is written wrong is told.
    ///
    /// # Errors
    /// A sentence that names the file, the key and what is wrong with it.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_path_to_error::deserialize(Value::Object(self.table.clone())).map_err(|error| {
            let key = error.path().to_string();
            let why = error.into_inner();
            // The path of what concerns the whole table is a dot.
            let key = if key == "." { String::new() } else { format!(", `{key}`") };
            let file = if self.file.is_empty() { "the configuration" } else { &self.file };
            Failure::new(format!("{file} of this host{key}: {why}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Config {
        ssh: Ssh,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Ssh {
        port: u16,
    }

    #[test]
    fn a_wrong_key_is_named_with_its_table() {
        let read = |table| LocalConfig::new("/etc/git.toml", table).read::<Config>();
        assert_eq!(read(json!({ "ssh": { "port": 22 } })).unwrap().ssh.port, 22);
        assert_eq!(
            read(json!({ "ssh": { "port": 70000 } })).unwrap_err().sentence,
            "/etc/git.toml of this host, `ssh.port`: invalid value: integer `70000`, expected u16"
        );
        let unknown = read(json!({ "shh": {} })).unwrap_err().sentence;
        assert!(unknown.starts_with("/etc/git.toml of this host"), "{unknown}");
        assert!(unknown.contains("unknown field `shh`, expected `ssh`"), "{unknown}");
        assert_eq!(LocalConfig::default().read::<Config>().unwrap().ssh.port, 0);
    }
}
