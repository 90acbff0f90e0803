//! What all pages load: the style, the scripts, the pictures. Their addresses
//! carry their version, so that browsers keep them for good.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use mf_core::error::Code;
use sha2::{Digest, Sha256};

use crate::http::error::status;

/// Each file's name, media type and text.
const ALL: &[(&str, &str, &str)] = &[
    ("style.css", "text/css; charset=utf-8", include_str!("assets/style.css")),
    ("farm.js", "text/javascript; charset=utf-8", include_str!("assets/farm.js")),
    ("log.js", "text/javascript; charset=utf-8", include_str!("assets/log.js")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
    ("ok.svg", "image/svg+xml", include_str!("assets/ok.svg")),
    ("fail.svg", "image/svg+xml", include_str!("assets/fail.svg")),
    ("run.svg", "image/svg+xml", include_str!("assets/run.svg")),
    ("wait.svg", "image/svg+xml", include_str!("assets/wait.svg")),
];

/// The same for all files: one changes only when the hub does.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all = ALL.iter().fold(Sha256::new(), |all, (_, _, text)| all.chain_update(text));
    let version = all.finalize();
    version.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

/// The address of a file.
pub fn path(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

/// `/assets/VERSION/NAME`.
pub async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let found = ALL.iter().find(|(known, ..)| *known == name);
    let Some((_, media, text)) = found.filter(|_| version == *VERSION) else {
        let mut response = Response::new("there is no such file\n".into());
        *response.status_mut() = status(Code::NotFound);
        return response;
    };
    let mut response = Response::new((*text).into());
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, media);
    set(header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'");
    response
}
