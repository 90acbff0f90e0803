//! Links to files that anybody who has one can fetch, for a limited time.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use mf_core::error::{Code, Error};
use mf_core::time;
use mf_core::wire::Held;
use serde_json::json;

use super::call::Call;
use super::file::missing;
use super::{envelope, input, ranges};
use crate::hub::Hub;
use crate::store::{file, task};

/// How long a link is good for, in seconds.
const GOOD_FOR: i64 = 60 * 60;
/// Kinds of files, and how they are called in a path.
const KINDS: [(&str, &str); 4] =
    [("files", "file"), ("sources", "source"), ("logs", "log"), ("configs", "config")];

/// A file of a task, as a path names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    of: Held,
    kind: &'static str,
    name: String,
}

/// `GET /util/get_file_download_url`, also under `/root/`: where a file can
/// be fetched by a plain GET.
///
/// # Errors
/// There is no such file, as far as the caller may know.
pub async fn url(call: Call) -> Result<Response, Error> {
    let path = call.values.text("path");
    let wanted = Wanted::read(path).ok_or_else(|| {
        let shown: String = path.chars().take(80).collect();
        let told = format!("path takes <task fs_path>/files/<name>, not {shown:?}");
        Error::new(Code::InvalidValue, told)
    })?;
    let sight = call.caller.sight();
    call.hub.readers.read(|db| {
        let known = task::may_know(db, wanted.of.task, sight)?;
        let found = file::find(db, wanted.of, wanted.kind, &wanted.name)?;
        match found.filter(|_| known) {
            Some(_) => Ok(()),
            None => Err(missing(wanted.kind, &wanted.name).into()),
        }
    })?;
    let expires = (time::unix_now() + GOOD_FOR).to_string();
    let signature = call.hub.files.secret().sign(&["download", path, &expires]);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("path", path).append_pair("expires", &expires);
    query.append_pair("signature", &signature);
    let url = format!("{}/download?{}", base(&call.hub, &call.parts.headers), query.finish());
    Ok(envelope::data(&json!({ "download_url": url })))
}

/// `GET /download`: a file, by a link that [`url`] made.
///
/// # Errors
/// The link is none of ours or too old, or the file is gone.
pub async fn download(hub: Arc<Hub>, parts: Parts) -> Result<Response, Error> {
    let mut query = input::query(&parts)?;
    let mut text = |name| query.take_text(name).map(Option::unwrap_or_default);
    let (path, expires, signature) = (text("path")?, text("expires")?, text("signature")?);
    let forbidden = |told: &str| Error::new(Code::Forbidden, told);
    let wanted = Wanted::read(&path)
        .filter(|_| hub.files.secret().verify(&["download", &path, &expires], &signature))
        .ok_or_else(|| forbidden("this is no link that the hub made"))?;
    // A number, or it would not have been signed.
    if expires.parse().unwrap_or(0) < time::unix_now() {
        return Err(forbidden("the link has expired; ask for a new one"));
    }
    let found = hub.readers.read(|db| file::find(db, wanted.of, wanted.kind, &wanted.name))?;
    let reading = match found {
        Some(found) => hub.files.read(wanted.of, &found.stored)?,
        None => None,
    };
    let reading = reading.ok_or_else(|| missing(wanted.kind, &wanted.name))?;
    ranges::attachment(reading, &parts.headers, &wanted.name)
}

impl Wanted {
    /// Reads `tasks/<task>/<attempt>/<files|sources|logs|configs>/<name>`.
    fn read(path: &str) -> Option<Self> {
        let mut parts = path.splitn(5, '/');
        (parts.next()? == "tasks").then_some(())?;
        let task = parts.next()?.parse().ok()?;
        let attempt = parts.next()?.parse().ok()?;
        let plural = parts.next()?;
        let (_, kind) = KINDS.into_iter().find(|(known, _)| *known == plural)?;
        let name = parts.next()?.to_owned();
        Some(Self { of: Held { task, attempt }, kind, name })
    }
}

/// How the caller reaches the hub.
pub fn base(hub: &Hub, headers: &HeaderMap) -> String {
    if !hub.config.public_url.is_empty() {
        return hub.config.public_url.trim_end_matches('/').to_owned();
    }
    let host = headers.get("host").and_then(|host| host.to_str().ok()).filter(|host| {
        // What is no host would make the link lead elsewhere.
        !host.is_empty() && host.bytes().all(|c| c.is_ascii_alphanumeric() || b".-:[]".contains(&c))
    });
    let scheme = if hub.config.certificate.is_some() { "https" } else { "http" };
    format!("{scheme}://{}", host.unwrap_or(&hub.config.listen))
}
