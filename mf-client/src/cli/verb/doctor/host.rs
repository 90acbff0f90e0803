//! What of this host a farm on it needs.

use std::path::Path;
use std::process::Command;

use super::{Check, mock};
use crate::cli::exit::Exit;
use crate::cli::sibling;

/// With less space than this a build soon fails, in bytes.
const LITTLE: u64 = 2 * 1024 * 1024 * 1024;

/// Looks at it.
pub fn look() -> Vec<Check> {
    let mut checks = vec![programs()];
    checks.extend(plugins());
    checks.extend([namespaces(), disk()]);
    checks.extend(mock::look());
    checks
}

fn programs() -> Check {
    let all = ["mf-hub", "mf-regulatord", "mf-workerd", "mf-plugin-host"];
    let missing: Vec<&str> =
        all.into_iter().filter(|program| sibling::find(program).is_err()).collect();
    match missing.is_empty() {
        true => Check::good("programs", "hub, regulator, worker and plugin host are installed"),
        false => Check::odd(
            "programs",
            format!(
                "{} is not installed here, which only a farm's own hosts need",
                missing.join(", ")
            ),
            "make install",
        ),
    }
}

/// What the plugin host says of the plugins where it looks for them.
fn plugins() -> Option<Check> {
    let host = sibling::find("mf-plugin-host").ok()?;
    let output = Command::new(host).arg("list").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(match (output.status.success(), wrong.trim().lines().next()) {
        (true, _) if text.trim().is_empty() => Check::odd(
            "plugins",
            "there are none where they are looked for",
            "make install, or mf plugin list --plugins-dir DIR",
        ),
        (true, _) => Check::good("plugins", "every plugin can be used"),
        (false, told) => Check::bad(
            "plugins",
            Exit::Configuration,
            told.unwrap_or("some cannot be used").to_owned(),
            "mf plugin list",
        ),
    })
}

/// Whether builds can have a PID namespace of their own.
fn namespaces() -> Check {
    let number =
        |file: &str| -> Option<u64> { std::fs::read_to_string(file).ok()?.trim().parse().ok() };
    if rustix::process::geteuid().is_root() {
        return Check::good("namespaces", "root may make them for builds");
    }
    let knobs = [
        ("/proc/sys/user/max_user_namespaces", "user.max_user_namespaces=15000"),
        ("/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone=1"),
    ];
    for (file, mend) in knobs {
        if number(file) == Some(0) {
            return Check::odd(
                "namespaces",
                "users may make none: a build's processes are found by other means, more slowly",
                format!("sudo sysctl {mend}"),
            );
        }
    }
    Check::good("namespaces", "users may make them for builds")
}

fn disk() -> Check {
    let place = std::env::temp_dir();
    match free(&place) {
        Some(bytes) if bytes < LITTLE => Check::odd(
            "disk",
            format!("{} has only {} MiB left", place.display(), bytes / 1024 / 1024),
            format!("df -h {}", place.display()),
        ),
        Some(bytes) => {
            let gib = bytes as f64 / 1024.0 / 1024.0 / 1024.0;
            Check::good("disk", format!("{} has {gib:.1} GiB left", place.display()))
        }
        None => Check::odd("disk", format!("{} cannot be looked at", place.display()), ""),
    }
}

fn free(place: &Path) -> Option<u64> {
    let about = rustix::fs::statvfs(place).ok()?;
    Some(about.f_bavail.saturating_mul(about.f_frsize))
}
