//! Downloading: one file, by the program curl, within limits.
//!
//! The URL is foreign text: it is never an option, its scheme and host are
//! compared after parsing, and what it leads to is written to a name that the
//! caller chose.

use std::path::Path;
use std::time::Duration;

use crate::command::{Command, Ended, Output};
use crate::{Context, Failure};

/// Schemes that anything may be downloaded by.
const SCHEMES: [&str; 2] = ["https", "http"];

/// How long a download may give next to nothing, in seconds.
const STALLED: &str = "60";

/// What a download may do.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Schemes beyond `https` and `http`, such as `file`.
    pub schemes: Vec<String>,
    /// Hosts that it may come from; empty: any. With a list no redirect is
    /// followed, for it could lead anywhere.
    pub hosts: Vec<String>,
    /// Most bytes that the file may have.
    pub limit: u64,
    /// How long it may take.
    pub time: Duration,
}

/// Downloads `url` into the file `to`, which it makes or replaces.
///
/// # Errors
/// The rules forbid it, curl is missing, or it does not work out: in one
/// sentence that has the URL.
pub fn download(url: &str, to: &Path, rules: &Rules, cx: &Context) -> Result<(), Failure> {
    rules.check(url)?;
    let schemes = format!("={}", rules.allowed().collect::<Vec<_>>().join(","));
    let mut command = Command::new("curl")
        // First: no configuration of whoever this is.
        .args(["--disable", "--silent", "--show-error", "--fail", "--globoff"])
        .args(["--proto", &schemes, "--proto-redir", &schemes])
        .args(["--connect-timeout", "30", "--speed-limit", "100", "--speed-time", STALLED])
        .args(["--max-filesize", &rules.limit.to_string()]);
    if rules.hosts.is_empty() {
        command = command.args(["--location", "--max-redirs", "5"]);
    }
    let command = command.arg("--output").arg(to).args(["--url", url]);
    let command = command.timeout(rules.time).file_limit(rules.limit);
    let said = command.if_missing("install the package curl").output(cx, 4096)?;
    judge(url, rules, &said)
}

impl Rules {
    fn allowed(&self) -> impl Iterator<Item = &str> {
        SCHEMES.into_iter().chain(self.schemes.iter().map(String::as_str))
    }

    /// Whether `url` may be downloaded at all.
    ///
    /// # Errors
    /// A sentence.
    pub fn check(&self, url: &str) -> Result<(), Failure> {
        let refuse = |why: String| Err(Failure::new(format!("cannot download {url:?}: {why}")));
        if url.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
            return refuse("it has a character that no URL has".into());
        }
        let Some((scheme, rest)) = url.split_once("://") else {
            return refuse("it is no URL; write https://host/path".into());
        };
        let scheme = scheme.to_ascii_lowercase();
        if !self.allowed().any(|allowed| allowed == scheme) {
            return refuse(format!(
                "this worker lets source packages come by {}, not by {scheme:?}",
                self.allowed().collect::<Vec<_>>().join(", ")
            ));
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return refuse("it has a user or password in it, which everybody could read".into());
        }
        let host = host(authority);
        if !self.hosts.is_empty() && !self.hosts.iter().any(|h| h.eq_ignore_ascii_case(&host)) {
            return refuse(format!(
                "this worker downloads only from {}, not from {host:?}",
                self.hosts.join(", ")
            ));
        }
        Ok(())
    }
}

/// The host of an authority, without its port and a last dot.
fn host(authority: &str) -> String {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn judge(url: &str, rules: &Rules, said: &Output) -> Result<(), Failure> {
    /// The signal of a file that would grow beyond its limit.
    const XFSZ: i32 = 25;
    let why = match said.ended {
        ended if ended.success() => return Ok(()),
        // 63 is told by the server's length, the signal by the bytes.
        Ended::Exit(63) | Ended::Signal(XFSZ) => {
            format!("it has more than {} bytes, which is this worker's limit", rules.limit)
        }
        Ended::Exit(47) if !rules.hosts.is_empty() => "it leads to another place".into(),
        Ended::TimedOut(limit) => format!("it took longer than {} s", limit.as_secs()),
        ended => {
            let text = said.error_text();
            let words = text.lines().next_back().unwrap_or_default();
            // `curl: (22) The requested URL returned error: 404`
            let words = words.split_once(") ").map_or(words, |(_, words)| words).trim();
            if words.is_empty() { format!("curl {ended}") } else { words.to_owned() }
        }
    };
    Err(Failure::new(format!("cannot download {url:?}: {why}")))
}

/// The last part of a URL's path, if it can be the name of a file: letters,
/// digits and `.`, `_`, `+`, `~`, `-`, neither beginning with a dot nor a dash.
pub fn file_name(url: &str) -> Option<&str> {
    let path = url.split(['?', '#']).next()?;
    let name = path.rsplit('/').next()?;
    is_file_name(name).then_some(name)
}

/// Whether `name` can be the name of a file wherever it comes from.
pub fn is_file_name(name: &str) -> bool {
    name.len() <= 200
        && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+~-".contains(c))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
