//! Where a tracker is, and how far the way to it is trusted: what the
//! administrator of the regulator's host says.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use monkeyfarm_plugin_api::schemars::JsonSchema;
use monkeyfarm_plugin_api::{Failure, LocalConfig};
use serde::Deserialize;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Where a tracker is. The key stands beside this, in `[secrets]`: it goes to
/// this address and to no other, whatever anybody configures on the hub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(crate = "monkeyfarm_plugin_api::schemars")]
pub struct Site {
    /// The tracker's address, such as `https://bugzilla.example.org`.
    pub url: String,
    /// PEM file of certificate authorities; with it, only these are believed.
    #[schemars(with = "Option<String>")]
    pub ca_file: Option<PathBuf>,
    /// How long one request may take, in seconds; default: 20.
    #[schemars(range(min = 1, max = 300))]
    pub timeout_seconds: Option<u64>,
    /// Whether the key may be sent over plain http to another host.
    pub plain_http: bool,
}

impl Site {
    /// What this host says of the tracker; `default` is its address where it
    /// says none.
    ///
    /// # Errors
    /// [`Failure::all_later`]: it is wrong, and may be put right.
    pub fn read(local: &LocalConfig, default: &str) -> Result<Self, Failure> {
        let mut site: Site =
            local.read().map_err(|Failure { sentence, .. }| Failure::all_later(sentence, 0))?;
        if site.url.is_empty() {
            site.url = default.to_owned();
        }
        site.url.truncate(site.url.trim_end_matches('/').len());
        site.check(local)?;
        Ok(site)
    }

    fn check(&self, local: &LocalConfig) -> Result<(), Failure> {
        let file = match local.file.as_str() {
            "" => "plugins.d/<plugin>.toml of the regulator's host",
            file => file,
        };
        let wrong = |why: &str| Err(Failure::all_later(format!("{file}: {why}"), 0));
        if self.url.is_empty() {
            return wrong("names no tracker; write url = \"https://…\"");
        }
        let uri = self.url.parse::<Uri>().ok();
        let scheme = uri.as_ref().and_then(Uri::scheme_str);
        let Some((uri, scheme)) = uri.as_ref().zip(scheme) else {
            return wrong("url is no address; write url = \"https://…\"");
        };
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if !["http", "https"].contains(&scheme) || authority.contains('@') || uri.query().is_some()
        {
            return wrong("url is no plain http or https address; keys go into [secrets]");
        }
        if scheme == "http" && !self.plain_http && !is_this_host(uri.host().unwrap_or_default()) {
            return wrong(
                "url is plain http, which would show the key to everybody on the way; use https, \
                 or say plain_http = true if that network is yours alone",
            );
        }
        Ok(())
    }

    /// How long one request may take.
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.unwrap_or(20).clamp(1, 300))
    }

    /// What connections are encrypted with, and checked by.
    ///
    /// # Errors
    /// The authorities cannot be read.
    pub(crate) fn tls(&self) -> Result<TlsConfig, Failure> {
        let roots = match &self.ca_file {
            None => RootCerts::PlatformVerifier,
            Some(file) => {
                let fail = |why: String| {
                    let told =
                        format!("the authorities in {} cannot be read: {why}", file.display());
                    Failure::all_later(told, 0)
                };
                let pem = std::fs::read(file).map_err(|error| fail(error.to_string()))?;
                let certificates: Vec<Certificate<'static>> = parse_pem(&pem)
                    .filter_map(|item| match item {
                        Ok(PemItem::Certificate(certificate)) => Some(certificate),
                        _ => None,
                    })
                    .collect();
                if certificates.is_empty() {
                    return Err(fail("there is no certificate in it".into()));
                }
                RootCerts::new_with_certs(&certificates)
            }
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder().root_certs(roots);
        Ok(tls.unversioned_rustls_crypto_provider(provider).build())
    }
}

fn is_this_host(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_address_is_checked_before_any_key_goes_there() {
        let read = |table| Site::read(&LocalConfig::new("b.toml", table), "");
        let good = read(json!({ "url": "https://b.example.org/bugzilla/" })).unwrap();
        assert_eq!(good.url, "https://b.example.org/bugzilla");
        assert!(read(json!({ "url": "http://127.0.0.1:80" })).is_ok());
        assert!(read(json!({ "url": "http://[::1]:80" })).is_ok());
        assert!(read(json!({ "url": "http://b.example.org", "plain_http": true })).is_ok());
        for (table, told) in [
            (json!({}), "b.toml: names no tracker"),
            (json!({ "url": "b.example.org" }), "b.toml: url is no address"),
            (json!({ "url": "ftp://b" }), "b.toml: url is no plain http"),
            (json!({ "url": "https://u:p@b" }), "b.toml: url is no plain http"),
            (json!({ "url": "https://b/?api_key=x" }), "b.toml: url is no plain http"),
            (json!({ "url": "http://b.example.org" }), "b.toml: url is plain http, which"),
            (json!({ "uri": "https://b" }), "b.toml of this host"),
        ] {
            let failure = read(table).unwrap_err();
            assert!(failure.sentence.starts_with(told), "{failure}");
            assert_eq!(failure.kind, monkeyfarm_plugin_api::FailureKind::Later);
        }
    }
}
