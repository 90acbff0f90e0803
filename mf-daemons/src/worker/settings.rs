//! The worker's flags and configuration file.

use std::path::{Path, PathBuf};

use mf_core::config::{self, WorkerConfig};

use crate::plugin::PluginFlags;
use crate::program::Misconfigured;

/// Where the configuration is unless a flag says otherwise.
const CONFIG: &str = "/etc/monkeyfarm/workerd.toml";

/// The worker: claims tasks from the hub and builds them on this host.
#[derive(Clone, Debug, Default, clap::Parser)]
#[command(
    name = "mf-workerd",
    version,
    after_help = "Example: mf-workerd --url https://hub.example.org:8765 \
                  --key-file /etc/monkeyfarm/worker.key --data-dir /var/lib/monkeyfarm/worker"
)]
pub struct Flags {
    /// Configuration file [default: /etc/monkeyfarm/workerd.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the hub is
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// File that holds the system's key
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// File with a one-time token: while there is no key yet, this host enrols
    /// with it and writes the key [also: --token-file]
    #[arg(long, value_name = "TOKEN_FILE", alias = "token-file")]
    enrol: Option<PathBuf>,
    /// Where work directories and caches are
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Believe only certificates of the authorities in this PEM file
    #[arg(long, value_name = "FILE", env = "MF_CA_FILE")]
    ca_file: Option<PathBuf>,
    /// Send the key over plain http to another host
    #[arg(long)]
    plain_http: bool,
    #[command(flatten)]
    plugins: PluginFlags,
    /// Plugin whose build handlers may use the network, beside those that the
    /// configuration names; may be given more than once
    #[arg(long, value_name = "PLUGIN")]
    network: Vec<String>,
    /// File or directory that no plugin is to see; may be given more than once
    #[arg(long, value_name = "PATH")]
    hide: Vec<PathBuf>,
    /// How long running builds may take to finish when the worker is told to
    /// stop, in seconds; then they are handed back
    #[arg(long, value_name = "N")]
    finish_seconds: Option<u64>,
    /// How long one task may take, in seconds
    #[arg(long, value_name = "N")]
    task_seconds: Option<u64>,
    /// How much of the disk one task's directory may take, in megabytes; a
    /// build that takes more is ended; 0: no limit
    #[arg(long, value_name = "N")]
    task_megabytes: Option<u64>,
    /// How much of the disk is to be free, in megabytes: while less is, this
    /// takes no task
    #[arg(long, value_name = "N")]
    free_megabytes: Option<u64>,
    /// How much may wait here for the hub, in megabytes; a build that makes
    /// more is ended
    #[arg(long, value_name = "N")]
    outbox_megabytes: Option<u64>,
}

impl Flags {
    /// The configuration: what the file says, but for what the flags say.
    ///
    /// # Errors
    /// The file cannot be used, or a value makes no sense.
    pub fn config(&self) -> anyhow::Result<WorkerConfig> {
        let flags = self.clone();
        let configured = self.config.as_deref().unwrap_or(Path::new(CONFIG));
        let file: WorkerConfig = config::load(self.config.as_deref(), Path::new(CONFIG))?;
        let config = WorkerConfig {
            url: flags.url.unwrap_or(file.url),
            key_file: flags.key_file.unwrap_or(file.key_file),
            token_file: flags.enrol.unwrap_or(file.token_file),
            ca_file: flags.ca_file.or(file.ca_file),
            plain_http: flags.plain_http || file.plain_http,
            data_dir: std::path::absolute(flags.data_dir.unwrap_or(file.data_dir))?,
            plugins_dirs: flags.plugins.dirs(file.plugins_dirs),
            plugin_policy: flags.plugins.policy(file.plugin_policy),
            plugins_lock: flags.plugins.lock(file.plugins_lock, configured),
            required_plugins: flags.plugins.required(file.required_plugins),
            archs: if file.archs.is_empty() { host_archs() } else { file.archs },
            allow_schemes: flags.plugins.schemes(file.allow_schemes),
            limits: file.limits,
            network: [file.network, flags.network].concat(),
            unconfined: file.unconfined,
            hide: [file.hide, flags.hide].concat(),
            finish_seconds: flags.finish_seconds.unwrap_or(file.finish_seconds),
            task_seconds: flags.task_seconds.unwrap_or(file.task_seconds),
            task_megabytes: flags.task_megabytes.unwrap_or(file.task_megabytes),
            free_megabytes: flags.free_megabytes.or(file.free_megabytes),
            outbox_megabytes: flags.outbox_megabytes.unwrap_or(file.outbox_megabytes),
        };
        if config.task_seconds == 0 {
            let told = "task_seconds is 0; the least that makes sense is 1";
            return Err(Misconfigured(told.into()).into());
        }
        if config.outbox_megabytes == 0 {
            let told = "outbox_megabytes is 0, and no build could say a word; \
                        the least that makes sense is 1";
            return Err(Misconfigured(told.into()).into());
        }
        for arch in &config.archs {
            mf_core::label::check(arch).map_err(|e| Misconfigured(format!("archs: {e}")))?;
        }
        Ok(config)
    }

    /// Where the configuration of plugins on this host is: `plugins.d` beside
    /// the worker's own, unless a flag says otherwise.
    pub fn plugins_d(&self) -> PathBuf {
        let config = self.config.as_deref().unwrap_or(Path::new(CONFIG));
        self.plugins.configs(config)
    }
}

/// What this host can build for: its own arch, those it also runs, and what
/// needs none.
fn host_archs() -> Vec<String> {
    let own: &[&str] = match std::env::consts::ARCH {
        "x86_64" => &["x86_64", "i386"],
        "x86" => &["i386"],
        other => &[other],
    };
    own.iter().chain(&["noarch"]).map(|arch| (*arch).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn flags_win_over_the_file_and_schemes_add_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("workerd.toml");
        std::fs::write(&file, "allow_schemes = ['file']\nfinish_seconds = 3\n").unwrap();
        let arguments = ["w", "--config", file.to_str().unwrap(), "--allow-scheme", "ext"];
        let flags = Flags::parse_from(arguments);
        let config = flags.config().unwrap();
        assert_eq!(config.allow_schemes, ["file", "ext"]);
        assert_eq!(config.finish_seconds, 3);
        assert!(config.archs.contains(&"noarch".into()) && config.archs.len() > 1);
        assert_eq!(flags.plugins_d(), dir.path().join("plugins.d"));
        std::fs::write(&file, "archs = ['a b']\n").unwrap();
        let told = flags.config().unwrap_err().to_string();
        assert!(told.starts_with("archs: label \"a b\""), "{told}");
    }
}
