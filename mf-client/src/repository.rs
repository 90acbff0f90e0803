//! What the regulator sends for a tag's repository.

use reqwest::Method;

use crate::handler::Body;
use crate::{Error, Hub};

impl Hub {
    /// Stores a file of an index in a draft of a repository: `path` is its
    /// place beneath the tag, `sha256` its hash in hexadecimal. The same may
    /// be sent again.
    ///
    /// # Errors
    /// It is no draft any more, the place is none for it, or what arrived has
    /// another hash.
    pub async fn upload_index(
        &self,
        generation: i64,
        path: &str,
        sha256: &str,
        file: std::fs::File,
    ) -> Result<(), Error> {
        let request = self.request(Method::POST, &["util", "upload_repository.json"])?;
        let what =
            [("generation", generation.to_string().as_str()), ("path", path), ("sha256", sha256)]
                .map(|(name, value)| (name, value.to_owned()));
        request.query(&what).body(Body::File(file)).data().await.map(drop)
    }
}
