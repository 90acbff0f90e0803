//! When the certificate of a hub will have expired. TLS itself is asked, by a
//! clock that is ahead: what is told is what clients will say then, of every
//! certificate between the hub and its authority.

use std::sync::Arc;
use std::time::Duration;

use mf_core::time;
use reqwest::Url;
use rustls::CertificateError::ExpiredContext;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

use crate::hub::ANSWER;
use crate::{Error, Trust, http, trust};

/// A clock that is ahead by so much.
#[derive(Debug)]
struct Ahead(Duration);

impl TimeProvider for Ahead {
    fn current_time(&self) -> Option<UnixTime> {
        let now = u64::try_from(time::unix_now()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(now) + self.0))
    }
}

/// In how many seconds a certificate of the hub at `url` expires, if it does
/// within `ahead`.
///
/// # Errors
/// The hub cannot be asked.
pub(crate) async fn seconds_left(
    url: &str,
    trust: &Trust,
    ahead: Duration,
) -> Result<Option<u64>, Error> {
    let base = Url::parse(url).map_err(|e| Error::Invalid(format!("{url:?} is no URL: {e}")))?;
    let mut tls = trust.tls(&base)?;
    tls.time_provider = Arc::new(Ahead(ahead));
    // Nothing is said but hello, and by nobody: no key goes along.
    let Err(error) = http::client(tls)?.get(base).timeout(ANSWER).send().await else {
        return Ok(None);
    };
    match trust::tls(&error) {
        Some(rustls::Error::InvalidCertificate(ExpiredContext { time, not_after })) => {
            let expired = time.as_secs().saturating_sub(not_after.as_secs());
            Ok(Some(ahead.as_secs().saturating_sub(expired)))
        }
        _ => Err(http::cut(url, &error)),
    }
}
