//! Where a repository is: parsed before it is believed.
//!
//! Git understands far more than this, such as programs to run (`ext::`) and
//! local paths. What is not written as one of the forms below is refused, and
//! git is given what was parsed and put together again, never the text.

use std::fmt;

use monkeyfarm_plugin_api::Failure;

/// How source may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scheme {
    Https,
    Http,
    Git,
    Ssh,
    File,
}

impl Scheme {
    /// Allowed unless a host says otherwise.
    pub(crate) const USUAL: [Self; 4] = [Self::Https, Self::Http, Self::Git, Self::Ssh];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "https" => Self::Https,
            "http" => Self::Http,
            "git" => Self::Git,
            "ssh" => Self::Ssh,
            "file" => Self::File,
            _ => return None,
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
            Self::Git => "git",
            Self::Ssh => "ssh",
            Self::File => "file",
        }
    }

    fn usual_port(self) -> &'static str {
        match self {
            Self::Https => "443",
            Self::Http => "80",
            Self::Git => "9418",
            Self::Ssh => "22",
            Self::File => "",
        }
    }
}

/// A repository's address, normalised: two texts for one place are equal.
/// Shown, it has no secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: Scheme,
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
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
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
            return Self::parse_scp(text).unwrap_or_else(|| {
                Err(refuse("is no url: write it as https://host/path, or ssh://, git://, file://"))
            });
        };
        let scheme = Scheme::named(name).ok_or_else(|| {
            refuse("has a scheme that is not known: https, http, git, ssh and file are")
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
            let user = check_user(Scheme::Ssh, user).map_err(refuse)?;
            let host = check_host(Scheme::Ssh, host).map_err(refuse)?;
            let from_home = !path.starts_with('/');
            let path = check_path(&format!("/{path}")).map_err(refuse)?;
            Ok(Self { scheme: Scheme::Ssh, user, host, path, from_home })
        })())
    }

    /// What git is given. On the web nothing of it is a secret; see
    /// [`credentials`](Self::credentials).
    pub(crate) fn for_git(&self) -> String {
        let user = match (&self.user, self.scheme) {
            (Some(user), Scheme::Ssh) => format!("{user}@"),
            _ => String::new(),
        };
        self.with_user(&user)
    }

    /// The line that git's credential store would keep for this URL.
    pub(crate) fn credentials(&self) -> Option<String> {
        let user = self.user.as_ref().filter(|_| self.scheme != Scheme::Ssh)?;
        let colon = if user.contains(':') { "" } else { ":" };
        Some(format!("{}://{user}{colon}@{}", self.scheme.name(), self.host))
    }

    fn with_user(&self, user: &str) -> String {
        let Self { host, path, .. } = self;
        if self.from_home {
            format!("{user}{host}:{}", path.trim_start_matches('/'))
        } else {
            format!("{}://{user}{host}{path}", self.scheme.name())
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.user, self.scheme) {
            (Some(_), Scheme::Http | Scheme::Https) => f.write_str(&self.with_user("***@")),
            _ => f.write_str(&self.for_git()),
        }
    }
}

fn check_user(scheme: Scheme, user: Option<&str>) -> Result<Option<String>, &'static str> {
    let Some(user) = user else { return Ok(None) };
    match scheme {
        Scheme::Http | Scheme::Https if !user.contains(char::is_whitespace) => {}
        Scheme::Http | Scheme::Https => return Err("has a blank before its `@`"),
        Scheme::Git | Scheme::File => return Err("has a user, which its scheme knows nothing of"),
        Scheme::Ssh if user.contains(':') => {
            return Err("has a password, which ssh does not take: use the worker's ssh key");
        }
        Scheme::Ssh => {
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
    if scheme == Scheme::File {
        return match text.as_str() {
            "" | "localhost" => Ok(String::new()),
            _ => Err("names a host, and a file has none: write file:///path"),
        };
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (text.as_str(), ""),
    };
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
        true if port.is_empty() || port == scheme.usual_port() => Ok(host.to_owned()),
        true => Ok(format!("{host}:{port}")),
    }
}

/// The path with one slash where there are several, and none at the end.
fn check_path(path: &str) -> Result<String, &'static str> {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Err("has no path: which repository?");
    }
    for part in &parts {
        let plain = part.to_ascii_lowercase().replace("%2e", ".");
        if plain == "." || plain == ".." {
            return Err("has a `.` or `..` in its path: write it without");
        }
    }
    if parts[0].starts_with('-') {
        return Err("has a path that begins with a dash");
    }
    Ok(format!("/{}", parts.join("/")))
}

/// A text that may be a URL, without what may be a password in it. It cuts
/// too much rather than too little: the text may be malformed.
fn redact(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    match text.rfind('@') {
        Some(at) if at >= start => format!("{}***{}", &text[..start], &text[at..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
