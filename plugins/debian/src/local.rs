//! What the host's administrator says: `plugins.d/debian.toml`.

use std::path::PathBuf;
use std::time::Duration;

use monkeyfarm_plugin_api::download::Rules;
use monkeyfarm_plugin_api::schemars::JsonSchema;
use monkeyfarm_plugin_api::{BuildJob, Failure};
use serde::Deserialize;

/// How long the download of one file may take.
const DOWNLOAD_TIME: Duration = Duration::from_secs(3600);

/// This host's configuration of the handler.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub(crate) struct Local {
    /// Where tarballs of chroots are.
    pub(crate) chroot_dir: PathBuf,
    /// Hosts that source packages may be downloaded from; empty: any.
    pub(crate) download_hosts: Vec<String>,
    /// Most that one file of a source package may have, in MiB.
    pub(crate) source_limit_mib: u64,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            chroot_dir: "/var/lib/monkeyfarm/chroots".into(),
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

    /// What a download may do.
    pub(crate) fn download_rules(&self, job: &BuildJob) -> Rules {
        Rules {
            schemes: job.allow_schemes.clone(),
            hosts: self.download_hosts.clone(),
            limit: self.source_limit_mib.saturating_mul(1024 * 1024),
            time: DOWNLOAD_TIME,
        }
    }
}
