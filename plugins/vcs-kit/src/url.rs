//! Where a repository is: parsed before it is believed.
//!
//! Programs understand far more than this, such as other programs to run
//! (git's `ext::`) and local paths. What is not written as one of the forms
//! below is refused, and a program is given what was parsed and put together
//! again, never the text.

use std::fmt;

use monkeyfarm_plugin_api::Failure;

use crate::scheme::{Kind, Scheme, listed};

/// A repository's address, normalised: two texts for one place are equal.
/// Shown, it has no secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// How it comes.
    pub scheme: Scheme,
    /// For ssh a login name; on the web all that stood before the `@`, which
    /// is a secret.
    user: Option<String>,
    /// Lower-cased, with its port unless that is the usual one.
    host: String,
    path: String,
    /// `host:path`, as scp writes it: the path begins in the login's home.
    from_home: bool,
}

impl Url {
    /// Reads a URL of one of the `known` schemes; where `ssh` is among them,
    /// `user@host:path` is one too.
    ///
    /// # Errors
    /// It is none, or has what no URL of its scheme should have; the sentence
    /// shows no password.
    pub fn parse(text: &str, known: &[Scheme]) -> Result<Self, Failure> {
        let refuse = |why: &str| Failure::new(format!("`{}` {why}", redact(text)));
        if text.chars().any(char::is_control) {
            let text = redact(text).escape_debug().to_string();
            return Err(Failure::new(format!("`{text}` has a control character in it")));
        }
        if text.starts_with('-') {
            return Err(refuse("is an option and not a url"));
        }
        let name_ends =
            text.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(0);
        let (name, rest) = text.split_at(name_ends);
        if rest.starts_with("::") {
            return Err(refuse("names a program to fetch with, which is never run: give a url"));
        }
        let Some(rest) = rest.strip_prefix("://") else {
            let scp = known.contains(&Scheme::SSH).then(|| Self::parse_scp(text)).flatten();
            return scp.unwrap_or_else(|| {
                let first = known.first().map_or("", |scheme| scheme.name);
                Err(refuse(&format!(
                    "is no url: write it as {first}://host/path; the schemes are {}",
                    listed(known)
                )))
            });
        };
        let scheme = Scheme::named(name, known).ok_or_else(|| {
            refuse(&format!("has a scheme that is not known: {} are", listed(known)))
        })?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user).filter(|user| !user.is_empty()), host),
            None => (None, authority),
        };
        let user = check_user(scheme, user).map_err(refuse)?;
        let host = check_host(scheme, host).map_err(refuse)?;
        let path = check_path(path).map_err(refuse)?;
        Ok(Self { scheme, user, host, path, from_home: false })
    }

    /// `user@host:path`; nothing when the text does not look like it.
    fn parse_scp(text: &str) -> Option<Result<Self, Failure>> {
        let (place, path) = text.split_once(':')?;
        if place.contains('/') || path.is_empty() {
            return None;
        }
        let refuse = |why: &str| Failure::new(format!("`{}` {why}", redact(text)));
        let (user, host) = match place.split_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, place),
        };
        if path.contains('@') || host.contains(':') {
            return Some(Err(refuse("is not clear: write it as ssh://user@host/path")));
        }
        Some((|| {
            let user = check_user(Scheme::SSH, user).map_err(refuse)?;
            let host = check_host(Scheme::SSH, host).map_err(refuse)?;
            let from_home = !path.starts_with('/');
            let path = check_path(&format!("/{path}")).map_err(refuse)?;
            Ok(Self { scheme: Scheme::SSH, user, host, path, from_home })
        })())
    }

    /// What a program is given. On the web nothing of it is a secret; see
    /// [`secret`](Self::secret).
    pub fn for_program(&self) -> String {
        let user = match (&self.user, self.scheme.kind) {
            (Some(user), Kind::Ssh) => format!("{user}@"),
            _ => String::new(),
        };
        self.with_user(&user)
    }

    /// User and password that stand in the URL, as they are written there:
    /// with `%` before what cannot stand for itself.
    pub fn secret(&self) -> Option<(&str, &str)> {
        let user = self.user.as_ref().filter(|_| self.scheme.kind == Kind::Web)?;
        Some(user.split_once(':').unwrap_or((user, "")))
    }

    /// Scheme and host, and a port that is not the usual one:
    /// `https://host:8443`.
    pub fn place(&self) -> String {
        format!("{}://{}", self.scheme.name, self.host)
    }

    /// The host without its port, and the port.
    pub fn host_and_port(&self) -> (&str, Option<&str>) {
        match self.host.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (&self.host, None),
        }
    }

    /// From the root of the host: `/team/tool`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The URL of what is called `name` below this one.
    ///
    /// # Errors
    /// No path can have that name.
    pub fn below(&self, name: &str) -> Result<Self, Failure> {
        let path = check_path(&format!("{}/{name}", self.path))
            .map_err(|why| Failure::new(format!("`{}` {why}", name.escape_debug())))?;
        Ok(Self { path, ..self.clone() })
    }

    /// The URL of the directory that this one is in.
    ///
    /// # Errors
    /// It is at the top already.
    pub fn above(&self) -> Result<Self, Failure> {
        match self.path.rsplit_once('/') {
            // Kept although it is no path: something goes below it.
            Some((rest, last)) if !last.is_empty() => {
                Ok(Self { path: rest.into(), ..self.clone() })
            }
            _ => Err(Failure::new(format!("there is nothing above {self}"))),
        }
    }

    /// Whether it is `other`, or something below it.
    pub fn is_within(&self, other: &Self) -> bool {
        let rest = self.path.strip_prefix(&other.path);
        (self.scheme, &self.host, self.from_home) == (other.scheme, &other.host, other.from_home)
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn with_user(&self, user: &str) -> String {
        let Self { host, path, .. } = self;
        if self.from_home {
            format!("{user}{host}:{}", path.trim_start_matches('/'))
        } else {
            format!("{}://{user}{host}{path}", self.scheme.name)
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.user, self.scheme.kind) {
            (Some(_), Kind::Web) => f.write_str(&self.with_user("***@")),
            _ => f.write_str(&self.for_program()),
        }
    }
}

fn check_user(scheme: Scheme, user: Option<&str>) -> Result<Option<String>, &'static str> {
    let Some(user) = user else { return Ok(None) };
    match scheme.kind {
        Kind::Web if !user.contains(char::is_whitespace) => {}
        Kind::Web => return Err("has a blank before its `@`"),
        Kind::Open | Kind::File => return Err("has a user, which its scheme knows nothing of"),
        Kind::Ssh if user.contains(':') => {
            return Err("has a password, which ssh does not take: use the worker's ssh key");
        }
        Kind::Ssh => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
            if user.starts_with('-') || !user.chars().all(plain) {
                return Err("has a login name that is none");
            }
        }
    }
    Ok(Some(user.to_owned()))
}

/// The host with its port, normalised. It becomes an argument of ssh, so that
/// it must not look like an option.
fn check_host(scheme: Scheme, text: &str) -> Result<String, &'static str> {
    let text = text.to_ascii_lowercase();
    if scheme.kind == Kind::File {
        return match text.as_str() {
            "" | "localhost" => Ok(String::new()),
            _ => Err("names a host, and a file has none: write file:///path"),
        };
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (text.as_str(), ""),
    };
    // The root of all names may be written, or not.
    let host = host.strip_suffix('.').unwrap_or(host);
    if !port.chars().all(|c| c.is_ascii_digit()) {
        return Err("has a port that is not a number");
    }
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let fits = match inside {
        Some(ip) => ip.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            !host.is_empty() && !host.starts_with(['-', '.']) && host.chars().all(plain)
        }
    };
    match fits {
        false => Err("has no host, or one that is not a name or an address"),
        true if port.is_empty() || port == scheme.port => Ok(host.to_owned()),
        true => Ok(format!("{host}:{port}")),
    }
}

/// The path with one slash where there are several, none at the end, and no
/// letter written by its number: what means the same is the same.
fn check_path(path: &str) -> Result<String, &'static str> {
    let path = decode_plain(path);
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err("has no path: which repository?");
    }
    if parts.iter().any(|part| [".", ".."].contains(part)) {
        return Err("has a `.` or `..` in its path: write it without");
    }
    if ["%2f", "%2F", "%5c", "%5C", "%00"].iter().any(|slash| path.contains(slash)) {
        return Err("has a slash or a zero in its path that is written by its number");
    }
    if parts[0].starts_with('-') {
        return Err("has a path that begins with a dash");
    }
    Ok(format!("/{}", parts.join("/")))
}

/// Writes as themselves the characters that never need a `%`.
fn decode_plain(path: &str) -> String {
    let mut decoded = String::new();
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        decoded.push_str(&rest[..at]);
        let number = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let plain = number.filter(|c| c.is_ascii_alphanumeric() || b"-._~".contains(c));
        match plain {
            Some(c) => decoded.push(char::from(c)),
            None => decoded.push('%'),
        }
        rest = &rest[at + if plain.is_some() { 3 } else { 1 }..];
    }
    decoded + rest
}

/// A text that may be a URL, without what may be a password in it. It cuts
/// too much rather than too little: the text may be malformed.
pub fn redact(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    match text.rfind('@') {
        Some(at) if at >= start => format!("{}***{}", &text[..start], &text[at..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
