//! One HTTP request, and what its answer means.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use mf_core::resource::Resource;
use mf_core::task::Lease;
use reqwest::header::{CONTENT_TYPE, HeaderName};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::reasons;
use crate::{Error, Hub};

/// A request that is being put together.
pub(crate) struct Request<'a> {
    hub: &'a Hub,
    url: String,
    builder: RequestBuilder,
}

impl Hub {
    /// A request for the path that these segments make; each stays one
    /// segment, whatever is in it.
    pub(crate) fn request(&self, method: Method, path: &[&str]) -> Result<Request<'_>, Error> {
        let url = self.url_of(path)?;
        let mut builder = self.http.request(method, url.clone());
        if let Some(key) = &self.key {
            builder = builder.bearer_auth(key.expose());
        }
        Ok(Request { hub: self, url: url.to_string(), builder })
    }

    fn url_of(&self, path: &[&str]) -> Result<Url, Error> {
        let mut url = self.base.clone();
        for segment in path {
            if matches!(*segment, "" | "." | "..") {
                let told = format!("{segment:?} is no name that a hub can have something under");
                return Err(Error::Invalid(told));
            }
        }
        url.path_segments_mut()
            .map_err(|()| Error::Invalid(format!("{} is no URL of a hub", self.base)))?
            .pop_if_empty()
            .extend(path);
        Ok(url)
    }
}

impl Request<'_> {
    /// With parameters in the query string.
    pub fn query<T: Serialize + ?Sized>(mut self, parameters: &T) -> Self {
        self.builder = self.builder.query(parameters);
        self
    }

    /// With a JSON body.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        self.builder = self.builder.json(body);
        self
    }

    /// With a body of bytes.
    pub fn body(mut self, body: reqwest::Body) -> Self {
        self.builder = self.builder.header(CONTENT_TYPE, "application/octet-stream").body(body);
        self
    }

    /// On behalf of an attempt.
    pub fn lease(self, lease: &Lease) -> Self {
        self.header(HeaderName::from_static(Lease::HEADER), &lease.to_string())
    }

    /// With so long for the whole answer.
    pub fn timeout(mut self, limit: std::time::Duration) -> Self {
        self.builder = self.builder.timeout(limit);
        self
    }

    /// With one more header.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    /// Sends it; an answer that is an error of the hub's is an error here.
    pub async fn send(self) -> Result<Response, Error> {
        let response = self.builder.send().await.map_err(|e| self.hub.cut(&e))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(refusal(self.hub, &self.url, response).await)
    }

    /// Sends it; what is under `data` in the answer.
    pub async fn data(self) -> Result<Map<String, Value>, Error> {
        let (hub, url) = (self.hub, self.url.clone());
        let body = self.send().await?.bytes().await.map_err(|e| hub.cut(&e))?;
        match serde_json::from_slice::<Value>(&body) {
            Ok(Value::Object(mut envelope)) => match envelope.remove("data") {
                Some(Value::Object(data)) => Ok(data),
                _ => Err(Error::Protocol { url, why: "its answer has no data".into() }),
            },
            Ok(_) => Err(Error::Protocol { url, why: "its answer is no JSON object".into() }),
            Err(e) => Err(Error::Protocol { url, why: format!("its answer is no JSON: {e}") }),
        }
    }

    /// Sends it; what stands under `key` in the answer's `data`.
    pub async fn get<T: serde::de::DeserializeOwned>(self, key: &str) -> Result<T, Error> {
        let url = self.url.clone();
        let Some(value) = self.data().await?.remove(key) else {
            return Err(Error::Protocol { url, why: format!("its answer has no {key}") });
        };
        serde_json::from_value(value)
            .map_err(|e| Error::Protocol { url, why: format!("{key} in its answer: {e}") })
    }

    /// Sends it; the bytes of the answer as they come.
    pub async fn stream(
        self,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send + use<>, Error> {
        let hub = self.hub.clone();
        let response = self.send().await?;
        Ok(response.bytes_stream().map(move |chunk| chunk.map_err(|e| hub.cut(&e))))
    }
}

impl Hub {
    /// A connection that could not be made, or broke.
    fn cut(&self, error: &reqwest::Error) -> Error {
        Error::Unreachable { url: self.url().to_owned(), why: reasons(error) }
    }
}

/// The hub's own code and sentence, if the answer is a hub's.
async fn refusal(hub: &Hub, url: &str, response: Response) -> Error {
    let status = response.status();
    let body = match response.bytes().await {
        Ok(body) => body,
        Err(error) => return hub.cut(&error),
    };
    let envelope: Option<Value> = serde_json::from_slice(&body).ok();
    let told = envelope.as_ref().and_then(|e| e.get("errors")).and_then(Value::as_object);
    if let Some((code, sentence)) = told.and_then(|errors| errors.iter().next()) {
        let sentence = sentence.as_str().map_or_else(|| sentence.to_string(), str::to_owned);
        return Error::Refused { status: status.as_u16(), code: code.clone(), sentence };
    }
    if status.is_redirection() {
        let why = format!("it redirects ({status}), which is not followed; give the final URL");
        return Error::Protocol { url: url.to_owned(), why };
    }
    let why = format!("it answered {status} without saying why");
    if status.is_server_error() || status.as_u16() == 429 {
        return Error::Refused {
            status: status.as_u16(),
            code: "Unknown".into(),
            sentence: format!("{url}: {why}"),
        };
    }
    Error::Protocol { url: url.to_owned(), why }
}

/// The resource called `name`.
pub(crate) fn resource(name: &str) -> Result<&'static Resource, Error> {
    mf_core::resource::find(name)
        .ok_or_else(|| Error::Invalid(format!("there is no resource {name:?}")))
}
