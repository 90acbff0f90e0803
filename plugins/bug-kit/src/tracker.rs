//! Requests to a tracker, and what to do when one fails.

use std::io::ErrorKind;

use monkeyfarm_plugin_api::{Context, Failure};
use serde_json::Value;
use ureq::http::{HeaderMap, Request};
use ureq::{Agent, Error};

use crate::limit;
use crate::reply::{Reply, next_page};
use crate::site::Site;

/// Largest reply that is read, in bytes: a page of long comments.
const LARGEST: u64 = 16 * 1024 * 1024;
/// How long a server is not called that limits its callers and does not say for
/// how long, in seconds.
const ENOUGH: u64 = 60;

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Ask<'a> {
    /// `GET`, `POST`, `PUT`, `PATCH`.
    pub method: &'a str,
    /// Path below the tracker's address, and a query. What stands in the query
    /// is never shown.
    pub path: &'a str,
    /// Headers beside the usual ones.
    pub headers: &'a [(&'a str, &'a str)],
    /// JSON to send.
    pub body: Option<&'a Value>,
}

/// A tracker that can be asked.
pub struct Tracker {
    site: Site,
    agent: Agent,
}

impl Tracker {
    /// The tracker of a site.
    ///
    /// # Errors
    /// The authorities of certificates cannot be read.
    pub fn new(site: Site) -> Result<Self, Failure> {
        let config = Agent::config_builder()
            .timeout_global(Some(site.timeout()))
            .http_status_as_error(false)
            // A key goes nowhere else, not even when the server says so.
            .max_redirects(0)
            .proxy(None)
            .user_agent(concat!("MonkeyFarm/", env!("CARGO_PKG_VERSION")))
            .tls_config(site.tls()?)
            .build();
        Ok(Self { agent: config.into(), site })
    }

    /// The tracker's address, for sentences.
    pub fn url(&self) -> &str {
        &self.site.url
    }

    /// Asks, and gives the reply: JSON, of a status below 500 and no redirect.
    /// The call's log has method, path and status.
    ///
    /// # Errors
    /// Nothing came of it for now ([`Failure::later`]): the tracker is down or
    /// slow, limits its callers, has an internal error, or is no tracker at all.
    pub fn ask(&self, ask: &Ask<'_>, cx: &Context) -> Result<Reply, Failure> {
        cx.check()?;
        let shown = ask.path.split('?').next().unwrap_or_default();
        let what = format!("{} {shown}", ask.method);
        let (status, headers, body) = self.send(ask).map_err(|error| self.unheard(&error))?;
        cx.log(format!("{what}: {status}"));
        self.usual(status, &headers)?;
        let json = serde_json::from_slice(&body).map_err(|_| {
            let told = format!(
                "{} answers {what} with something other than JSON (status {status})",
                self.url()
            );
            Failure::later(told)
        })?;
        let next = headers.get("link").and_then(|link| next_page(link.to_str().ok()?));
        let next = next.and_then(|next| Some(next.strip_prefix(self.url())?.to_owned()));
        let next = next.filter(|next| next.starts_with('/'));
        Ok(Reply { status, json, next })
    }

    fn send(&self, ask: &Ask<'_>) -> Result<(u16, HeaderMap, Vec<u8>), Error> {
        let mut request =
            Request::builder().method(ask.method).uri(format!("{}{}", self.site.url, ask.path));
        if !ask.headers.iter().any(|(name, _)| *name == "accept") {
            request = request.header("accept", "application/json");
        }
        for (name, value) in ask.headers {
            request = request.header(*name, *value);
        }
        let mut response = match ask.body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                self.agent.run(request.body(body.to_string())?)?
            }
            None => self.agent.run(request.body(())?)?,
        };
        let body = response.body_mut().with_config().limit(LARGEST).read_to_vec()?;
        Ok((response.status().as_u16(), response.headers().clone(), body))
    }

    /// What every tracker may say, whatever it was asked.
    fn usual(&self, status: u16, headers: &HeaderMap) -> Result<(), Failure> {
        let url = self.url();
        let wait = limit::wait(headers);
        match (status, wait) {
            (429, wait) | (403 | 503, wait @ Some(_)) => {
                let seconds = wait.unwrap_or(ENOUGH).max(1);
                let told = format!(
                    "{url} limits how often it is called; the next call is made in {seconds} s"
                );
                Err(Failure::all_later(told, seconds))
            }
            (502..=504, _) => {
                Err(Failure::all_later(format!("{url} is down (status {status})"), 0))
            }
            (500.., _) => {
                Err(Failure::later(format!("{url} has an internal error (status {status})")))
            }
            (300..400, _) => {
                let to = headers.get("location").and_then(|to| to.to_str().ok());
                let to: String = to.unwrap_or("another address").chars().take(200).collect();
                let to = to.split('?').next().unwrap_or_default();
                let told = format!(
                    "{url} redirects to {to}, and the key is never sent there; correct the url in \
                     plugins.d of the regulator's host, or the bug"
                );
                Err(Failure::later(told))
            }
            _ => Ok(()),
        }
    }

    /// Why no reply came. No address is shown but the tracker's own: a query
    /// may hold a key.
    fn unheard(&self, error: &Error) -> Failure {
        let url = self.url();
        let told = match error {
            Error::Timeout(_) => {
                format!("{url} did not answer within {} s", self.site.timeout().as_secs())
            }
            Error::HostNotFound => format!("cannot reach {url}: no host of that name is known"),
            Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
                format!("cannot reach {url}: nothing answers there (connection refused)")
            }
            Error::BodyExceedsLimit(_) => format!("{url} sends more than {LARGEST} bytes"),
            Error::Io(error) => format!("the connection to {url} failed: {error}"),
            Error::Http(_) => {
                // A header that cannot be one: all that varies in them is the key.
                format!("the key for {url} has characters that no key has; see [secrets]")
            }
            Error::Rustls(error) => format!("no encrypted connection to {url}: {error}"),
            Error::Tls(why) => format!("no encrypted connection to {url}: {why}"),
            _ => format!("{url} could not be asked, or broke off its answer"),
        };
        Failure::all_later(told, 0)
    }
}
