//! Which hub to talk to, and as whom: `mf.conf`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ini::{Ini, ParseOption};

use crate::{Error, HttpHandler, Hub, Key, Trust};

/// Where a hub is when nothing says otherwise.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8765";

/// Configuration for everybody on this host.
const SITE: &str = "/etc/monkeyfarm/mf.conf";

/// What a section can say.
pub const SETTINGS: [&str; 5] = ["url", "user", "api_key", "ca_file", "plain_http"];

/// A hub, and who one is there: a section `[connection:NAME]` of `mf.conf`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Name of the section.
    pub name: String,
    /// Label of the user that the key belongs to; empty: not said.
    pub user: String,
    /// The key; without one only what is open to anyone can be read.
    pub api_key: Option<Key>,
    /// Where the hub is.
    pub url: String,
    /// `ca_file` and `plain_http`: how far the way there is trusted.
    pub trust: Trust,
    /// What tells its hub from others: the file that `MF_CONFIG` names, and the
    /// section in it, for `mf up` may come back on another port; else the URL.
    pub hub_is: String,
    /// Where each of `url`, `user`, `api_key`, `ca_file` and `plain_http` was
    /// said: a file, a variable or a flag; what is not here is the default.
    pub origins: BTreeMap<&'static str, String>,
}

/// What a command line says of a connection, which wins over all else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--hub`: where the hub is.
    pub url: Option<String>,
    /// `--ca-file`: whom to believe that it is the hub.
    pub ca_file: Option<PathBuf>,
}

/// Why no connection could be made out of configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct ConnectionError {
    /// The file or variable.
    pub place: String,
    /// What is wrong with it.
    pub why: String,
}

impl Connection {
    /// Reads the connection called `name`, or else what `MF_CONNECTION`
    /// names, or else `default`.
    ///
    /// `/etc/monkeyfarm/mf.conf` is read first, then `~/.mf.conf`, whose
    /// values win; with `MF_CONFIG` set, only the file that it names. Last
    /// come the variables `MF_URL`, `MF_API_KEY` and `MF_CA_FILE`.
    ///
    /// # Errors
    /// A file cannot be read or understood, or has no such connection.
    pub fn load(name: Option<&str>) -> Result<Self, ConnectionError> {
        Self::with(name, &Flags::default())
    }

    /// As [`Connection::load`]; what `flags` say wins over all of it.
    ///
    /// # Errors
    /// As [`Connection::load`].
    pub fn with(name: Option<&str>, flags: &Flags) -> Result<Self, ConnectionError> {
        Self::from_environment(name, flags, |variable| std::env::var(variable).ok())
    }

    /// The names of the connections in the files that are read, in order.
    ///
    /// # Errors
    /// A file cannot be read or understood.
    pub fn names() -> Result<Vec<String>, ConnectionError> {
        let own = Self::own_file();
        let alone = std::env::var_os("MF_CONFIG").is_some_and(|file| !file.is_empty());
        let site = (!alone).then(|| PathBuf::from(SITE));
        let mut names: Vec<String> = Vec::new();
        for file in site.into_iter().chain(own) {
            let Some(ini) = parsed(&file, false)? else { continue };
            let sections = ini.sections().flatten();
            for name in sections.filter_map(|section| section.strip_prefix("connection:")) {
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
        Ok(names)
    }

    /// The file that `mf login` writes into: that of `MF_CONFIG`, else
    /// `~/.mf.conf`; none without a home.
    pub fn own_file() -> Option<PathBuf> {
        let given = |name: &str| std::env::var_os(name).filter(|text| !text.is_empty());
        let home = || Some(Path::new(&given("HOME")?).join(".mf.conf"));
        given("MF_CONFIG").map(PathBuf::from).or_else(home)
    }

    /// The connection `default` of one file, whatever the environment says.
    ///
    /// # Errors
    /// The file cannot be read or understood, or has no such connection.
    pub fn of_file(file: &Path) -> Result<Self, ConnectionError> {
        Self::from_environment(Some("default"), &Flags::default(), |variable| {
            (variable == "MF_CONFIG").then(|| file.display().to_string())
        })
    }

    /// As [`Connection::load`], with the variables that `env` knows.
    pub(crate) fn from_environment(
        name: Option<&str>,
        flags: &Flags,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConnectionError> {
        let given = |variable: &str| env(variable).filter(|text| !text.is_empty());
        let chosen = name.map(str::to_owned).or_else(|| given("MF_CONNECTION"));
        let mut connection =
            Self { name: chosen.clone().unwrap_or("default".into()), ..Self::default() };
        let (files, must_exist) = match given("MF_CONFIG") {
            Some(file) => {
                let file = PathBuf::from(file);
                // One that is not there is named below.
                let whole = file.canonicalize().unwrap_or_else(|_| file.clone());
                connection.hub_is = format!("{} in {}", connection.name, whole.display());
                (vec![file], true)
            }
            None => {
                let own = given("HOME").map(|home| Path::new(&home).join(".mf.conf"));
                ([Some(PathBuf::from(SITE)), own].into_iter().flatten().collect(), false)
            }
        };
        let mut found = false;
        for file in &files {
            found |= connection.read(file, must_exist)?;
        }
        // A flag names where a new connection is to go.
        found |= flags.url.is_some();
        if let (Some(wanted), false) = (&chosen, found) {
            let places: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
            return Err(ConnectionError {
                place: places.join(", "),
                why: format!("there is no section [connection:{wanted}]"),
            });
        }
        if connection.url.is_empty() {
            connection.url = DEFAULT_URL.into();
        }
        if let Some(url) = given("MF_URL") {
            connection.go_to(url, "MF_URL");
        }
        if let Some(text) = given("MF_API_KEY") {
            connection.api_key = Some(key(&text, "MF_API_KEY")?);
            connection.origins.insert("api_key", "MF_API_KEY".into());
        }
        if let Some(url) = &flags.url {
            let with_it = given("MF_API_KEY").is_some() && given("MF_URL").is_none();
            let key = connection.api_key.take_if(|_| with_it);
            connection.go_to(url.clone(), "--hub");
            connection.api_key = key.or(connection.api_key);
        }
        if connection.hub_is.is_empty() {
            connection.hub_is = connection.url.trim_end_matches('/').to_owned();
        }
        if let Some(file) = given("MF_CA_FILE") {
            connection.trust.ca_file = Some(file.into());
            connection.origins.insert("ca_file", "MF_CA_FILE".into());
        }
        if let Some(file) = &flags.ca_file {
            connection.trust.ca_file = Some(file.clone());
            connection.origins.insert("ca_file", "--ca-file".into());
        }
        Ok(connection)
    }

    /// Another place of the hub. A key is for the hub that it was written down
    /// with, and so is what is trusted.
    fn go_to(&mut self, url: String, origin: &str) {
        if url.trim_end_matches('/') != self.url.trim_end_matches('/') {
            self.api_key = None;
            self.user.clear();
            self.trust = Trust::default();
            self.hub_is.clear();
            self.origins.clear();
        }
        self.url = url;
        self.origins.insert("url", origin.to_owned());
    }

    /// A hub to call.
    ///
    /// # Errors
    /// The URL is none that a hub can have, or the key would leave this host
    /// in clear.
    pub fn hub(&self) -> Result<Hub, Error> {
        Ok(Hub::over(self.handler()?))
    }

    /// What sends requests there, for who puts something between.
    ///
    /// # Errors
    /// As [`Connection::hub`].
    pub fn handler(&self) -> Result<HttpHandler, Error> {
        HttpHandler::new(&self.url, self.api_key.clone(), &self.trust)
    }

    /// Takes over what `file` says of this connection; whether it says
    /// anything.
    fn read(&mut self, file: &Path, must_exist: bool) -> Result<bool, ConnectionError> {
        let fail = |why: String| ConnectionError { place: file.display().to_string(), why };
        let Some(ini) = parsed(file, must_exist)? else { return Ok(false) };
        let Some(section) = ini.section(Some(format!("connection:{}", self.name))) else {
            return Ok(false);
        };
        for (name, value) in section.iter() {
            if let Some(known) = SETTINGS.iter().find(|known| **known == name) {
                self.origins.insert(known, file.display().to_string());
            }
            match name {
                "user" => self.user = value.to_owned(),
                "url" => self.url = value.to_owned(),
                "api_key" => self.api_key = Some(key(value, &file.display().to_string())?),
                // Beside the file that names it, unless it is a whole path.
                "ca_file" => {
                    let beside = file.parent().unwrap_or(Path::new("."));
                    self.trust.ca_file = Some(beside.join(value));
                }
                "plain_http" => self.trust.plain_http = truth(value).map_err(fail)?,
                // Files of other versions and other clients may say more.
                _ => {}
            }
        }
        Ok(true)
    }
}

/// What a file says; nothing where there is none, and need not be.
fn parsed(file: &Path, must_exist: bool) -> Result<Option<Ini>, ConnectionError> {
    let fail = |why: String| ConnectionError { place: file.display().to_string(), why };
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !must_exist => return Ok(None),
        Err(e) => return Err(fail(e.to_string())),
    };
    // A backslash in a value is a backslash, as in the files of old.
    let option = ParseOption { enabled_escape: false, ..ParseOption::default() };
    let ini = Ini::load_from_str_opt(&text, option);
    ini.map(Some).map_err(|e| fail(format!("line {}: {}", e.line + 1, e.msg)))
}

fn truth(text: &str) -> Result<bool, String> {
    match text {
        "true" | "True" | "1" => Ok(true),
        "false" | "False" | "0" => Ok(false),
        other => Err(format!("plain_http is true or false, not {other:?}")),
    }
}

fn key(text: &str, place: &str) -> Result<Key, ConnectionError> {
    text.parse().map_err(|_| ConnectionError {
        place: place.to_owned(),
        why: "the api_key is not one line of printable ASCII characters without spaces".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(
        text: &str,
        name: Option<&str>,
        more: &[(&str, &str)],
    ) -> Result<Connection, ConnectionError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mf.conf");
        std::fs::write(&file, text).unwrap();
        Connection::from_environment(name, &Flags::default(), |variable| match variable {
            "MF_CONFIG" => Some(file.display().to_string()),
            other => more.iter().find(|(n, _)| *n == other).map(|(_, v)| (*v).to_owned()),
        })
    }

    const TWO: &str = "[connection:default]\nuser = derks\napi_key = mf_1_a=b;c\nurl = http://a:1\n\
                       \n[connection:work]\nurl=http://b:2/farm\n";

    #[test]
    fn a_connection_is_read_by_its_name() {
        let default = load(TWO, None, &[]).unwrap();
        assert_eq!(default.user, "derks");
        assert_eq!(default.api_key.unwrap().expose(), "mf_1_a=b;c");
        let work = load(TWO, Some("work"), &[]).unwrap();
        assert_eq!((work.url.as_str(), work.api_key), ("http://b:2/farm", None));
        assert_eq!(load(TWO, None, &[("MF_CONNECTION", "work")]).unwrap().name, "work");
        let missing = load(TWO, Some("home"), &[]).unwrap_err();
        assert!(missing.to_string().contains("[connection:home]"), "{missing}");
    }

    #[test]
    fn variables_win_and_a_key_stays_with_its_hub() {
        let other = load(TWO, None, &[("MF_URL", "http://evil:1")]).unwrap();
        assert_eq!((other.url.as_str(), other.api_key), ("http://evil:1", None));
        let same = load(TWO, None, &[("MF_URL", "http://a:1/"), ("MF_API_KEY", "k")]).unwrap();
        assert_eq!(same.api_key.unwrap().expose(), "k");
    }

    #[test]
    fn flags_win_over_variables_and_those_over_files() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mf.conf");
        std::fs::write(&file, TWO).unwrap();
        let with = |url: Option<&str>, more: &[(&str, &str)]| {
            let flags = Flags { url: url.map(str::to_owned), ca_file: Some("flag.pem".into()) };
            Connection::from_environment(None, &flags, |variable| match variable {
                "MF_CONFIG" => Some(file.display().to_string()),
                other => more.iter().find(|(n, _)| *n == other).map(|(_, v)| (*v).to_owned()),
            })
            .unwrap()
        };
        let all = [("MF_URL", "http://v:1"), ("MF_API_KEY", "mf_v"), ("MF_CA_FILE", "v.pem")];
        let flagged = with(Some("http://f:1"), &all);
        assert_eq!((flagged.url.as_str(), flagged.api_key.is_none()), ("http://f:1", true));
        assert_eq!(flagged.trust.ca_file.unwrap(), Path::new("flag.pem"));
        assert_eq!(
            (flagged.origins["url"].as_str(), flagged.origins["ca_file"].as_str()),
            ("--hub", "--ca-file")
        );
        let variable = with(None, &all);
        assert_eq!(
            (variable.url.as_str(), variable.origins["api_key"].as_str()),
            ("http://v:1", "MF_API_KEY")
        );
        // A key of the environment without a URL goes where the flag says.
        assert!(with(Some("http://f:1"), &all[1..]).api_key.is_some());
        let same = with(Some("http://a:1/"), &[]);
        assert_eq!(same.origins["api_key"], file.display().to_string());
        assert!(same.api_key.is_some(), "it is the hub that the key is for");
    }

    #[test]
    fn the_way_is_trusted_as_the_file_says_and_no_other() {
        let text = "[connection:default]\nurl = http://a:1\nca_file = ca.pem\nplain_http = true\n";
        let there = load(text, None, &[]).unwrap().trust;
        let file = there.ca_file.unwrap();
        assert!(file.is_absolute() && file.ends_with("ca.pem") && there.plain_http, "{file:?}");
        let elsewhere = load(text, None, &[("MF_URL", "http://b:1"), ("MF_CA_FILE", "x")]).unwrap();
        assert_eq!(elsewhere.trust, Trust { ca_file: Some("x".into()), plain_http: false });
        let wrong = load("[connection:default]\nplain_http = maybe\n", None, &[]).unwrap_err();
        assert!(wrong.to_string().contains("not \"maybe\""), "{wrong}");
    }

    #[test]
    fn a_hub_is_told_by_its_file_or_its_url() {
        let of_file = load(TWO, Some("work"), &[]).unwrap().hub_is;
        assert!(of_file.starts_with("work in /") && of_file.ends_with("/mf.conf"), "{of_file}");
        let same = load(TWO, None, &[("MF_URL", "http://a:1/")]).unwrap();
        assert!(same.hub_is.starts_with("default in /"), "{same:?}");
        let other = load(TWO, None, &[("MF_URL", "http://b:1/")]).unwrap();
        assert_eq!(other.hub_is, "http://b:1");
        let default = Connection::from_environment(None, &Flags::default(), |_| None).unwrap();
        assert_eq!(default.hub_is, default.url);
    }

    #[test]
    fn a_broken_file_is_named_and_its_key_is_not_shown() {
        let error = load("[connection:default\nurl=x", None, &[]).unwrap_err().to_string();
        assert!(error.contains("mf.conf: line "), "{error}");
        let error = load("[connection:default]\napi_key = two words", None, &[]).unwrap_err();
        assert!(!error.to_string().contains("two words"), "{error}");
        let missing = Connection::from_environment(None, &Flags::default(), |variable| {
            (variable == "MF_CONFIG").then(|| "/nonexistent/mf.conf".to_owned())
        });
        assert!(missing.unwrap_err().to_string().contains("/nonexistent/mf.conf"));
    }
}
