//! Flags that every daemon has which uses plugins.

use std::path::{Path, PathBuf};

use mf_core::config::PluginPolicy;

use super::{local, policy};

/// Where plugins are, which are used, and what they are told.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct PluginFlags {
    /// Where plugins are; may be given more than once
    #[arg(long = "plugins-dir", value_name = "DIR")]
    dirs: Vec<PathBuf>,
    /// Which plugins are used: off (all that pass the checks), digest (those
    /// that plugins.lock names only with the hash that it says), require
    /// (those that plugins.lock names)
    #[arg(long = "plugin-policy", value_name = "POLICY", value_parser = policy::parse)]
    policy: Option<PluginPolicy>,
    /// The lock file [default: plugins.lock beside the configuration file]
    #[arg(long = "plugins-lock", value_name = "FILE")]
    lock: Option<PathBuf>,
    /// A plugin without which this does not start; may be given more than once
    #[arg(long = "require-plugin", value_name = "ID")]
    required: Vec<String>,
    /// Directory with the configuration of plugins, a <plugin>.toml for each
    /// [default: plugins.d beside the configuration file]
    #[arg(long = "plugins-d", value_name = "DIR")]
    configs: Option<PathBuf>,
    /// Scheme that source may come from, beyond https, http, git and ssh, such
    /// as file; may be given more than once
    #[arg(long = "allow-scheme", value_name = "SCHEME")]
    schemes: Vec<String>,
}

impl PluginFlags {
    /// The directories: those that the flags name, else the file's.
    pub fn dirs(&self, file: Vec<PathBuf>) -> Vec<PathBuf> {
        if self.dirs.is_empty() { file } else { self.dirs.clone() }
    }

    /// The policy: the flags', else the file's.
    pub fn policy(&self, file: PluginPolicy) -> PluginPolicy {
        self.policy.unwrap_or(file)
    }

    /// The lock file of a daemon that is configured in `config`.
    pub fn lock(&self, file: PathBuf, config: &Path) -> PathBuf {
        policy::lock_file(self.lock.clone(), file, config)
    }

    /// What the file requires, and the flags too.
    pub fn required(&self, file: Vec<String>) -> Vec<String> {
        [file, self.required.clone()].concat()
    }

    /// What the file allows, and the flags too.
    pub fn schemes(&self, file: Vec<String>) -> Vec<String> {
        [file, self.schemes.clone()].concat()
    }

    /// Where the configuration of plugins is, for a daemon that is configured
    /// in `config`.
    pub fn configs(&self, config: &Path) -> PathBuf {
        self.configs.clone().unwrap_or_else(|| config.with_file_name(local::DIRECTORY))
    }
}
