//! A hub to call: the five verbs of every resource, and its functions.

use std::sync::Arc;
use std::time::Duration;

use mf_core::task::Lease;
use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::once::{KEY, Once};
use crate::request::resource;
use crate::{Error, HttpHandler, Key, RequestHandler, Trust};

/// How long an answer that is not streamed may take: longer than the hub lets
/// a claim wait.
pub(crate) const ANSWER: Duration = Duration::from_secs(120);
/// A hub, and who is calling it. Cheap to clone; clones share connections.
///
/// Objects are read as their structs in [`mf_core::resource`]; [`Hub::rows`] and
/// [`Hub::rows_in`] are the typed way to them. The methods here take a resource
/// by its name, for programs that learn it while they run.
///
/// ```no_run
/// # async fn example() -> Result<(), mf_client::Error> {
/// use mf_client::{Connection, Hub};
/// use mf_core::resource::Build;
///
/// let hub = Connection::load(None).expect("mf.conf").hub()?;
/// let build: Build = hub.get_one("build", "php-build1", Some("ius")).await?;
/// println!("{} is {}", build.label, build.status_label);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Hub {
    pub(crate) handler: Arc<dyn RequestHandler>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hub({})", self.url())
    }
}

impl Hub {
    /// A hub at `url`, called with `key`; nothing is sent yet.
    ///
    /// ```
    /// let hub = mf_client::Hub::new("http://127.0.0.1:8765", None).unwrap();
    /// assert_eq!(hub.url(), "http://127.0.0.1:8765");
    /// assert!(mf_client::Hub::new("ftp://example.org", None).is_err());
    /// ```
    ///
    /// # Errors
    /// The URL is none that a hub can have, or the key would leave this host
    /// in clear: see [`Trust`].
    pub fn new(url: &str, key: Option<Key>) -> Result<Self, Error> {
        Self::trusting(url, key, &Trust::default())
    }

    /// As [`Hub::new`], with what is said of the way there.
    ///
    /// # Errors
    /// As [`Hub::new`]; the authorities cannot be read.
    pub fn trusting(url: &str, key: Option<Key>, trust: &Trust) -> Result<Self, Error> {
        Ok(Self::over(HttpHandler::new(url, key, trust)?))
    }

    /// The hub that a request handler reaches: another transport, another
    /// authentication, or a test double.
    pub fn over(handler: impl RequestHandler + 'static) -> Self {
        Self { handler: Arc::new(handler) }
    }

    /// Where the hub is, without a slash at the end.
    pub fn url(&self) -> &str {
        self.handler.url()
    }

    /// One object, read as `T`: its struct in `mf_core::resource`, or a
    /// [`Value`]. `project` is for what belongs to a project.
    ///
    /// # Errors
    /// There is no such object, or it cannot be had.
    pub async fn get_one<T: DeserializeOwned>(
        &self,
        of: &str,
        label: &str,
        project: Option<&str>,
    ) -> Result<T, Error> {
        let of = resource(of)?;
        let request = self.request(Method::GET, &[of.name, label, "get_one.json"])?;
        request.query(&scope(project)).timeout(ANSWER).get(&of.key()).await
    }

    /// Every object that the filters leave, such as `("project_label",
    /// "ius")`, or `limit`, `after`, `order`, `mf_search_query`.
    ///
    /// # Errors
    /// A filter is none of the resource's, or the hub cannot be reached.
    pub async fn get_all<T: DeserializeOwned>(
        &self,
        of: &str,
        filters: &[(&str, &str)],
    ) -> Result<Vec<T>, Error> {
        let of = resource(of)?;
        let request = self.request(Method::GET, &[of.name, "get_all.json"])?;
        request.query(filters).timeout(ANSWER).get(&of.plural()).await
    }

    /// Makes an object, once: an answer that is lost is asked for again for a
    /// while, by the same `Idempotency-Key`. `fields` is a map or a struct of the fields to set.
    ///
    /// # Errors
    /// The hub refuses it, saying why.
    pub async fn create<T: DeserializeOwned>(
        &self,
        of: &str,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<T, Error> {
        let of = resource(of)?;
        let body = serde_json::to_value(fields)
            .map_err(|e| Error::Invalid(format!("the fields are no JSON: {e}")))?;
        let mut once = Once::new();
        loop {
            let request = self.request(Method::POST, &[of.name, "post.json"])?;
            let request = request.header(KEY, once.key()).json(&body).timeout(ANSWER);
            if let Some(answer) = once.settled(request.get(&of.key()).await).await {
                return answer;
            }
        }
    }

    /// Changes the fields given, and no other.
    ///
    /// # Errors
    /// The hub refuses it, saying why.
    pub async fn update<T: DeserializeOwned>(
        &self,
        of: &str,
        label: &str,
        project: Option<&str>,
        fields: &(impl Serialize + ?Sized),
    ) -> Result<T, Error> {
        let of = resource(of)?;
        let request = self.request(Method::PUT, &[of.name, label, "put.json"])?;
        request.query(&scope(project)).json(fields).timeout(ANSWER).get(&of.key()).await
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// Something refers to it, or the hub refuses it for another reason.
    pub async fn delete(&self, of: &str, label: &str, project: Option<&str>) -> Result<(), Error> {
        let of = resource(of)?;
        let request = self.request(Method::DELETE, &[of.name, label, "delete.json"])?;
        let confirmed = request.query(&scope(project)).query(&[("confirm_delete", "True")]);
        confirmed.timeout(ANSWER).data().await.map(drop)
    }

    /// Calls a function of a resource, on one object if there is a label;
    /// what it gives, by name. Whether it is a GET with `parameters` in the
    /// query or a POST with them as its body is the table's to say.
    ///
    /// # Errors
    /// There is no such function, or the hub refuses it.
    pub async fn call(
        &self,
        of: &str,
        label: Option<&str>,
        function: &str,
        parameters: &Map<String, Value>,
    ) -> Result<Value, Error> {
        let of = resource(of)?;
        let Some(known) = of.function(function) else {
            let told = format!("{} has no function {function:?}", of.name);
            return Err(Error::Invalid(told));
        };
        let file = format!("{function}.json");
        let path: Vec<&str> =
            [Some(of.name), label, Some(file.as_str())].into_iter().flatten().collect();
        if !known.writes {
            let request = self.request(Method::GET, &path)?.query(&in_query(parameters));
            return request.timeout(ANSWER).data().await.map(Value::Object);
        }
        // Which project is part of the address, not of the body.
        let mut body = parameters.clone();
        let project = body.remove("project_label");
        let project = scope(project.as_ref().and_then(Value::as_str));
        let mut once = Once::new();
        loop {
            let request = self.request(Method::POST, &path)?.query(&project).json(&body);
            let request = request.header(KEY, once.key()).timeout(ANSWER);
            if let Some(answer) = once.settled(request.data().await).await {
                return answer.map(Value::Object);
            }
        }
    }

    /// Posts a message of [`mf_core::wire`] to a path such as
    /// `/system/claim.json`, with the lease that it is for, if any. What the
    /// answer's `data` holds under `key` is the result, or all of `data` for
    /// an empty `key`.
    ///
    /// # Errors
    /// The hub refuses it, or cannot be reached.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + ?Sized),
        lease: Option<&Lease>,
        key: &str,
    ) -> Result<T, Error> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let mut request = self.request(Method::POST, &segments)?.json(body).timeout(ANSWER);
        if let Some(lease) = lease {
            request = request.lease(lease);
        }
        if !key.is_empty() {
            return request.get(key).await;
        }
        let data = json!(request.data().await?);
        serde_json::from_value(data).map_err(|e| Error::Protocol {
            url: format!("{}{path}", self.url()),
            why: format!("its answer: {e}"),
        })
    }
}

/// The query that says which project is meant.
pub(crate) fn scope(project: Option<&str>) -> Vec<(&'static str, &str)> {
    project.map(|label| ("project_label", label)).into_iter().collect()
}

/// Parameters as they stand in a query: lists with commas between.
fn in_query(parameters: &Map<String, Value>) -> Vec<(&str, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items = items.iter().map(|v| v.as_str().map_or(v.to_string(), str::to_owned));
            items.collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    };
    parameters.iter().map(|(name, value)| (name.as_str(), text(value))).collect()
}
