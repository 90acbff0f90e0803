//! The regulator's flags and configuration file.

use std::path::{Path, PathBuf};

use mf_core::config::{self, RegulatorConfig};

use crate::plugin::PluginFlags;
use crate::program::Misconfigured;

/// Where the configuration is unless a flag says otherwise.
const CONFIG: &str = "/etc/monkeyfarm/regulatord.toml";

/// The regulator: cycles through its hooks for ever.
#[derive(Clone, Debug, Default, clap::Parser)]
#[command(
    name = "mf-regulatord",
    version,
    after_help = "Example: mf-regulatord --url http://127.0.0.1:8765 \
                  --key-file /var/lib/monkeyfarm/keys/regulator"
)]
pub struct Flags {
    /// Configuration file [default: /etc/monkeyfarm/regulatord.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the hub is
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// File that holds the regulator's key
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Believe only certificates of the authorities in this PEM file
    #[arg(long, value_name = "FILE", env = "MF_CA_FILE")]
    ca_file: Option<PathBuf>,
    /// Send the key over plain http to another host
    #[arg(long)]
    plain_http: bool,
    #[command(flatten)]
    plugins: PluginFlags,
    /// Where hooks work, and what plugins keep from call to call
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The hub's data directory, where it is on this host: files are linked
    /// and not fetched
    #[arg(long, value_name = "DIR")]
    hub_data_dir: Option<PathBuf>,
    /// How long a hook rests after it ran, in seconds
    #[arg(long, value_name = "N")]
    cycle_seconds: Option<u64>,
    /// How many hooks run at the same time
    #[arg(long, value_name = "N")]
    at_once: Option<usize>,
    /// How long one hook may run, in seconds
    #[arg(long, value_name = "N")]
    hook_seconds: Option<u64>,
    /// Runs one hook as the child of a regulator.
    #[arg(long, value_name = "NAME", hide = true)]
    pub hook: Option<String>,
}

impl Flags {
    /// The configuration: what the file says, but for what the flags say.
    ///
    /// # Errors
    /// The file cannot be used, or a value makes no sense.
    pub fn config(self) -> anyhow::Result<RegulatorConfig> {
        let configured = self.config.as_deref().unwrap_or(Path::new(CONFIG));
        let file: RegulatorConfig = config::load(self.config.as_deref(), Path::new(CONFIG))?;
        let config = RegulatorConfig {
            data_dir: std::path::absolute(self.data_dir.unwrap_or(file.data_dir))?,
            hub_data_dir: self.hub_data_dir.or(file.hub_data_dir),
            allow_schemes: self.plugins.schemes(file.allow_schemes),
            url: self.url.unwrap_or(file.url),
            key_file: self.key_file.unwrap_or(file.key_file),
            ca_file: self.ca_file.or(file.ca_file),
            plain_http: self.plain_http || file.plain_http,
            plugins_dirs: self.plugins.dirs(file.plugins_dirs),
            plugin_policy: self.plugins.policy(file.plugin_policy),
            plugins_lock: self.plugins.lock(file.plugins_lock, configured),
            required_plugins: self.plugins.required(file.required_plugins),
            cycle_seconds: self.cycle_seconds.unwrap_or(file.cycle_seconds),
            at_once: self.at_once.unwrap_or(file.at_once),
            hook_seconds: self.hook_seconds.unwrap_or(file.hook_seconds),
        };
        let least = [
            ("cycle_seconds", config.cycle_seconds),
            ("at_once", config.at_once as u64),
            ("hook_seconds", config.hook_seconds),
        ];
        for (name, value) in least {
            if value == 0 {
                let told = format!("{name} is 0; the least that makes sense is 1");
                return Err(Misconfigured(told).into());
            }
        }
        Ok(config)
    }

    /// Where the configuration of plugins on this host is: `plugins.d` beside
    /// the regulator's own, unless a flag says otherwise.
    pub fn plugins_d(&self) -> PathBuf {
        let config = self.config.as_deref().unwrap_or(Path::new(CONFIG));
        self.plugins.configs(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn flags_win_over_the_file_and_nonsense_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("regulatord.toml");
        std::fs::write(&file, "cycle_seconds = 3\nat_once = 2\n").unwrap();
        let file = file.to_str().unwrap();
        let flags = |more: &[&str]| {
            Flags::parse_from(["mf-regulatord", "--config", file].iter().chain(more))
        };
        let config = flags(&["--at-once", "7", "--plugins-dir", "/a", "--plugins-dir", "/b"]);
        let config = config.config().unwrap();
        assert_eq!((config.cycle_seconds, config.at_once), (3, 7));
        assert_eq!(config.plugins_dirs, [Path::new("/a"), Path::new("/b")]);
        let told = flags(&["--cycle-seconds", "0"]).config().unwrap_err().to_string();
        assert_eq!(told, "cycle_seconds is 0; the least that makes sense is 1");
        std::fs::write(file, "cycle = 3\n").unwrap();
        let told = flags(&[]).config().unwrap_err().to_string();
        assert!(told.contains(file) && told.contains("cycle"), "{told}");
    }
}
