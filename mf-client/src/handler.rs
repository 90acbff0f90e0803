//! The seam between a [`Hub`](crate::Hub) and the network: another transport,
//! another authentication or a test double goes in here.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};
use reqwest::Method;
use reqwest::header::HeaderMap;

use crate::Error;

/// Sends requests to one hub.
///
/// [`HttpHandler`](crate::HttpHandler) is the one that programs use. A wrapper
/// around it can add headers; a test double answers by itself:
///
/// ```
/// use mf_client::{Answering, Hub, Request, RequestHandler, Response};
/// use serde_json::json;
///
/// struct Double;
///
/// impl RequestHandler for Double {
///     fn url(&self) -> &str {
///         "http://hub.test"
///     }
///     fn send(&self, request: Request) -> Answering<'_> {
///         assert_eq!(request.path, "/util/version.json");
///         let reply = json!({"data": {"version": "1.2.3"}, "errors": {}});
///         Box::pin(async move { Ok(Response::new(200, reply.to_string())) })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), mf_client::Error> {
/// let hub = Hub::over(Double);
/// assert_eq!(hub.version().await?, "1.2.3");
/// # Ok(())
/// # }
/// ```
pub trait RequestHandler: Send + Sync {
    /// Where the hub is, without a slash at the end; for messages.
    fn url(&self) -> &str;

    /// Sends a request; the answer, whatever its status.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when none came, [`Error::Invalid`] when the
    /// request cannot be sent.
    fn send(&self, request: Request) -> Answering<'_>;
}

/// An answer that is on its way.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'a>>;

/// A body, piece by piece as it comes.
pub type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// One request, without what is the handler's business: host and key.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path below the hub's URL, encoded and with its query, such as
    /// `/build/get_all.json?limit=5`.
    pub path: String,
    /// Headers of this request.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// Longest that the whole answer may take; `None` for one that is
    /// streamed.
    pub timeout: Option<Duration>,
}

/// The body of a request; its type is among the headers.
#[derive(Debug, Default)]
pub enum Body {
    /// There is none.
    #[default]
    Empty,
    /// These bytes.
    Bytes(Bytes),
    /// A file from where it stands.
    File(std::fs::File),
}

/// An answer whose body is still to be read.
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Chunks,
}

impl Response {
    /// An answer that is there whole, for test doubles.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let body = Box::pin(stream::once(async move { Ok(body) }));
        Self { status, headers: HeaderMap::new(), body }
    }

    /// All of the body.
    ///
    /// # Errors
    /// It breaks off.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.body.next().await {
            whole.extend_from_slice(&chunk?);
        }
        Ok(whole.freeze())
    }

    /// Whether what was asked for was done.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({})", self.status)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    // As a program names them, which depends on nothing but this crate.
    use crate as mf_client;
    use mf_client::{Answering, Body, HeaderValue, Hub, Method, Request, RequestHandler, Response};

    /// Says what it was asked.
    struct Double;

    impl RequestHandler for Double {
        fn url(&self) -> &str {
            "http://hub.test"
        }

        fn send(&self, request: Request) -> Answering<'_> {
            assert!(request.method == Method::GET && matches!(request.body, Body::Empty));
            let team = request.headers.get("x-team").and_then(|team| team.to_str().ok());
            let reply = json!({ "data": { "version": team }, "errors": {} });
            Box::pin(async move { Ok(Response::new(200, reply.to_string())) })
        }
    }

    /// Adds a header to whatever another sends.
    struct Team<T>(T);

    impl<T: RequestHandler> RequestHandler for Team<T> {
        fn url(&self) -> &str {
            self.0.url()
        }

        fn send(&self, mut request: Request) -> Answering<'_> {
            request.headers.insert("x-team", HeaderValue::from_static("ius"));
            self.0.send(request)
        }
    }

    #[tokio::test]
    async fn a_wrapper_adds_a_header_and_leaves_the_rest() {
        let hub = Hub::over(Team(Double));
        assert_eq!((hub.version().await.unwrap().as_str(), hub.url()), ("ius", "http://hub.test"));
    }
}
