//! Whom a client accepts as the hub, and what may cross a network unencrypted.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::Url;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::Error;

/// How far the way to a hub is trusted. The default is what suits a farm on
/// the open network: the authorities that the host trusts, and no key over
/// plain http but to this host itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// PEM file of certificate authorities; with it, only these are believed.
    pub ca_file: Option<PathBuf>,
    /// Whether a key may be sent over plain http to another host.
    pub plain_http: bool,
}

impl Trust {
    /// Refuses to show a key to everybody on the way.
    ///
    /// # Errors
    /// A key would cross a network in clear, and nobody said that it may.
    pub(crate) fn check(&self, base: &Url) -> Result<(), Error> {
        if base.scheme() == "https" || self.plain_http || is_this_host(base) {
            return Ok(());
        }
        Err(Error::Invalid(format!(
            "the hub's url {base} is plain http, which would show the key to everybody on the \
             way; use https, or say plain_http = true if that network is yours alone"
        )))
    }

    /// What a connection to `base` is encrypted with, and checked by.
    ///
    /// # Errors
    /// The authorities cannot be read.
    pub(crate) fn tls(&self, base: &Url) -> Result<ClientConfig, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| Error::Invalid(format!("TLS cannot be used: {e}")))?;
        let mut config = match &self.ca_file {
            Some(file) => versions.with_root_certificates(authorities(file)?),
            // The host's own are many, and reading them takes its time.
            None if base.scheme() != "https" => {
                versions.with_root_certificates(RootCertStore::empty())
            }
            None => versions.with_platform_verifier().map_err(|e| {
                Error::Invalid(format!(
                    "the certificate authorities that this host trusts cannot be read ({e}); \
                     install ca-certificates, or name the hub's own with ca_file"
                ))
            })?,
        }
        .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// Whether what is sent there leaves this host.
fn is_this_host(base: &Url) -> bool {
    let host = base.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match address {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn authorities(file: &Path) -> Result<RootCertStore, Error> {
    let fail = |why: &str| Error::Invalid(format!("ca_file {}: {why}", file.display()));
    let mut roots = RootCertStore::empty();
    let found = CertificateDer::pem_file_iter(file).map_err(|e| fail(&e.to_string()))?;
    for certificate in found {
        let certificate = certificate.map_err(|e| fail(&e.to_string()))?;
        roots.add(certificate).map_err(|e| fail(&e.to_string()))?;
    }
    if roots.is_empty() {
        return Err(fail("there is no certificate in it; it takes PEM text"));
    }
    Ok(roots)
}

/// Why a connection could not be trusted, for people; `None` where that was
/// not the reason.
pub(crate) fn distrust(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    use rustls::Error as Tls;
    Some(match tls(error)? {
        Tls::InvalidCertificate(wrong) => certificate(wrong),
        Tls::InvalidMessage(_) => "it does not speak TLS there; is its url http:// ?".into(),
        Tls::AlertReceived(alert) => format!("it ended the handshake of TLS: {alert:?}"),
        Tls::PeerIncompatible(_) => "it speaks no TLS 1.2 or 1.3 that is known here".into(),
        other => format!("TLS: {other}"),
    })
}

fn certificate(wrong: &CertificateError) -> String {
    use CertificateError as Wrong;
    match wrong {
        Wrong::UnknownIssuer | Wrong::BadSignature => {
            "no authority that is trusted here has signed its certificate; name the one that did \
             with ca_file, --ca-file or MF_CA_FILE"
                .into()
        }
        Wrong::ExpiredContext { time, not_after } => {
            let days = time.as_secs().saturating_sub(not_after.as_secs()) / (24 * 60 * 60);
            format!(
                "its certificate expired {days} days ago: renew it on the hub; or this host's \
                 clock is wrong: set it, as by timedatectl set-ntp true"
            )
        }
        Wrong::NotValidYetContext { time, not_before } => {
            let hours = not_before.as_secs().saturating_sub(time.as_secs()).div_ceil(60 * 60);
            format!(
                "its certificate is valid only in {hours} hours by this host's clock, which is \
                 probably wrong: set it, as by timedatectl set-ntp true"
            )
        }
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => {
            format!("its certificate is another host's: {wrong}")
        }
        Wrong::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "its certificate is an authority's own; it needs one with basicConstraints=CA:FALSE"
                .into()
        }
        _ => format!("its certificate cannot be accepted: {wrong}"),
    }
}

/// The reason within an error that TLS gave. What stands inside of an
/// [`std::io::Error`] is not among its sources.
pub(crate) fn tls<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(found) = held.and_then(|held| tls(held)) {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(url: &str, plain_http: bool) -> bool {
        let trust = Trust { ca_file: None, plain_http };
        trust.check(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn a_key_leaves_this_host_encrypted_or_as_it_was_told() {
        for here in ["http://127.0.0.1:8765", "http://[::1]:1", "http://localhost", "http://127.9"]
        {
            assert!(may(here, false), "{here}");
        }
        assert!(may("https://farm.example.org", false));
        for away in ["http://10.0.0.1:8765", "http://localhost.example.org", "http://[fe80::1]:1"] {
            assert!(!may(away, false) && may(away, true), "{away}");
        }
    }

    #[test]
    fn a_file_without_authorities_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ca.pem");
        for (text, told) in [
            (None, "No such file"),
            (Some("hello"), "there is no certificate in it"),
            (Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "ca.pem: "),
        ] {
            if let Some(text) = text {
                std::fs::write(&file, text).unwrap();
            }
            let trust = Trust { ca_file: Some(file.clone()), ..Trust::default() };
            let error = trust.tls(&Url::parse("https://x").unwrap()).unwrap_err().to_string();
            assert!(error.contains("ca.pem") && error.contains(told), "{error}");
        }
    }
}
