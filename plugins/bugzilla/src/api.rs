//! The requests that the handler makes: Bugzilla's REST interface, 5.0.

use monkeyfarm_bug_kit::{Ask, Reply, Site, Tracker, config, marker};
use monkeyfarm_plugin_api::{Bug, BugJob, Context, Failure};
use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::fault::unless_done;

/// What is read of a bug.
const FIELDS: &str = "id,status,resolution,summary,is_open,product";
/// Where `plugins.d` has the key.
const KEY: &str = "api_key";

/// One bug of one Bugzilla, as this job means it.
pub(crate) struct Api<'a> {
    tracker: Tracker,
    key: Option<String>,
    pub(crate) config: Config,
    bug: String,
    cx: &'a Context,
}

impl<'a> Api<'a> {
    /// Reads what the host and the hub say; asks nothing yet.
    ///
    /// # Errors
    /// One of them says nothing that can be used, or the bug is none.
    pub(crate) fn new(job: &BugJob, cx: &'a Context) -> Result<Self, Failure> {
        let config = config(&job.handler_config)?;
        let tracker = Tracker::new(Site::read(&job.local_config, "")?)?;
        let bug = name(&job.bug)?;
        Ok(Self { tracker, key: cx.secret(KEY), config, bug, cx })
    }

    /// The bug as it is.
    ///
    /// # Errors
    /// It cannot be had, or is of a product that is not to be touched.
    pub(crate) fn bug(&self) -> Result<Bug, Failure> {
        let reply =
            self.read(&format!("/rest/bug/{}", self.bug), &format!("include_fields={FIELDS}"))?;
        let product = reply.text("/bugs/0/product");
        let products = &self.config.products;
        if !products.is_empty() && !products.iter().any(|known| known == product) {
            return Err(Failure::new(format!(
                "bug {} is of the product {product:?}, and this farm is only for {}",
                self.bug,
                products.join(", ")
            )));
        }
        let open = reply.json.pointer("/bugs/0/is_open").and_then(Value::as_bool);
        let Some(open) = open else { return Err(self.odd("says nothing of the bug's state")) };
        let status =
            format!("{} {}", reply.text("/bugs/0/status"), reply.text("/bugs/0/resolution"));
        let title = reply.text("/bugs/0/summary").to_owned();
        Ok(Bug { title, status: status.trim().to_owned(), open })
    }

    /// Whether the bug has a comment with the marker. Bugzilla gives all
    /// comments of a bug at once.
    ///
    /// # Errors
    /// They cannot be had.
    pub(crate) fn has(&self, mark: &str) -> Result<bool, Failure> {
        let reply = self.read(&format!("/rest/bug/{}/comment", self.bug), "")?;
        let bugs = reply.json.get("bugs").and_then(Value::as_object);
        let comments = bugs.and_then(|bugs| bugs.values().next()?.get("comments")?.as_array());
        let Some(comments) = comments else { return Err(self.odd("gives no comments")) };
        let text =
            |comment: &Value| marker::is_in(comment["text"].as_str().unwrap_or_default(), mark);
        Ok(comments.iter().any(text))
    }

    /// Says something.
    ///
    /// # Errors
    /// Bugzilla would not.
    pub(crate) fn say(&self, text: &str) -> Result<(), Failure> {
        let path = format!("/rest/bug/{}/comment", self.bug);
        self.write("POST", &path, json!({ "comment": text, "is_private": false }))
    }

    /// Changes the bug, and says something in the same change if there is
    /// something to say.
    ///
    /// # Errors
    /// Bugzilla would not.
    pub(crate) fn change(&self, mut fields: Value, text: Option<&str>) -> Result<(), Failure> {
        if let Some(text) = text {
            fields["comment"] = json!({ "body": text });
        }
        self.write("PUT", &format!("/rest/bug/{}", self.bug), fields)
    }

    /// A key travels in a header, which Bugzilla reads from 5.1.2 on.
    fn read(&self, path: &str, query: &str) -> Result<Reply, Failure> {
        let key = self.key.as_deref().unwrap_or_default();
        let mut path = match query {
            "" => path.to_owned(),
            query => format!("{path}?{query}"),
        };
        let header = [("x-bugzilla-api-key", key)];
        let mut headers = if key.is_empty() { &[][..] } else { &header[..] };
        if self.config.key_in_query && !key.is_empty() {
            if !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                let told =
                    "the api_key for Bugzilla has characters that no key of it has; see [secrets]";
                return Err(Failure::all_later(told, 0));
            }
            path += if query.is_empty() { "?" } else { "&" };
            path += &format!("api_key={key}");
            headers = &[];
        }
        self.ask(&Ask { method: "GET", path: &path, headers, body: None })
    }

    /// A key travels in the body, where every version reads it.
    fn write(&self, method: &str, path: &str, fields: Value) -> Result<(), Failure> {
        let mut body = fields.as_object().cloned().unwrap_or_else(Map::new);
        if let Some(key) = &self.key {
            body.insert("api_key".into(), json!(key));
        }
        self.ask(&Ask { method, path, headers: &[], body: Some(&Value::Object(body)) }).map(drop)
    }

    fn ask(&self, ask: &Ask<'_>) -> Result<Reply, Failure> {
        unless_done(self.tracker.ask(ask, self.cx)?, self.tracker.url(), &self.bug)
    }

    fn odd(&self, what: &str) -> Failure {
        Failure::later(format!("{} {what}", self.tracker.url()))
    }
}

/// A bug's number or alias, which becomes part of a path.
fn name(bug: &str) -> Result<String, Failure> {
    let bug = bug.trim().trim_start_matches('#');
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if bug.is_empty() || !bug.chars().all(plain) || bug.chars().all(|c| c == '.') {
        let bug: String = bug.chars().take(80).collect();
        return Err(Failure::new(format!(
            "{bug:?} is no bug of a Bugzilla: give its number or alias"
        )));
    }
    Ok(bug.to_owned())
}
