//! What a worker sends for an attempt that it holds: log bytes and files.

use bytes::Bytes;
use mf_core::task::Lease;
use reqwest::Method;

use crate::handler::Body;
use crate::hub::ANSWER;
use crate::{Error, Hub};

/// Most bytes of a log in one request.
pub const APPEND_LIMIT: usize = 4 * 1024 * 1024;

impl Hub {
    /// Appends to a log at a byte offset; how long the log is now. Bytes
    /// that the hub has already are skipped, so the same may be sent again.
    ///
    /// # Errors
    /// The attempt is no longer the caller's, or there is a gap before
    /// `offset` (`WrongOffset`).
    pub async fn append(
        &self,
        lease: &Lease,
        name: &str,
        offset: u64,
        bytes: Bytes,
    ) -> Result<u64, Error> {
        let request = self.request(Method::POST, &["task", "append.json"])?.lease(lease);
        let place = [("name", name), ("offset", &offset.to_string())];
        request.query(&place).body(Body::Bytes(bytes)).timeout(ANSWER).get("length").await
    }

    /// Stores a file of an attempt: `kind` is `file`, `source`, `log` or
    /// `config`, `sha256` its hash in hexadecimal. The file is streamed from
    /// where it stands; the same may be sent again.
    ///
    /// # Errors
    /// The attempt is no longer the caller's, or what arrived has another
    /// hash, or the disk there is full.
    pub async fn upload(
        &self,
        lease: &Lease,
        kind: &str,
        name: &str,
        sha256: &str,
        file: std::fs::File,
    ) -> Result<(), Error> {
        let request = self.request(Method::POST, &["task", "upload.json"])?.lease(lease);
        let what = [("kind", kind), ("name", name), ("sha256", sha256)];
        request.query(&what).body(Body::File(file)).data().await.map(drop)
    }
}
