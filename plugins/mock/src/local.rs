//! What the host's administrator says: `plugins.d/mock.toml`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use monkeyfarm_plugin_api::download::Rules;
use monkeyfarm_plugin_api::schemars::JsonSchema;
use monkeyfarm_plugin_api::{BuildJob, Failure};
use serde::Deserialize;

/// Where mock itself is when `mock` on the `PATH` is a wrapper that asks who
/// its user is: Fedora and its kin.
const BEHIND_CONSOLEHELPER: &str = "/usr/libexec/mock/mock";

/// How long the download of a source RPM may take.
const DOWNLOAD_TIME: Duration = Duration::from_secs(3600);

/// This host's configuration of the handler.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub(crate) struct Local {
    /// The mock program; empty: mock, wherever it is.
    pub(crate) program: String,
    /// Where mock's configurations are.
    pub(crate) config_dir: PathBuf,
    /// User whom mock drops its privileges to; empty: the first of group mock.
    pub(crate) user: String,
    /// Where the directories are that mock and the worker both use.
    pub(crate) stage_dir: PathBuf,
    /// Whether a target may give the text of a configuration, which mock runs
    /// as a program.
    pub(crate) allow_config_text: bool,
    /// Hosts that source RPMs may be downloaded from; empty: any.
    pub(crate) download_hosts: Vec<String>,
    /// Most that a source RPM may have, in MiB.
    pub(crate) source_limit_mib: u64,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            program: String::new(),
            config_dir: "/etc/mock".into(),
            user: String::new(),
            stage_dir: "/var/tmp".into(),
            allow_config_text: false,
            download_hosts: Vec::new(),
            source_limit_mib: 1024,
        }
    }
}

impl Local {
    /// Reads it.
    pub(crate) fn of(job: &BuildJob) -> Result<Self, Failure> {
        job.local_config.read()
    }

    /// The program to run.
    pub(crate) fn program(&self) -> &str {
        match self.program.as_str() {
            "" if Path::new(BEHIND_CONSOLEHELPER).is_file() => BEHIND_CONSOLEHELPER,
            "" => "mock",
            program => program,
        }
    }

    /// Most bytes of a source RPM.
    pub(crate) fn source_limit(&self) -> u64 {
        self.source_limit_mib.saturating_mul(1024 * 1024)
    }

    /// What a download may do.
    pub(crate) fn download_rules(&self, job: &BuildJob) -> Rules {
        Rules {
            schemes: job.allow_schemes.clone(),
            hosts: self.download_hosts.clone(),
            limit: self.source_limit(),
            time: DOWNLOAD_TIME,
        }
    }
}
