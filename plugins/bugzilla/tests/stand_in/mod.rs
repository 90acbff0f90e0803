//! A Bugzilla 5.0 of our own, with a state: what it answers is what one was
//! recorded to answer (`recorded/replies.txt`).

use std::sync::{Arc, Mutex};

use mf_plugin_bugzilla::Bugzilla;
use monkeyfarm_bug_kit::suite::{BugHandler, Request, Response, Server, World};
use serde_json::{Map, Value, json};

/// The one key that it takes.
pub const KEY: &str = "R1ghtKeyR1ghtKeyR1ghtKeyR1ghtKeyR1ghtKey";
/// When everything happens.
const DATE: &str = "2026-11-22T10:50:12Z";
/// Where errors are explained.
const MANUAL: &str = "https://bugzilla.readthedocs.org/en/5.0/api/";
/// What only those who are signed in see of a bug.
const PRIVATE: [&str; 4] = ["update_token", "remaining_time", "actual_time", "estimated_time"];

/// The stand-in.
pub struct StandIn {
    pub server: Server,
    bugs: Arc<Mutex<Vec<Bug>>>,
}

/// A bug: what it answers, and what was said.
struct Bug {
    fields: Map<String, Value>,
    comments: Vec<(i64, String)>,
}

/// One without a bug.
pub fn world() -> StandIn {
    let bugs: Arc<Mutex<Vec<Bug>>> = Arc::default();
    let (shared, comments) = (bugs.clone(), Mutex::new(0));
    let server = Server::start(move |request| {
        // One at a time, as its database does.
        let mut state =
            State { bugs: &mut shared.lock().unwrap(), last: &mut comments.lock().unwrap() };
        state.answer(request).unwrap_or_else(|fault| fault)
    });
    StandIn { server, bugs }
}

struct State<'a> {
    bugs: &'a mut Vec<Bug>,
    /// The newest comment's number, of all bugs.
    last: &'a mut i64,
}

fn fault(status: u16, code: i64, message: &str) -> Response {
    let body = json!({ "message": message, "code": code, "documentation": MANUAL, "error": true });
    Response::json(status, &body)
}

impl State<'_> {
    fn answer(&mut self, request: &Request) -> Result<Response, Response> {
        let body = if request.body.is_empty() {
            json!({})
        } else {
            serde_json::from_slice(&request.body).map_err(|_| {
                fault(400, 32000, "Could not parse the 'params' argument as valid JSON.")
            })?
        };
        // Version 5.0 passes over the header X-BUGZILLA-API-KEY.
        let key = body["api_key"].as_str().unwrap_or(request.parameter("api_key"));
        if !key.is_empty() && key != KEY {
            let told =
                "The API key you specified is invalid. Please check that you typed it correctly.";
            return Err(fault(400, 306, told));
        }
        let signed_in = !key.is_empty();
        if request.path == "/rest/version" {
            return Ok(Response::json(200, &json!({ "version": "5.0.4.1+" })));
        }
        let rest = request.path.strip_prefix("/rest/bug/").unwrap_or_default();
        let (name, what) = rest.split_once('/').unwrap_or((rest, ""));
        if request.method != "GET" && !signed_in {
            return Err(fault(401, 410, "You must log in before using this part of Bugzilla."));
        }
        let bug = self.find(name)?;
        match (request.method.as_str(), what) {
            ("GET", "") => Ok(self.show(bug, request.parameter("include_fields"), signed_in)),
            ("GET", "comment") => Ok(self.comments(bug)),
            ("POST", "comment") => {
                let id = self.say(bug, body["comment"].as_str().unwrap_or_default())?;
                Ok(Response::json(201, &json!({ "id": id })))
            }
            ("PUT", "") => self.change(bug, &body),
            (method, what) => panic!("nobody recorded {method} {what}"),
        }
    }

    fn find(&self, name: &str) -> Result<usize, Response> {
        let Ok(number) = name.parse::<usize>() else {
            let told = format!("'{name}' is not a valid bug number nor an alias to a bug.");
            return Err(fault(400, 100, &told));
        };
        if number == 0 || number > self.bugs.len() {
            return Err(fault(404, 101, &format!("Bug #{number} does not exist.")));
        }
        Ok(number - 1)
    }

    fn show(&self, bug: usize, include: &str, signed_in: bool) -> Response {
        let mut fields = self.bugs[bug].fields.clone();
        let wanted: Vec<&str> = include.split(',').filter(|name| !name.is_empty()).collect();
        fields.retain(|name, _| {
            (wanted.is_empty() || wanted.contains(&name.as_str()))
                && (signed_in || !PRIVATE.contains(&name.as_str()))
        });
        Response::json(200, &json!({ "bugs": [fields], "faults": [] }))
    }

    fn comments(&self, bug: usize) -> Response {
        let comment = |(count, (id, text)): (usize, &(i64, String))| {
            json!({
                "creation_time": DATE, "time": DATE, "tags": [], "count": count,
                "is_private": false, "attachment_id": null, "creator": "admin@example.test",
                "bug_id": bug + 1, "text": text, "id": id,
            })
        };
        let comments: Vec<Value> =
            self.bugs[bug].comments.iter().enumerate().map(comment).collect();
        let bugs = json!({ (bug + 1).to_string(): { "comments": comments } });
        Response::json(200, &json!({ "bugs": bugs, "comments": {} }))
    }

    fn say(&mut self, bug: usize, text: &str) -> Result<i64, Response> {
        if text.is_empty() {
            let told = "The function requires a comment argument, and that argument was not set.";
            return Err(fault(400, 50, told));
        }
        *self.last += 1;
        self.bugs[bug].comments.push((*self.last, text.to_owned()));
        Ok(*self.last)
    }

    fn change(&mut self, bug: usize, body: &Value) -> Result<Response, Response> {
        let mut changes = Map::new();
        if let Some(status) = body["status"].as_str() {
            if !["CONFIRMED", "IN_PROGRESS", "RESOLVED", "VERIFIED"].contains(&status) {
                return Err(fault(404, 51, &format!("There is no status named '{status}'.")));
            }
            let open = ["CONFIRMED", "IN_PROGRESS"].contains(&status);
            let resolution = if open { "" } else { body["resolution"].as_str().unwrap_or("FIXED") };
            let fields = &mut self.bugs[bug].fields;
            fields.insert("is_open".into(), json!(open));
            for (name, value) in [("status", status), ("resolution", resolution)] {
                let before = fields.insert(name.into(), json!(value)).unwrap_or_default();
                if before != value {
                    changes.insert(name.into(), json!({ "removed": before, "added": value }));
                }
            }
        }
        if let Some(text) = body["comment"]["body"].as_str() {
            self.say(bug, text)?;
        }
        let bug =
            json!({ "id": bug + 1, "changes": changes, "alias": [], "last_change_time": DATE });
        Ok(Response::json(200, &json!({ "bugs": [bug] })))
    }
}

/// A new bug as it was recorded.
fn fields(number: usize, title: &str) -> Map<String, Value> {
    let admin = json!({
        "name": "admin@example.test", "id": 1, "real_name": "Admin", "email": "admin@example.test",
    });
    let fields = json!({
        "last_change_time": DATE, "flags": [], "component": "pkg", "summary": title,
        "op_sys": "All", "update_token": "1795344660-token", "is_cc_accessible": true,
        "remaining_time": 0, "resolution": "", "cc_detail": [], "qa_contact": "",
        "creation_time": DATE, "assigned_to_detail": admin, "version": "unspecified",
        "is_confirmed": true, "see_also": [], "creator_detail": admin, "groups": [],
        "platform": "All", "blocks": [], "alias": [], "assigned_to": "admin@example.test",
        "creator": "admin@example.test", "actual_time": 0, "deadline": null,
        "severity": "enhancement", "url": "", "classification": "Unclassified", "whiteboard": "",
        "target_milestone": "---", "is_creator_accessible": true, "is_open": true, "cc": [],
        "priority": "---", "dupe_of": null, "id": number, "status": "CONFIRMED",
        "product": "Farm", "depends_on": [], "keywords": [], "estimated_time": 0,
    });
    fields.as_object().unwrap().clone()
}

impl StandIn {
    fn with<T>(&self, bug: &str, look: impl FnOnce(&mut Bug) -> T) -> T {
        let number: usize = bug.parse().unwrap();
        look(&mut self.bugs.lock().unwrap()[number - 1])
    }
}

impl World for StandIn {
    fn handler(&self) -> Box<dyn BugHandler> {
        Box::new(Bugzilla)
    }

    fn server(&self) -> &Server {
        &self.server
    }

    fn key(&self) -> (&'static str, String) {
        ("api_key", KEY.into())
    }

    fn make(&self, title: &str) -> String {
        let mut bugs = self.bugs.lock().unwrap();
        let number = bugs.len() + 1;
        bugs.push(Bug { fields: fields(number, title), comments: Vec::new() });
        number.to_string()
    }

    fn unknown(&self) -> String {
        "99999".into()
    }

    fn set_open(&self, bug: &str, open: bool) {
        let (status, resolution) = if open { ("CONFIRMED", "") } else { ("RESOLVED", "WONTFIX") };
        self.with(bug, |bug| {
            bug.fields.insert("status".into(), json!(status));
            bug.fields.insert("resolution".into(), json!(resolution));
            bug.fields.insert("is_open".into(), json!(open));
        });
    }

    fn is_open(&self, bug: &str) -> bool {
        self.with(bug, |bug| bug.fields["is_open"] == true)
    }

    fn say(&self, bug: &str, text: &str) {
        self.with(bug, |bug| bug.comments.push((0, text.to_owned())));
    }

    fn said(&self, bug: &str) -> Vec<String> {
        self.with(bug, |bug| bug.comments.iter().map(|(_, text)| text.clone()).collect())
    }
}
