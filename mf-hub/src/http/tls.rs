//! The hub's certificate, exchanged while the hub runs when its files change.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mf_core::config::{ConfigError, HubConfig};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at, while somebody connects: nothing
/// happens when nobody does.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What accepts TLS with the configured certificate; `None` without one.
///
/// # Errors
/// The files cannot be used, or only one of them is named.
pub fn acceptor(config: &HubConfig) -> Result<Option<TlsAcceptor>, ConfigError> {
    let fail = |why: &str| ConfigError { path: "certificate".into(), why: why.into() };
    let (certificate, key) = match (&config.certificate, &config.certificate_key) {
        (Some(certificate), Some(key)) => (certificate, key),
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(fail("certificate_key must name the file of its key")),
        (None, Some(_)) => return Err(fail("certificate_key has no certificate beside it")),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let files = Files { certificate: certificate.clone(), key: key.clone() };
    let shown = Shown::new(files, Arc::clone(&provider)).map_err(|why| fail(&why))?;
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fail(&error.to_string()))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(tls))))
}

/// Where certificate and key are.
#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What a file was when it was looked at; `None` where there is none.
type Stamp = Option<(u64, i64, i64, u64)>;

impl Files {
    fn stamps(&self) -> [Stamp; 2] {
        [&self.certificate, &self.key].map(|file| {
            let found = std::fs::metadata(file).ok()?;
            Some((found.ino(), found.mtime(), found.mtime_nsec(), found.len()))
        })
    }

    fn read(&self, provider: &CryptoProvider) -> Result<CertifiedKey, String> {
        let told = |file: &Path, why: String| format!("{}: {why}", file.display());
        let wrong = |why: String| told(&self.certificate, why);
        let chain: Vec<_> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .map_err(|error| wrong(error.to_string()))?;
        if chain.is_empty() {
            return Err(wrong("there is no certificate in it; it takes PEM text".into()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| told(&self.key, error.to_string()))?;
        CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                wrong(format!("the key in {} is another certificate's", self.key.display()))
            }
            other => wrong(other.to_string()),
        })
    }
}

/// The certificate that is shown to those who connect.
#[derive(Debug)]
struct Shown {
    files: Files,
    provider: Arc<CryptoProvider>,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    key: Arc<CertifiedKey>,
    stamps: [Stamp; 2],
    looked: Instant,
}

impl Shown {
    fn new(files: Files, provider: Arc<CryptoProvider>) -> Result<Self, String> {
        // Before they are read: what changes in between is seen the next time.
        let stamps = files.stamps();
        let key = Arc::new(files.read(&provider)?);
        let held = Mutex::new(Held { key, stamps, looked: Instant::now() });
        Ok(Self { files, provider, held })
    }

    /// The certificate as its files are now; as they last were good, when
    /// they are not.
    fn now(&self) -> Arc<CertifiedKey> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.looked.elapsed() >= LOOK_EVERY {
            held.looked = Instant::now();
            let stamps = self.files.stamps();
            if stamps != held.stamps {
                held.stamps = stamps;
                match self.files.read(&self.provider) {
                    Ok(key) => {
                        tracing::info!("the certificate is exchanged for the new one");
                        held.key = Arc::new(key);
                    }
                    Err(why) => {
                        tracing::warn!("the new certificate is not used, the former one is: {why}");
                    }
                }
            }
        }
        Arc::clone(&held.key)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }
}
