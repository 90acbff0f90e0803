//! The cookie of somebody who is signed in to the pages.
//!
//! It lets its holder read wherever a key would. It lets nobody write but
//! through the forms of the pages, which another site cannot send: see
//! [`crate::web`].

use axum::http::request::Parts;
use axum::http::{HeaderValue, header};

use crate::hub::Hub;
use crate::store::key::hex;
use crate::store::session::SECONDS;

/// Name of the cookie.
const NAME: &str = "mf_session";

/// Marks a request whose form was checked to be one of ours; only the code that
/// has checked that may set it.
#[derive(Clone, Copy, Debug)]
pub struct Checked;

/// The secret of the session that a request may use; `None` for one that
/// writes and was not checked.
pub fn usable(parts: &Parts) -> Option<&str> {
    let reads = parts.method.is_safe() || parts.extensions.get::<Checked>().is_some();
    of(parts).filter(|_| reads)
}

/// The secret of the session that a request carries.
pub fn of(parts: &Parts) -> Option<&str> {
    let cookies = parts.headers.get_all(header::COOKIE).into_iter();
    let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()).flat_map(|all| all.split(';'));
    cookies
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == NAME && !value.is_empty()).then_some(value))
}

/// A new secret.
pub fn new() -> String {
    hex(&rand::random::<[u8; 32]>())
}

/// The header that gives a browser a session.
pub fn cookie(hub: &Hub, secret: &str) -> HeaderValue {
    header(hub, secret, SECONDS)
}

/// The header that takes it away.
pub fn no_cookie(hub: &Hub) -> HeaderValue {
    header(hub, "", 0)
}

fn header(hub: &Hub, secret: &str, seconds: i64) -> HeaderValue {
    let https = hub.config.certificate.is_some() || hub.config.public_url.starts_with("https:");
    let secure = if https { "; Secure" } else { "" };
    let text =
        format!("{NAME}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    // Hexadecimal digits and words of ours can stand in any header.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}

/// The token that the forms of a session carry: only somebody who has read a
/// page of ours that was made for this session knows it.
pub fn csrf(hub: &Hub, secret: &str) -> String {
    hub.files.secret().sign(&["form", secret])
}
