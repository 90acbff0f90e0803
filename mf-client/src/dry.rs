//! Dry runs: changes that are checked and answered, but not made.

use mf_core::resource::common::DRY_RUN;
use reqwest::Method;

use crate::{Answering, Error, Request, RequestHandler};

/// The header of an answer for which nothing was changed.
const DRY: &str = "dry-run";

/// Sends requests by another handler, and every change as a dry run: the hub
/// answers as if it were done, and keeps nothing of it.
pub struct DryRun<H>(pub H);

impl<H: RequestHandler> RequestHandler for DryRun<H> {
    fn url(&self) -> &str {
        self.0.url()
    }

    fn send(&self, mut request: Request) -> Answering<'_> {
        let changes = request.method != Method::GET;
        if changes {
            let mark = if request.path.contains('?') { '&' } else { '?' };
            request.path += &format!("{mark}{}=True", DRY_RUN.name);
        }
        Box::pin(async move {
            let response = self.0.send(request).await?;
            if changes && response.is_success() && !response.headers.contains_key(DRY) {
                return Err(Error::Protocol {
                    url: self.url().to_owned(),
                    why: "it did not say that this was a dry run, and may have done it".into(),
                });
            }
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Hub, Response};
    use serde_json::{Value, json};

    /// A hub of its own mind: `true` answers dry runs as such.
    struct Double(bool);

    impl RequestHandler for Double {
        fn url(&self) -> &str {
            "http://hub.test"
        }

        fn send(&self, request: Request) -> Answering<'_> {
            let asked = request.path.ends_with("dry_run=True");
            assert_eq!(asked, request.method != Method::GET, "{}", request.path);
            let reply = json!({ "data": { "arch": { "label": "a" } }, "errors": {} });
            let mut response = Response::new(200, reply.to_string());
            if asked && self.0 {
                response.headers.insert(DRY, "true".parse().unwrap());
            }
            Box::pin(async move { Ok(response) })
        }
    }

    #[tokio::test]
    async fn only_what_says_that_nothing_was_changed_is_believed() {
        let hub = Hub::over(DryRun(Double(true)));
        let _: Value = hub.create("arch", &json!({ "label": "a" })).await.unwrap();
        let _: Value = hub.update("arch", "a", Some("p"), &json!({})).await.unwrap();
        let _: Value = hub.get_one("arch", "a", None).await.unwrap();
        let old = Hub::over(DryRun(Double(false)));
        let error = old.delete("arch", "a", None).await.unwrap_err();
        assert!(error.to_string().contains("may have done it"), "{error}");
    }
}
