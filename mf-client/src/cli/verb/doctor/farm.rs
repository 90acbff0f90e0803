//! Checks of the way to the hub, and of what the hub answers.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use mf_core::resource::{BuildHandler, System, VcsHandler};
use mf_core::time;
use reqwest::Method;
use reqwest::header::DATE;
use serde_json::{Map, Value};

use super::{Check, site};
use crate::cli::cx::Cx;
use crate::cli::exit::{Exit, Failure};
use crate::cli::explain;
use crate::cli::print::span;
use crate::{Connection, Hub, expiry};

/// Clocks that are further apart confuse people, in seconds.
const APART: i64 = 30;
/// A certificate that expires so soon should have been renewed by now: those
/// who renew by themselves do it a month before.
const SOON: Duration = Duration::from_secs(14 * DAY);
/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;
/// A system that was not heard of for so long is gone, in seconds: the hub
/// writes it down once a minute.
const SILENT: i64 = 180;

/// Looks at the way to the hub, and at the farm behind it.
///
/// # Errors
/// None: what fails is a check.
pub async fn look(cx: &Cx) -> Result<Vec<Check>, Failure> {
    let connection = match cx.connection() {
        Ok(connection) => connection,
        Err(failure) => return Ok(vec![Check::failed("connection", failure)]),
    };
    let mut checks = vec![config(&connection)];
    let hub = match connection.hub() {
        Ok(hub) => hub,
        Err(error) => {
            checks.push(Check::failed("connection", error.into()));
            return Ok(checks);
        }
    };
    match answers(&hub).await {
        Ok(more) => checks.extend(more),
        Err(failure) => {
            checks.push(Check::failed("hub", failure));
            return Ok(checks);
        }
    }
    checks.extend(certificate(&connection).await);
    checks.push(whoami(&hub).await.unwrap_or_else(|failure| Check::failed("key", failure)));
    match site::look(&hub).await {
        Ok(more) => checks.extend(more),
        Err(failure) => checks.push(Check::failed("farm", failure)),
    }
    for more in [handlers(&hub).await, quarantine(&hub).await] {
        match more {
            Ok(more) => checks.extend(more),
            Err(failure) => checks.push(Check::failed("farm", failure)),
        }
    }
    Ok(checks)
}

/// How long the hub's certificate is still good; nothing where it has none, or
/// where the answer above has told what is wrong with it.
async fn certificate(connection: &Connection) -> Option<Check> {
    if !connection.url.starts_with("https:") {
        return None;
    }
    let left = expiry::seconds_left(&connection.url, &connection.trust, SOON).await.ok()?;
    let days = SOON.as_secs() / DAY;
    Some(match left {
        None => Check::good("certificate", format!("the hub's is good for {days} days and more")),
        Some(left) => Check::odd(
            "certificate",
            format!(
                "the hub's, or one between it and its authority, expires in {} days: nobody will \
                 connect any more",
                left / DAY
            ),
            "renew it, into the files of certificate and certificate_key on the hub's host: it \
             takes them over without a restart",
        ),
    })
}

fn config(connection: &Connection) -> Check {
    let readable = connection.origins.values().find_map(|origin| {
        let mode = std::fs::metadata(origin).ok()?.permissions().mode();
        (connection.api_key.is_some() && mode & 0o077 != 0).then(|| origin.clone())
    });
    match readable {
        Some(file) => Check::odd(
            "connection",
            format!("{file} holds a key, and others can read it"),
            format!("chmod 600 {file}"),
        ),
        None => Check::good("connection", format!("{}: {}", connection.name, connection.url)),
    }
}

/// The hub's answer, its version and its clock.
async fn answers(hub: &Hub) -> Result<Vec<Check>, Failure> {
    let response = hub.request(Method::GET, &["util", "version.json"])?.send().await?;
    let date = response.headers.get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
    let version = hub.version().await?;
    let mut checks = vec![match explain::older(&version, mf_core::VERSION) {
        Some(mend) => Check::odd("hub", format!("it answers, as version {version}"), mend),
        None => Check::good("hub", format!("it answers, as version {version}")),
    }];
    if let Some(ahead) = date.as_deref().and_then(time::ahead_of_http) {
        checks.push(clock(ahead));
    }
    if hub.url().starts_with("https:") {
        checks.push(Check::good(
            "certificate",
            "it is the hub's, and an authority that is trusted here signed it",
        ));
    }
    Ok(checks)
}

fn clock(ahead: i64) -> Check {
    let told = |word: &str| format!("this host's clock is {} {word} the hub's", span(ahead.abs()));
    let mend = "timedatectl set-ntp true, on both hosts";
    match ahead.signum() {
        _ if ahead.abs() <= APART => Check::good("clock", "this host's and the hub's agree"),
        -1 => Check::odd("clock", told("behind"), mend),
        _ => Check::odd("clock", told("ahead of"), mend),
    }
}

async fn whoami(hub: &Hub) -> Result<Check, Failure> {
    let said = hub.call("util", None, "whoami", &Map::new()).await?;
    let text = |path: &str| said.pointer(path).and_then(Value::as_str).unwrap_or_default();
    Ok(match text("/whoami/kind") {
        "nobody" => {
            Check::odd("key", "there is none: only what is open to anyone is seen", "mf login")
        }
        kind => Check::good("key", format!("it is that of the {kind} {}", text("/whoami/label"))),
    })
}

/// Plugins that are quarantined, for whom the hub lets know of them.
async fn quarantine(hub: &Hub) -> Result<Vec<Check>, Failure> {
    let listed = match hub.call("util", None, "list_plugins", &Map::new()).await {
        Err(error) if matches!(error.status(), Some(401 | 403)) => return Ok(Vec::new()),
        listed => listed?,
    };
    let all = listed.get("plugins").and_then(Value::as_array).into_iter().flatten();
    let text = |plugin: &Value, key: &str| plugin[key].as_str().unwrap_or_default().to_owned();
    let quarantined = all.filter(|plugin| !text(plugin, "quarantined").is_empty());
    Ok(quarantined
        .map(|plugin| {
            let (id, version) = (text(plugin, "plugin"), text(plugin, "version"));
            Check::odd(
                "plugins",
                format!("{id} {version} is quarantined: {}", text(plugin, "why")),
                format!("mf plugin show {id}; a better one, or mf plugin clear {id}"),
            )
        })
        .collect())
}

async fn handlers(hub: &Hub) -> Result<Vec<Check>, Failure> {
    let vcs = hub.rows::<VcsHandler>().get_all(&[]).await?;
    let build = hub.rows::<BuildHandler>().get_all(&[]).await?;
    let systems = hub.rows::<System>().get_all(&[]).await?;
    let mut checks = Vec::new();
    if vcs.is_empty() && build.is_empty() {
        checks.push(Check::bad(
            "plugins",
            Exit::NotFound,
            "no handler was ever registered: the regulator has not run, or found no plugin",
            "mf plugin list, on the regulator's host",
        ));
    }
    let usable: Vec<&str> =
        build.iter().filter(|one| one.enabled).map(|one| one.label.as_str()).collect();
    let handlers = match usable.is_empty() {
        true => Check::bad(
            "handlers",
            Exit::NotFound,
            "no build handler is enabled: no enabled system has one",
            "mf worker --help, and mf system list",
        ),
        false => Check::good("handlers", format!("builds can be done by {}", usable.join(", "))),
    };
    checks.push(handlers);
    let before = checks.len();
    if systems.is_empty() {
        let mend = "mf system create builder1; mf system create-token builder1";
        checks.push(Check::bad(
            "systems",
            Exit::NotFound,
            "there is none: nothing can be built",
            mend,
        ));
    }
    checks.extend(systems.iter().filter_map(silent));
    if checks.len() == before {
        checks.push(Check::good("systems", format!("{} heard of lately", systems.len())));
    }
    Ok(checks)
}

/// A system from which nothing comes, or to which nothing goes.
fn silent(system: &System) -> Option<Check> {
    let label = &system.label;
    if !system.enabled {
        let mend = format!("mf system resume {label}");
        let told = format!("{label} is drained {}", system.drained);
        return Some(Check::odd("systems", format!("{}: it gets no tasks", told.trim_end()), mend));
    }
    let since = time::seconds_between(&system.last_seen, &time::now());
    let told = match since {
        None => format!("{label} has never been heard of"),
        Some(seconds) if seconds > SILENT => {
            format!("{label} was last heard of {} ago", span(seconds))
        }
        Some(_) => return None,
    };
    Some(Check::odd("systems", told, format!("on {label}: systemctl status mf-workerd")))
}
