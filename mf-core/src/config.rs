//! Configuration of the daemons: TOML files whose keys are named like the
//! programs' flags; flags override them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// `hub.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HubConfig {
    /// Where the database and all files are.
    pub data_dir: PathBuf,
    /// Address and port to listen on; port 0 picks a free one.
    pub listen: String,
    /// How people reach the hub, for links; default: as each request came.
    pub public_url: String,
    /// How long an attempt lives without a heartbeat, in seconds.
    pub lease_seconds: u64,
    /// PEM file of the certificate, and of those between it and its
    /// authority; with it the hub speaks https.
    pub certificate: Option<PathBuf>,
    /// PEM file of the certificate's key.
    pub certificate_key: Option<PathBuf>,
    /// Whether plain http may be spoken on an address that other hosts reach.
    pub plain_http: bool,
    /// How long a request may take to arrive, in seconds: its head, its body,
    /// and any pause within a body that is streamed. An answer may stop as
    /// long when its reader does.
    pub request_seconds: u64,
    /// Most connections at a time.
    pub connections: usize,
    /// Most connections at a time from one address, or from one network of
    /// IPv6 (/64). A proxy before the hub is one address.
    pub connections_per_address: usize,
    /// Most event streams and followed logs at a time.
    pub streams: usize,
    /// Whether people may register as users by themselves.
    pub registration: bool,
    /// How long what is no longer in a tag's repository can still be fetched,
    /// in seconds: a client that has read the index before ends with it.
    pub repository_seconds: u64,
    /// How long a scratch build is kept after it was submitted, in seconds.
    pub scratch_seconds: u64,
    /// Addresses and networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            data_dir: "/var/lib/monkeyfarm".into(),
            listen: "127.0.0.1:8765".into(),
            public_url: String::new(),
            lease_seconds: 60,
            certificate: None,
            certificate_key: None,
            plain_http: false,
            // Slow lines are served; who does nothing is gone in half a minute.
            request_seconds: 30,
            // Each is a descriptor and some 20 KiB: 160 MiB at the most.
            connections: 8_192,
            // A worker has a handful, a farm behind one address some hundreds.
            connections_per_address: 1_024,
            // Each holds a connection for good: others must find some left.
            streams: 2_048,
            registration: false,
            // Longer than a package manager takes to download its packages.
            repository_seconds: 600,
            // Two weeks.
            scratch_seconds: 14 * 24 * 60 * 60,
            trusted_proxies: Vec::new(),
        }
    }
}

/// Which plugins a host uses, of those that pass its checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginPolicy {
    /// All of them.
    #[default]
    Off,
    /// Those that `plugins.lock` names only with the hash that it says; others
    /// as they are.
    Digest,
    /// Those that `plugins.lock` names, with the hash that it says.
    Require,
}

/// `regulatord.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegulatorConfig {
    /// Where the hub is.
    pub url: String,
    /// File that holds the regulator's key.
    pub key_file: PathBuf,
    /// PEM file of certificate authorities; with it, only these are believed.
    pub ca_file: Option<PathBuf>,
    /// Whether the key may be sent over plain http to another host.
    pub plain_http: bool,
    /// Where plugins are; none: the default places.
    pub plugins_dirs: Vec<PathBuf>,
    /// Which of them are used.
    pub plugin_policy: PluginPolicy,
    /// The lock file that the policy means; empty: `plugins.lock` beside the
    /// configuration file.
    pub plugins_lock: PathBuf,
    /// Ids of plugins without which the regulator does not start.
    pub required_plugins: Vec<String>,
    /// Where hooks work, and what plugins keep from call to call.
    pub data_dir: PathBuf,
    /// The hub's data directory, where it is on this host and may be read:
    /// files are linked and not fetched.
    pub hub_data_dir: Option<PathBuf>,
    /// Schemes that source may come from, beyond the vcs handlers' own
    /// defaults, such as `file`.
    pub allow_schemes: Vec<String>,
    /// How long a hook rests after it ran, in seconds.
    pub cycle_seconds: u64,
    /// How many hooks run at the same time.
    pub at_once: usize,
    /// How long one hook may run, in seconds; then it is killed.
    pub hook_seconds: u64,
}

impl Default for RegulatorConfig {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:8765".into(),
            key_file: "/var/lib/monkeyfarm/keys/regulator".into(),
            ca_file: None,
            plain_http: false,
            plugins_dirs: Vec::new(),
            plugin_policy: PluginPolicy::Off,
            plugins_lock: PathBuf::new(),
            required_plugins: Vec::new(),
            data_dir: "/var/lib/monkeyfarm/regulator".into(),
            hub_data_dir: None,
            allow_schemes: Vec::new(),
            cycle_seconds: 10,
            at_once: 4,
            hook_seconds: 600,
        }
    }
}

/// What a call of a plugin's handler, and each program that it starts, may
/// take of its host. 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Memory of one process, in megabytes of a million bytes.
    pub memory_megabytes: u64,
    /// Processes and threads; root has no such limit.
    pub processes: u64,
    /// Open files of one process.
    pub open_files: u64,
    /// Size of one file, in megabytes of a million bytes.
    pub file_megabytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        // A build may need all of its host, but a fork bomb shall not have it.
        Self { memory_megabytes: 0, processes: 10_000, open_files: 0, file_megabytes: 0 }
    }
}

/// `workerd.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// Where the hub is.
    pub url: String,
    /// File that holds the system's key.
    pub key_file: PathBuf,
    /// File with a one-time token, with which this host enrols while it has no
    /// key yet; empty for none.
    pub token_file: PathBuf,
    /// PEM file of certificate authorities; with it, only these are believed.
    pub ca_file: Option<PathBuf>,
    /// Whether the key may be sent over plain http to another host.
    pub plain_http: bool,
    /// Where work directories, caches and undelivered results are.
    pub data_dir: PathBuf,
    /// Where plugins are; none: the default places.
    pub plugins_dirs: Vec<PathBuf>,
    /// Which of them are used.
    pub plugin_policy: PluginPolicy,
    /// The lock file that the policy means; empty: `plugins.lock` beside the
    /// configuration file.
    pub plugins_lock: PathBuf,
    /// Ids of plugins without which the worker does not start.
    pub required_plugins: Vec<String>,
    /// Archs that it serves; none: the host's own, those it can run, and noarch.
    pub archs: Vec<String>,
    /// Schemes that source may come from, beyond the vcs handlers' own
    /// defaults, such as `file`.
    pub allow_schemes: Vec<String>,
    /// What a call of a handler may take of this host.
    pub limits: Limits,
    /// Plugins whose build handlers may use the network; those of vcs and bug
    /// handlers always may.
    pub network: Vec<String>,
    /// Plugins that may write wherever the worker's user may, and mount: those
    /// that build in chroots.
    pub unconfined: Vec<String>,
    /// Files and directories that no plugin is to see, beside the worker's key
    /// and `plugins.d`.
    pub hide: Vec<PathBuf>,
    /// How long running builds may take to finish when the worker is told to
    /// stop, in seconds; then they are handed back.
    pub finish_seconds: u64,
    /// How long one task may take, in seconds.
    pub task_seconds: u64,
    /// How much of the disk one task's directory may take, in megabytes of a
    /// million bytes; a build that takes more is ended. 0 is no limit.
    pub task_megabytes: u64,
    /// How much of the disk is to be free, in megabytes of a million bytes:
    /// while less is, no task is taken. Unless given it is 500, but no more
    /// than a tenth of the disk.
    pub free_megabytes: Option<u64>,
    /// How much of logs and files may wait for the hub, in megabytes of a
    /// million bytes; a build that makes more is ended.
    pub outbox_megabytes: u64,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            url: "http://127.0.0.1:8765".into(),
            key_file: "/var/lib/monkeyfarm/keys/worker".into(),
            token_file: PathBuf::new(),
            ca_file: None,
            plain_http: false,
            data_dir: "/var/lib/monkeyfarm/worker".into(),
            plugins_dirs: Vec::new(),
            plugin_policy: PluginPolicy::Off,
            plugins_lock: PathBuf::new(),
            required_plugins: Vec::new(),
            archs: Vec::new(),
            allow_schemes: Vec::new(),
            limits: Limits::default(),
            network: vec!["debian".into(), "mock".into()],
            unconfined: vec!["debian".into(), "mock".into()],
            hide: Vec::new(),
            finish_seconds: 0,
            task_seconds: 6 * 60 * 60,
            task_megabytes: 50_000,
            free_megabytes: None,
            outbox_megabytes: 50_000,
        }
    }
}

/// The table of a text of TOML, as JSON.
///
/// # Errors
/// It is none: the line and what is wrong there. The text itself is not shown.
pub fn table(text: &str) -> Result<serde_json::Value, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().map_or("", |span| text.get(..span.start).unwrap_or_default());
        format!("line {}: {}", before.matches('\n').count() + 1, error.message())
    })
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("configuration {path}: {why}")]
pub struct ConfigError {
    /// The file.
    pub path: String,
    /// What is wrong, with the line where it is.
    pub why: String,
}

/// Reads a configuration file; where `path` is `None`, `default_path` if it
/// exists, else the built-in values.
///
/// # Errors
/// The file that was asked for is missing, or a file is not as it should be.
pub fn load<T: DeserializeOwned + Default>(
    path: Option<&Path>,
    default_path: &Path,
) -> Result<T, ConfigError> {
    let file = path.unwrap_or(default_path);
    let fail = |why: String| ConfigError { path: file.display().to_string(), why };
    match std::fs::read_to_string(file) {
        Ok(text) => toml::from_str(&text).map_err(|e| fail(e.to_string().trim_end().to_owned())),
        Err(e) if path.is_none() && e.kind() == std::io::ErrorKind::NotFound => Ok(T::default()),
        Err(e) => Err(fail(e.to_string())),
    }
}
