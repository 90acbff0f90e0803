//! How one request is put together, and what its answer means.

use std::borrow::Borrow;

use mf_core::resource::Resource;
use mf_core::task::Lease;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::handler::{Body, Chunks, Request, Response};
use crate::{Error, Hub};

/// A request that is being put together.
pub(crate) struct Asking<'a> {
    hub: &'a Hub,
    /// Path and query; the rest of it is nobody's.
    url: Url,
    request: Request,
    /// Why it cannot be sent.
    wrong: Option<Error>,
}

impl Hub {
    /// A request for the path that these segments make; each stays one
    /// segment, whatever is in it.
    pub(crate) fn request(&self, method: Method, path: &[&str]) -> Result<Asking<'_>, Error> {
        for segment in path {
            if matches!(*segment, "" | "." | "..") {
                let told = format!("{segment:?} is no name that a hub can have something under");
                return Err(Error::Invalid(told));
            }
        }
        let no_base = || Error::Invalid("no path can be made".into());
        let mut url = Url::parse("http://hub/").map_err(|_| no_base())?;
        url.path_segments_mut().map_err(|()| no_base())?.pop_if_empty().extend(path);
        let request = Request {
            method,
            path: String::new(),
            headers: HeaderMap::new(),
            body: Body::Empty,
            timeout: None,
        };
        Ok(Asking { hub: self, url, request, wrong: None })
    }
}

impl Asking<'_> {
    /// With parameters in the query string.
    pub fn query<I, K, V>(mut self, parameters: I) -> Self
    where
        I: IntoIterator,
        I::Item: Borrow<(K, V)>,
        K: AsRef<str>,
        V: AsRef<str>,
    {
        self.url.query_pairs_mut().extend_pairs(parameters);
        self
    }

    /// With a JSON body.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.request.body = Body::Bytes(bytes.into()),
            Err(e) => self.wrong = Some(Error::Invalid(format!("this is no JSON: {e}"))),
        }
        self.header(CONTENT_TYPE, "application/json")
    }

    /// With a body of bytes.
    pub fn body(mut self, body: Body) -> Self {
        self.request.body = body;
        self.header(CONTENT_TYPE, "application/octet-stream")
    }

    /// On behalf of an attempt.
    pub fn lease(self, lease: &Lease) -> Self {
        self.header(HeaderName::from_static(Lease::HEADER), &lease.to_string())
    }

    /// With so long for the whole answer.
    pub fn timeout(mut self, limit: std::time::Duration) -> Self {
        self.request.timeout = Some(limit);
        self
    }

    /// With one more header.
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => {
                self.request.headers.insert(name, value);
            }
            Err(_) => self.wrong = Some(Error::Invalid(format!("no header {name} can have that"))),
        }
        self
    }

    /// Where it goes, for messages.
    fn place(&self) -> String {
        format!("{}{}", self.hub.url(), self.url.path())
    }

    /// Sends it; an answer that is an error of the hub's is an error here.
    pub async fn send(mut self) -> Result<Response, Error> {
        if let Some(wrong) = self.wrong {
            return Err(wrong);
        }
        let place = self.place();
        let query = self.url.query().filter(|query| !query.is_empty());
        self.request.path = match query {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        };
        let response = self.hub.handler.send(self.request).await?;
        if response.is_success() { Ok(response) } else { Err(refusal(&place, response).await) }
    }

    /// Sends it; what is under `data` in the answer.
    pub async fn data(self) -> Result<Map<String, Value>, Error> {
        let url = self.place();
        let body = self.send().await?.bytes().await?;
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
        let url = self.place();
        let Some(value) = self.data().await?.remove(key) else {
            return Err(Error::Protocol { url, why: format!("its answer has no {key}") });
        };
        read(&url, key, value)
    }

    /// Sends it; the bytes of the answer as they come.
    pub async fn stream(self) -> Result<Chunks, Error> {
        Ok(self.send().await?.body)
    }
}

/// What stood under `key` in the answer of `url`, as `T`.
pub(crate) fn read<T: serde::de::DeserializeOwned>(
    url: &str,
    key: &str,
    value: Value,
) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|e| Error::Protocol {
        url: url.to_owned(),
        why: format!("{key} in its answer: {e}"),
    })
}

/// The hub's own code and sentence, if the answer is a hub's.
async fn refusal(url: &str, response: Response) -> Error {
    let status = response.status;
    let body = match response.bytes().await {
        Ok(body) => body,
        Err(error) => return error,
    };
    let envelope: Option<Value> = serde_json::from_slice(&body).ok();
    let told = envelope.as_ref().and_then(|e| e.get("errors")).and_then(Value::as_object);
    if let Some((code, sentence)) = told.and_then(|errors| errors.iter().next()) {
        let sentence = sentence.as_str().map_or_else(|| sentence.to_string(), str::to_owned);
        return Error::Refused { status, code: code.clone(), sentence };
    }
    if (300..400).contains(&status) {
        let why = format!("it redirects ({status}), which is not followed; give the final URL");
        return Error::Protocol { url: url.to_owned(), why };
    }
    let why = format!("it answered {status} without saying why");
    if status >= 500 || status == 429 {
        return Error::Refused {
            status,
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
