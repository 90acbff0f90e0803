//! The requests that the handler makes: GitHub's REST interface for issues,
//! version 2022-11-28.

use monkeyfarm_bug_kit::{Ask, Reply, Site, Tracker, config, marker};
use monkeyfarm_plugin_api::{Bug, BugJob, Context, Failure};
use serde_json::{Value, json};

use crate::config::Config;
use crate::fault::unless_done;
use crate::issue::Issue;

/// Where the API is, unless a host says otherwise.
const URL: &str = "https://api.github.com";
/// Where `plugins.d` has the token.
const TOKEN: &str = "token";
/// Most pages of comments that are looked at: ten thousand comments.
const PAGES: usize = 100;

/// One issue, as this job means it.
pub(crate) struct Api<'a> {
    tracker: Tracker,
    authorization: Option<String>,
    path: String,
    bug: &'a str,
    cx: &'a Context,
}

impl<'a> Api<'a> {
    /// Reads what the host and the hub say; asks nothing yet.
    ///
    /// # Errors
    /// One of them says nothing that can be used, or the bug is none.
    pub(crate) fn new(job: &'a BugJob, cx: &'a Context) -> Result<Self, Failure> {
        let config: Config = config(&job.handler_config)?;
        let tracker = Tracker::new(Site::read(&job.local_config, URL)?)?;
        let path = Issue::read(&job.bug, &config)?.path();
        let authorization = cx.secret(TOKEN).map(|token| format!("Bearer {token}"));
        Ok(Self { tracker, authorization, path, bug: &job.bug, cx })
    }

    /// The issue as it is.
    ///
    /// # Errors
    /// It cannot be had.
    pub(crate) fn issue(&self) -> Result<Bug, Failure> {
        self.bug_of(&self.ask("GET", &self.path, None)?)
    }

    /// Whether the issue has a comment with the marker.
    ///
    /// # Errors
    /// They cannot be had, or are too many.
    pub(crate) fn has(&self, mark: &str) -> Result<bool, Failure> {
        let mut path = format!("{}/comments?per_page=100", self.path);
        for _ in 0..PAGES {
            let reply = self.ask("GET", &path, None)?;
            let Some(comments) = reply.json.as_array() else {
                return Err(self.odd("gives no comments"));
            };
            let body = |comment: &Value| comment["body"].as_str().unwrap_or_default().to_owned();
            if comments.iter().any(|comment| marker::is_in(&body(comment), mark)) {
                return Ok(true);
            }
            let Some(next) = reply.next else { return Ok(false) };
            path = next;
        }
        Err(Failure::new(format!("issue {} has more comments than can be looked at", self.bug)))
    }

    /// Says something.
    ///
    /// # Errors
    /// GitHub would not.
    pub(crate) fn say(&self, text: &str) -> Result<(), Failure> {
        let path = format!("{}/comments", self.path);
        self.ask("POST", &path, Some(&json!({ "body": text }))).map(drop)
    }

    /// Makes the issue open or closed: what it is then.
    ///
    /// # Errors
    /// GitHub would not.
    pub(crate) fn change(&self, open: bool) -> Result<Bug, Failure> {
        let (state, reason) = if open { ("open", "reopened") } else { ("closed", "completed") };
        let body = json!({ "state": state, "state_reason": reason });
        self.bug_of(&self.ask("PATCH", &self.path, Some(&body))?)
    }

    fn bug_of(&self, reply: &Reply) -> Result<Bug, Failure> {
        let open = match reply.text("/state") {
            "open" => true,
            "closed" => false,
            _ => return Err(self.odd("says nothing of the issue's state")),
        };
        let status = format!("{} {}", reply.text("/state"), reply.text("/state_reason"));
        let title = reply.text("/title").to_owned();
        Ok(Bug { title, status: status.trim().to_owned(), open })
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Reply, Failure> {
        let mut headers =
            vec![("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")];
        headers.extend(self.authorization.iter().map(|value| ("authorization", value.as_str())));
        let ask = Ask { method, path, headers: &headers, body };
        unless_done(self.tracker.ask(&ask, self.cx)?, self.tracker.url(), self.bug)
    }

    fn odd(&self, what: &str) -> Failure {
        Failure::later(format!("{} {what}", self.tracker.url()))
    }
}
