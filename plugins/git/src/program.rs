//! The git program, with everything shut that a foreign repository could
//! reach through it.

use std::path::Path;

use monkeyfarm_plugin_api::Failure;
use monkeyfarm_plugin_api::command::Command;
use monkeyfarm_vcs_kit::{Terms, Url};

use crate::checkout::Options;

/// Settings of every call; they win over what any file says.
const SETTINGS: &[&str] = &[
    // Nothing that a repository brings along is run.
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    // Credentials come from the file that this call wrote, if it did.
    "credential.helper=",
    "credential.helper=store",
    "core.askPass=",
    // Less than 1,000 bytes a second for a minute is a stall.
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
    "protocol.version=2",
    // Nothing is left to do in the background when the call is over.
    "gc.autoDetach=false",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "core.autocrlf=false",
];

/// A call of git that stays on this host. `home` need not be there.
pub(crate) fn git(home: &Path) -> Command {
    let mut git = Command::new("git")
        .if_missing("install the Debian package git")
        .env("HOME", home)
        .env("LC_ALL", "C.UTF-8")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("GIT_NO_LAZY_FETCH", "1");
    for setting in SETTINGS {
        git = git.args(["-c", setting]);
    }
    git
}

/// A call of git that may go out for `url`, with the credentials and the ssh of
/// `home`.
pub(crate) fn git_out(home: &Path, url: &Url, terms: &Terms<Options>) -> Result<Command, Failure> {
    let allowed: Vec<_> = terms.leads_on(url).iter().map(|scheme| scheme.name).collect();
    let mut git = git(home);
    if let Some(file) = terms.ca_file()? {
        // A path that is not UTF-8 is one that git says it cannot read.
        git = git.arg("-c").arg(format!("http.sslCAInfo={}", file.display()));
    }
    Ok(git
        .env("GIT_ALLOW_PROTOCOL", allowed.join(":"))
        .env("GIT_SSH", home.join("ssh"))
        .env("GIT_SSH_VARIANT", "ssh"))
}
