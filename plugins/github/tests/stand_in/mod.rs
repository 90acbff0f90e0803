//! A GitHub of our own, with a state. What goes in and out of it is held to
//! GitHub's own description of it.

use std::sync::{Arc, Mutex};

use monkeyfarm_bug_kit::suite::{BugHandler, Request, Response, Server, World};
use serde_json::{Value, json};

use super::{contract, handler};

/// The one token that it takes.
pub const TOKEN: &str = "github_pat_0123456789abcdefghijklmnop";
/// The one repository that it has.
const REPOSITORY: &str = "/repos/monkey/farm/issues/";
const DATE: &str = "2026-11-22T10:50:12Z";

/// The stand-in.
pub struct StandIn {
    pub server: Server,
    issues: Arc<Mutex<Vec<Issue>>>,
    wrong: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Issue {
    title: String,
    open: bool,
    comments: Vec<String>,
}

/// One without an issue.
pub fn world() -> StandIn {
    let (issues, wrong) =
        (Arc::<Mutex<Vec<Issue>>>::default(), Arc::<Mutex<Vec<String>>>::default());
    let (shared, complaints) = (issues.clone(), wrong.clone());
    let server = Server::start(move |request| {
        let response = answer(&mut shared.lock().unwrap(), request);
        if let Err(why) = contract::check(request, &response) {
            let told = format!("{} {}: {why}", request.method, request.path);
            complaints.lock().unwrap().push(told);
        }
        response
    });
    StandIn { server, issues, wrong }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let wrong = self.wrong.lock().unwrap();
        assert!(
            std::thread::panicking() || wrong.is_empty(),
            "not as GitHub describes it: {wrong:?}"
        );
    }
}

fn fault(status: u16, message: &str) -> Response {
    let body = json!({ "message": message, "documentation_url": "https://docs.github.com/rest" });
    Response::json(status, &body)
}

fn answer(issues: &mut [Issue], request: &Request) -> Response {
    if request.header("user-agent").is_empty() {
        return fault(403, "Request forbidden by administrative rules.");
    }
    match request.header("authorization") {
        "" if request.method == "GET" => {}
        authorization if authorization == format!("Bearer {TOKEN}") => {}
        _ => return fault(401, "Bad credentials"),
    }
    let Some(rest) = request.path.strip_prefix(REPOSITORY) else { return fault(404, "Not Found") };
    let (number, what) = rest.split_once('/').unwrap_or((rest, ""));
    let Some(number) = number.parse::<usize>().ok().filter(|n| (1..=issues.len()).contains(n))
    else {
        return fault(404, "Not Found");
    };
    let found = &mut issues[number - 1];
    let shown = |found: &Issue| issue(number, &found.title, found.open);
    match (request.method.as_str(), what) {
        ("GET", "") => Response::json(200, &shown(found)),
        ("PATCH", "") => {
            found.open = match request.json()["state"].as_str() {
                Some("open") => true,
                Some("closed") => false,
                Some(_) => return fault(422, "Validation Failed"),
                None => found.open,
            };
            Response::json(200, &shown(found))
        }
        ("GET", "comments") => page(found, number, request),
        ("POST", "comments") => {
            let Some(text) = request.json()["body"].as_str().map(str::to_owned) else {
                return fault(422, "Validation Failed");
            };
            found.comments.push(text);
            Response::json(
                201,
                &comment(number, found.comments.len(), &found.comments[found.comments.len() - 1]),
            )
        }
        _ => fault(404, "Not Found"),
    }
}

/// A page of comments, with a link to the next.
fn page(found: &Issue, number: usize, request: &Request) -> Response {
    let size = request.parameter("per_page").parse().unwrap_or(30_usize).clamp(1, 100);
    let page = request.parameter("page").parse().unwrap_or(1_usize).max(1);
    let all = found.comments.iter().enumerate();
    let shown: Vec<Value> = all
        .skip((page - 1) * size)
        .take(size)
        .map(|(index, text)| comment(number, index + 1, text))
        .collect();
    let response = Response::json(200, &json!(shown));
    if page * size >= found.comments.len() {
        return response;
    }
    let next = page + 1;
    let at = format!("http://{}{}", request.header("host"), request.path);
    let link = format!(
        "<{at}?per_page={size}&page={next}>; rel=\"next\", <{at}?per_page={size}&page=9>; rel=\"last\""
    );
    response.with("link", link)
}

fn user() -> Value {
    let url = "https://api.github.com/users/ada";
    json!({
        "login": "ada", "id": 1, "node_id": "MDQ6VXNlcjE=", "avatar_url": url, "gravatar_id": "",
        "url": url, "html_url": url, "followers_url": url, "following_url": url, "gists_url": url,
        "starred_url": url, "subscriptions_url": url, "organizations_url": url, "repos_url": url,
        "events_url": url, "received_events_url": url, "type": "User", "site_admin": false,
    })
}

/// An issue as GitHub shows it.
pub fn issue(number: usize, title: &str, open: bool) -> Value {
    let url = format!("https://api.github.com{REPOSITORY}{number}");
    json!({
        "id": number, "node_id": "MDU6SXNzdWUx", "url": url, "repository_url": url,
        "labels_url": url, "comments_url": url, "events_url": url, "html_url": url,
        "number": number, "state": if open { "open" } else { "closed" },
        "state_reason": if open { Value::Null } else { json!("completed") }, "title": title,
        "body": "It does.", "user": user(), "labels": [], "assignee": null, "milestone": null,
        "locked": false, "comments": 0,
        "closed_at": if open { Value::Null } else { json!(DATE) },
        "created_at": DATE, "updated_at": DATE,
    })
}

fn comment(number: usize, id: usize, text: &str) -> Value {
    let url = format!("https://api.github.com{REPOSITORY}{number}");
    json!({
        "id": id, "node_id": "MDEyOklzc3VlQ29tbWVudDE=", "url": url, "html_url": url,
        "issue_url": url, "body": text, "user": user(), "created_at": DATE, "updated_at": DATE,
    })
}

impl StandIn {
    fn with<T>(&self, bug: &str, look: impl FnOnce(&mut Issue) -> T) -> T {
        let number: usize = bug.parse().unwrap();
        look(&mut self.issues.lock().unwrap()[number - 1])
    }
}

impl World for StandIn {
    fn handler(&self) -> Box<dyn BugHandler> {
        handler()
    }

    fn server(&self) -> &Server {
        &self.server
    }

    fn key(&self) -> (&'static str, String) {
        ("token", TOKEN.into())
    }

    fn config(&self) -> String {
        "repository = 'monkey/farm'".into()
    }

    fn make(&self, title: &str) -> String {
        let mut issues = self.issues.lock().unwrap();
        issues.push(Issue { title: title.into(), open: true, comments: Vec::new() });
        issues.len().to_string()
    }

    fn unknown(&self) -> String {
        "99999".into()
    }

    fn set_open(&self, bug: &str, open: bool) {
        self.with(bug, |issue| issue.open = open);
    }

    fn is_open(&self, bug: &str) -> bool {
        self.with(bug, |issue| issue.open)
    }

    fn say(&self, bug: &str, text: &str) {
        self.with(bug, |issue| issue.comments.push(text.to_owned()));
    }

    fn said(&self, bug: &str) -> Vec<String> {
        self.with(bug, |issue| issue.comments.clone())
    }
}
