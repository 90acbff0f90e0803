//! Checks of what a farm needs on this host.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Check, mock};
use crate::Connection;
use crate::cli::exit::Exit;
use crate::cli::sibling;

/// With less space than this a build soon fails, in bytes.
const LITTLE: u64 = 2 * 1024 * 1024 * 1024;

/// Looks at it.
pub fn look() -> Vec<Check> {
    let mut checks = vec![programs()];
    checks.extend(plugins());
    checks.push(namespaces());
    checks.extend(disks());
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

/// Whether builds can have namespaces of their own: tried out, for the kernel,
/// a container and the host's rules all have a say.
fn namespaces() -> Check {
    let mut unshare = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    let tried = unshare.args(["--pid", "--mount", "--net", "--fork", "true"]).output();
    let good = Check::good("namespaces", "builds here can have their own");
    match (tried, knob()) {
        (Ok(output), _) if output.status.success() => good,
        // Without that program what the kernel says has to do.
        (Err(_), None) => good,
        (_, mend) => Check::odd(
            "namespaces",
            "builds here can have none: they are kept apart, and ended, by lesser means",
            mend.unwrap_or_else(|| {
                "in a container: allow it to make namespaces (--privileged, or seccomp=unconfined)"
                    .to_owned()
            }),
        ),
    }
}

/// What sets right a setting of the kernel that keeps users from making them.
fn knob() -> Option<String> {
    let knobs = [
        ("user.max_user_namespaces", "0", "15000"),
        ("kernel.unprivileged_userns_clone", "0", "1"),
        ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ];
    let (name, _, right) = knobs.into_iter().find(|(name, wrong, _)| {
        let file = Path::new("/proc/sys").join(name.replace('.', "/"));
        std::fs::read_to_string(file).is_ok_and(|text| text.trim() == *wrong)
    })?;
    Some(format!("sudo sysctl {name}={right}"))
}

/// Where a farm on this host writes: work, and what it keeps.
fn disks() -> Vec<Check> {
    let kept = Connection::own_file().and_then(|file| Some(file.parent()?.to_owned()));
    // `mf up` writes its configuration beside the database.
    let kept = kept.filter(|dir| dir.join("hub.db").exists());
    let site = Some(PathBuf::from("/var/lib/monkeyfarm")).filter(|dir| dir.exists());
    let mut places = vec![std::env::temp_dir()];
    places.extend(kept.into_iter().chain(site));
    places.iter().map(|place| disk(place)).collect()
}

fn disk(place: &Path) -> Check {
    match free(place) {
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
