//! Answers of functions, for people: some have a sentence of their own.

use mf_core::resource::{Function, Resource};
use serde_json::{Map, Value};

use super::{clean, detail, excerpt, line, pager, say, sentence, table};
use crate::cli::exit::Failure;

type Printed = Result<(), Failure>;

/// Prints what a function gave, if it has a form of its own; whether it had.
///
/// # Errors
/// It cannot be written.
pub fn print(of: &Resource, function: &Function, data: &Value) -> Result<bool, Failure> {
    match function.name {
        "pause" | "resume" if of.name == "util" => queue(data)?,
        "history" => history(data)?,
        "why" => why(data)?,
        "move_builds" => moved(data)?,
        "search" => found(data)?,
        "log_cause" | "log_lines" => pager::text(&excerpt::lines(data).join("\n"))?,
        _ => match data.get(of.key()).and_then(|object| changed(of, function.name, object)) {
            Some(told) => sentence(&clean(&told))?,
            None => return Ok(false),
        },
    }
    Ok(true)
}

/// What has become of an object.
fn changed(of: &Resource, function: &str, object: &Value) -> Option<String> {
    let text = |name: &str| object.get(name).map(detail::text).unwrap_or_default();
    let label = format!("{} {}", of.name, text("label"));
    Some(match function {
        "tag" | "untag" => match text("tags").as_str() {
            "" => format!("{label} has no tag"),
            tags => format!("{label} has the tags {tags}"),
        },
        "comment" => format!("{label} has a karma of {}", text("karma")),
        "prioritize" => match text("priority").as_str() {
            "0" => format!("{label} has the priority of its build type"),
            more => format!("{label} has a priority of {more} beside that of its build type"),
        },
        "retry" => format!("{label} is built again, it is {}", text("status_label")),
        "lock" => format!("{label} is locked: nothing moves in or out"),
        "unlock" => format!("{label} is open"),
        "join" | "leave" | "approve" => match (text("users"), text("pending_users")) {
            (members, waiting) if waiting.is_empty() => format!("{label} has {}", or_none(members)),
            (members, waiting) => format!(
                "{label} has {}; until a member approves of them these wait: {waiting}",
                or_none(members)
            ),
        },
        "drain" => match text("build_count").as_str() {
            "0" => format!("{label} gets no more tasks{}; it is building none", drained(object)),
            count => {
                let why = drained(object);
                format!("{label} gets no more tasks{why}; it is building {count} to the end")
            }
        },
        "resume" => format!("{label} gets tasks again"),
        "check_bugs" | "comment_bugs" | "close_bugs" | "reopen_bugs" | "link_bugs" => {
            let name = text("label");
            format!("the tracker is asked as soon as it can be; `mf build show {name}` says more")
        }
        _ => return None,
    })
}

fn or_none(members: String) -> String {
    if members.is_empty() { "no members".into() } else { format!("the members {members}") }
}

/// Who drained a system, as a hub that knows it says.
fn drained(object: &Value) -> String {
    match object.get("drained").and_then(Value::as_str) {
        None | Some("") => String::new(),
        Some(by) => format!(", drained {by}"),
    }
}

/// Whether the queue is paused now.
fn queue(data: &Value) -> Printed {
    let paused = data.pointer("/queue/paused").filter(|paused| paused.is_object());
    match paused.map(crate::cli::verb::status::paused) {
        Some(paused) => sentence(&clean(&format!("the queue is {paused}; nobody gets a task"))),
        None => line("the queue is not paused: systems get tasks again"),
    }
}

/// One change after the other, with what each field was and became.
fn history(data: &Value) -> Printed {
    let mut lines = Vec::new();
    for change in rows(data, "history") {
        let text = |name: &str| change.get(name).map(detail::text).unwrap_or_default();
        let key = match text("key").as_str() {
            "" => String::new(),
            key => format!(" (key {key})"),
        };
        let who = clean(&format!("{}{key}", text("actor")));
        let what = clean(&format!("{} {}", text("verb"), text("label")));
        lines.push(format!("\x1b[1m{}  {who}  {what}\x1b[0m", text("date")));
        let fields = change.get("changes").and_then(Value::as_object);
        let fields: Vec<(String, String)> =
            fields.into_iter().flatten().filter_map(field).collect();
        for text in detail::lines_of(&fields) {
            lines.push(format!("  {}", text.replace('\n', "\n  ")));
        }
    }
    if !lines.is_empty() {
        pager::text(&lines.join("\n"))?;
    }
    match data.get("after").and_then(Value::as_i64) {
        None | Some(0) => {}
        Some(after) => say(&format!("there is more: --after {after} shows what is older")),
    }
    Ok(())
}

/// The fields of an object that another version of it has otherwise.
pub fn differences(of: &Resource, before: &Value, after: &Value) -> Vec<(String, String)> {
    // When it was changed is no change of it.
    let told = of.fields().filter(|field| field.name != "update_date");
    told.filter_map(|named| {
        let side = |object: &Value| object.get(named.name).cloned().unwrap_or_default();
        let (from, to) = (side(before), side(after));
        if from == to {
            return None;
        }
        let name = named.name.to_owned();
        field((&name, &serde_json::json!({ "from": from, "to": to })))
    })
    .collect()
}

/// A field's change; none where nothing became nothing.
fn field((name, change): (&String, &Value)) -> Option<(String, String)> {
    let side = |side: &str| change.get(side).map(detail::text).unwrap_or_default();
    let (from, to) = (side("from"), side("to"));
    let told = match (from.as_str(), to.as_str()) {
        ("", "") => return None,
        ("", to) => to.to_owned(),
        (from, "") => format!("{from} → nothing"),
        (from, to) => format!("{from} → {to}"),
    };
    Some((detail::heading(name), told))
}

/// The sentence, and a line for each system.
fn why(data: &Value) -> Printed {
    let text = |of: &Value, name: &str| of.get(name).map(detail::text).unwrap_or_default();
    sentence(&format!("{}: {}", text(data, "verdict"), clean(&text(data, "sentence"))))?;
    let systems = data.get("details").map(|details| rows(details, "systems")).unwrap_or_default();
    if systems.is_empty() {
        return Ok(());
    }
    let headings = ["system", "says", "why", "tasks there", "to do"].map(str::to_owned);
    let row = |said: &&Map<String, Value>| {
        let text = |name: &str| said.get(name).map(detail::text).unwrap_or_default();
        let why = match (text("says").as_str(), text("ahead").as_str()) {
            ("kept", _) => "its room is kept for an older one".to_owned(),
            (_, "0") => text("reasons"),
            (_, "1") => "1 goes first".to_owned(),
            (_, ahead) => format!("{ahead} go first"),
        };
        vec![text("system"), text("says"), why, text("tasks"), text("advice")]
    };
    line("")?;
    table::print(&headings, &systems.iter().map(row).collect::<Vec<_>>())
}

fn moved(data: &Value) -> Printed {
    let list = |name: &str| data.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (moved, untagged) = (list("moved_builds"), list("untagged_builds"));
    if moved.is_empty() && untagged.is_empty() {
        return line("there was nothing to move");
    }
    for (what, builds) in [("moved", moved), ("untagged", untagged)] {
        for build in builds {
            line(&clean(&format!("{what:8}  {}", detail::text(&build))))?;
        }
    }
    Ok(())
}

fn found(data: &Value) -> Printed {
    let found = rows(data, "found");
    if found.is_empty() {
        return line("nothing was found");
    }
    let names = ["label", "resource", "project_label", "text"];
    let headings = ["label", "resource", "project", "about"].map(str::to_owned);
    let row = |one: &&Map<String, Value>| {
        names.iter().map(|name| one.get(*name).map(detail::text).unwrap_or_default()).collect()
    };
    table::print(&headings, &found.iter().map(row).collect::<Vec<Vec<String>>>())
}

/// The objects of a list.
fn rows<'a>(data: &'a Value, name: &str) -> Vec<&'a Map<String, Value>> {
    let items = data.get(name).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mf_core::resource::find;
    use serde_json::json;

    #[test]
    fn what_was_done_is_a_sentence() {
        let said = |of: &str, function: &str, object: Value| {
            changed(find(of).unwrap(), function, &object).unwrap()
        };
        let build = json!({ "label": "b1", "tags": ["testing"], "karma": -1 });
        assert_eq!(said("build", "tag", build.clone()), "build b1 has the tags testing");
        assert_eq!(said("build", "comment", build), "build b1 has a karma of -1");
        let bare = json!({ "label": "b1", "tags": [] });
        assert_eq!(said("build", "untag", bare), "build b1 has no tag");
        let host = json!({ "label": "host", "build_count": 2 });
        let told = "system host gets no more tasks; it is building 2 to the end";
        assert_eq!(said("system", "drain", host), told);
        let by = "by ada since 2026-01-31 12:00:00 UTC";
        let host = json!({ "label": "host", "build_count": 0, "drained": by });
        let told = format!("system host gets no more tasks, drained {by}; it is building none");
        assert_eq!(said("system", "drain", host), told);
    }

    #[test]
    fn a_change_says_from_what_to_what() {
        let told = |change: Value| field((&"priority".to_owned(), &change)).map(|(_, told)| told);
        assert_eq!(told(json!({ "from": 0, "to": 5 })).as_deref(), Some("0 → 5"));
        assert_eq!(told(json!({ "to": ["a", "b"] })).as_deref(), Some("a, b"));
        assert_eq!(told(json!({ "from": "x", "to": "" })).as_deref(), Some("x → nothing"));
        assert_eq!(told(json!({ "from": "", "to": "" })), None);
    }
}
