//! What the farm does elsewhere for a build or a tag, and what is known there
//! of a build's bugs.

use serde_json::Value;

use super::cell::{Link, Moment, text};
use super::form::{self, Form};
use super::visit::Visit;

/// An errand.
#[derive(Debug)]
pub struct Errand {
    /// What is to be done: `close bug 17`.
    pub about: String,
    /// `waiting`, `running` or `refused`.
    pub state: String,
    /// Why it did not come off; empty when it did, or was not tried.
    pub message: String,
    /// When it is tried next; empty when it is not.
    pub next: Moment,
    /// What tries it at once.
    pub retry: Option<Form>,
}

impl Errand {
    /// Name of its picture.
    pub fn shape(&self) -> &'static str {
        match self.state.as_str() {
            "running" => "run",
            "refused" => "fail",
            _ if self.message.is_empty() => "wait",
            _ => "warn",
        }
    }
}

/// The errands of an object that are not done; its history tells of the rest.
pub fn of(visit: &Visit, object: &Value) -> Vec<Errand> {
    let errand = |said: &Value| {
        let (state, id) = (text(said, "state").to_owned(), said["id"].to_string());
        let is_open = matches!(state.as_str(), "waiting" | "refused");
        let retry = || form::farm(visit, "retry_errand", &[("errand", &id)]);
        Errand {
            about: text(said, "about").to_owned(),
            message: super::sentence(text(said, "message")),
            next: Moment::new(text(said, "next_try")),
            retry: if is_open { retry() } else { None },
            state,
        }
    };
    let all = object["errands"].as_array().into_iter().flatten();
    all.filter(|said| text(said, "state") != "done").map(errand).collect()
}

/// A bug of a build.
#[derive(Debug)]
pub struct Bug {
    /// Its number, with its address where that is known.
    pub link: Link,
    /// `unchecked`, `open`, `closed` or `unknown`.
    pub state: String,
    /// What the tracker calls it.
    pub title: String,
    /// Why it is not known, or what could not be done to it.
    pub message: String,
    /// When the tracker was last asked.
    pub checked: Moment,
}

impl Bug {
    /// Name of its picture.
    pub fn shape(&self) -> &'static str {
        match self.state.as_str() {
            "closed" => "ok",
            "open" => "new",
            "unknown" => "lost",
            _ => "wait",
        }
    }
}

/// The bugs of a build, in its order.
pub fn bugs(build: &Value) -> Vec<Bug> {
    let address = |at: usize| build["bug_urls"][at].as_str().map_or("", |url| url);
    let all = build["bug_details"].as_array().into_iter().flatten().enumerate();
    all.map(|(at, said)| Bug {
        link: Link { text: text(said, "bug").to_owned(), ..Link::out(address(at)) },
        state: text(said, "state").to_owned(),
        title: text(said, "title").to_owned(),
        message: super::sentence(text(said, "message")),
        checked: Moment::new(text(said, "check_date")),
    })
    .collect()
}
