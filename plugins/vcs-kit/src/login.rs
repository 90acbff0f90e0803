//! Who this host says it is, to which server.

use std::fmt::Write;

use monkeyfarm_plugin_api::schemars::JsonSchema;
use monkeyfarm_plugin_api::{Context, Failure};
use serde::Deserialize;

use crate::scheme::{Kind, Scheme};
use crate::url::Url;

/// One `[[login]]` of `plugins.d/<plugin>.toml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub struct Login {
    /// Scheme and host, such as `https://git.example.org`.
    pub at: String,
    /// Who; servers that want a token mostly take any name.
    #[serde(default = "anybody")]
    pub user: String,
    /// Name of the password or token in the file's `[secrets]`.
    pub secret: String,
}

fn anybody() -> String {
    "token".into()
}

/// A user and a password, and the place that they are for. It cannot be
/// printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `https://host:8443`.
    pub place: String,
    /// As it is, without `%`.
    pub user: String,
    /// As it is, without `%`.
    pub password: String,
}

impl Credentials {
    /// Those that stand in a URL.
    pub fn in_url(url: &Url) -> Option<Self> {
        let (user, password) = url.secret()?;
        Some(Self { place: url.place(), user: decode(user), password: decode(password) })
    }

    /// `https://user:password@host`, with `%` before what must have one.
    pub fn as_url(&self) -> String {
        let (scheme, host) = self.place.split_once("://").unwrap_or_default();
        format!("{scheme}://{}:{}@{host}", encode(&self.user), encode(&self.password))
    }
}

impl Login {
    /// The credentials, with their secret.
    ///
    /// # Errors
    /// `at` is no place that takes a password, or there is no such secret.
    pub fn credentials(
        &self,
        known: &[Scheme],
        file: &str,
        cx: &Context,
    ) -> Result<Credentials, Failure> {
        let refuse = |why: String| Failure::new(format!("{file} of this host, `login`: {why}"));
        let at = Url::parse(&format!("{}/x", self.at.trim_end_matches('/')), known)
            .map_err(|failure| refuse(failure.sentence))?;
        if at.scheme.kind != Kind::Web || at.secret().is_some() || at.path() != "/x" {
            return Err(refuse(format!(
                "`at` is `{}`; write scheme and host, such as https://git.example.org",
                crate::url::redact(&self.at).escape_debug()
            )));
        }
        let password = cx.secret(&self.secret).ok_or_else(|| {
            refuse(format!("there is no `{}` in [secrets]", self.secret.escape_debug()))
        })?;
        Ok(Credentials { place: at.place(), user: self.user.clone(), password })
    }
}

fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => encoded.push(char::from(b)),
            // Writing to a String cannot fail.
            b => _ = write!(encoded, "%{b:02X}"),
        }
    }
    encoded
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let number = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(number.unwrap_or(b'%'));
        rest = &rest[at + if number.is_some() { 3 } else { 1 }..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use monkeyfarm_plugin_api::kit::Recorder;

    const KNOWN: &[Scheme] = &[Scheme::HTTPS, Scheme::SSH];

    #[test]
    fn a_login_is_for_its_place_and_takes_its_secret_by_name() {
        let farm = Recorder::new().with_secret("token", "a/b@c%");
        let login = |at: &str, secret: &str| {
            let login = Login { at: at.into(), user: "j@e".into(), secret: secret.into() };
            login.credentials(KNOWN, "git.toml", &farm.context()).map(|given| given.as_url())
        };
        assert_eq!(login("HTTPS://Host:443", "token").unwrap(), "https://j%40e:a%2Fb%40c%25@host");
        assert_eq!(
            login("https://host", "tokn").unwrap_err().sentence,
            "git.toml of this host, `login`: there is no `tokn` in [secrets]"
        );
        for at in ["https://host/team", "ssh://host", "https://joe:s3cret@host", "host", ""] {
            let sentence = login(at, "token").unwrap_err().sentence;
            assert!(sentence.starts_with("git.toml of this host, `login`: "), "{sentence}");
            assert!(!sentence.contains("s3cret"), "{sentence}");
        }
    }

    #[test]
    fn what_stands_in_a_url_is_read_as_it_is_meant() {
        let url = Url::parse("https://j%40e:a%2Fb%zz@h/x", KNOWN).unwrap();
        let found = Credentials::in_url(&url).unwrap();
        assert_eq!((found.user.as_str(), found.password.as_str()), ("j@e", "a/b%zz"));
    }
}
