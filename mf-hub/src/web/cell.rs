//! One value, as a page shows it.

use mf_core::resource::{self, Field, Gives, Kind, Resource, Scope};
use mf_core::time;
use serde_json::Value;

use super::escape::encoded;

/// Longest text that stands in a line, in bytes.
const LINE: usize = 160;

/// A value, ready to be shown.
#[derive(Debug)]
pub enum Cell {
    /// Nothing.
    None,
    /// A line of text.
    Text(String),
    /// What the hub says of it.
    Said(String),
    /// Text of many lines.
    Long(String),
    /// A word for machines.
    Code(String),
    /// A number.
    Int(i64),
    /// Yes or no.
    Flag(bool),
    /// What has become of something.
    State(State),
    /// When.
    Time(Moment),
    /// Something else that has a page.
    Link(Link),
    /// Several of them; whether there are more than these.
    Links(Vec<Link>, bool),
}

/// A status: never told by its colour alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// As the API says it.
    pub word: String,
}

impl State {
    /// A status by its name.
    pub fn new(word: &str) -> Self {
        Self { word: word.to_owned() }
    }

    /// Name of its picture, which is that of its colours too.
    pub fn shape(&self) -> &'static str {
        match self.word.as_str() {
            "BuildSuccess" => "ok",
            "BuildFail" => "fail",
            "Building" => "run",
            "Queued" => "wait",
            "New" => "new",
            "Cancelled" => "stop",
            _ => "lost",
        }
    }

    /// Whether nothing more will become of it.
    pub fn ended(&self) -> bool {
        !matches!(self.word.as_str(), "New" | "Queued" | "Building")
    }
}

/// A moment in UTC, as it stands on the wire; empty for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The moment.
    pub utc: String,
}

impl Moment {
    /// A moment by its text.
    pub fn new(utc: &str) -> Self {
        Self { utc: utc.to_owned() }
    }

    /// For programs: RFC 3339.
    pub fn iso(&self) -> String {
        format!("{}Z", self.utc.replace(' ', "T"))
    }

    /// Whether it is still to come.
    pub fn is_coming(&self) -> bool {
        self.utc > time::now()
    }

    /// How long ago.
    pub fn ago(&self) -> String {
        match time::seconds_between(&self.utc, &time::now()) {
            None => self.utc.clone(),
            Some(seconds @ ..=-2) => format!("in {}", about(-seconds)),
            Some(-1..=4) => "just now".into(),
            Some(seconds) => format!("{} ago", about(seconds)),
        }
    }
}

/// A span of time in one figure, as the script of pages says it too.
fn about(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A span of time in two figures at most: `3 min`, `2 h 5 min`, `4 days`.
pub fn span(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..600 if seconds % 60 != 0 => format!("{} min {} s", seconds / 60, seconds % 60),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..36_000 if seconds / 60 % 60 != 0 => {
            format!("{} h {} min", seconds / 3_600, seconds / 60 % 60)
        }
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A size in bytes, for people.
pub fn size(bytes: i64) -> String {
    let (mut size, mut unit) = (bytes as f64, "B");
    for larger in ["kB", "MB", "GB", "TB"] {
        if size < 1_000.0 {
            break;
        }
        (size, unit) = (size / 1_000.0, larger);
    }
    if unit == "B" || size >= 100.0 {
        format!("{size:.0} {unit}")
    } else {
        format!("{size:.1} {unit}")
    }
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where to; empty for text alone.
    pub path: String,
    /// What stands there.
    pub text: String,
}

impl Link {
    /// A link to a path of ours.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// A link to an object; `project` is ignored where it is in none.
    pub fn to(resource: &Resource, label: &str, project: &str) -> Self {
        Self::new(path(resource, label, project), label)
    }

    /// To an address that somebody gave: only what a browser fetches.
    pub fn out(address: &str) -> Self {
        let good = address.starts_with("https://") || address.starts_with("http://");
        Self::new(if good { address } else { "" }, address)
    }

    /// Whether it leads out of the farm.
    pub fn foreign(&self) -> bool {
        !self.path.starts_with(['/', '#', '?'])
    }
}

/// The address of an object's page.
pub fn path(resource: &Resource, label: &str, project: &str) -> String {
    let (name, label) = (resource.name, encoded(label));
    match resource.scope {
        Scope::Project => format!("/{name}/{label}?project_label={}", encoded(project)),
        _ => format!("/{name}/{label}"),
    }
}

/// The text of a field of an object; empty where it has none.
pub fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Name of a field for people.
pub fn title(name: &str) -> String {
    let name = match name {
        "create_date" => "created",
        "update_date" => "changed",
        "start_date" => "started",
        "end_date" => "ended",
        name => name.trim_end_matches("_label").trim_end_matches("_date"),
    };
    name.replace('_', " ")
}

/// A field of an object.
pub fn cell(resource: &Resource, field: &Field, object: &Value) -> Cell {
    let Some(value) = object.get(field.name) else { return Cell::None };
    let project = if resource.name == "project" { "label" } else { "project_label" };
    let project = text(object, project);
    let to = match field.kind {
        Kind::Ref { to, .. } | Kind::Refs { to, .. } | Kind::Back { of: to, .. } => {
            resource::find(to)
        }
        _ if field.name == "systems" => resource::find("system"),
        _ if field.name == "archs" => resource::find("arch"),
        _ if field.name == "releases" => resource::find("release"),
        _ if field.name == "build_handlers" => resource::find("build_handler"),
        _ if field.name == "distro_label" => resource::find("distro"),
        _ => None,
    };
    let link = |label: &str| match (to, part(resource, field)) {
        (Some(to), _) => Link::to(to, label, project),
        (None, Some(part)) => {
            let (of, name) = (encoded(text(object, "label")), encoded(label));
            let at = format!("/task/{of}/{part}/{name}?project_label={}", encoded(project));
            Link::new(at, label)
        }
        (None, None) => Link::out(label),
    };
    match value {
        Value::Null => Cell::None,
        Value::Bool(yes) => Cell::Flag(*yes),
        Value::Number(number) => Cell::Int(number.as_i64().unwrap_or_default()),
        Value::String(text) if text.is_empty() => Cell::None,
        Value::String(text) => match field.kind {
            Kind::Label => Cell::Link(Link::to(resource, text, project)),
            Kind::Choice(_) => Cell::State(State::new(text)),
            Kind::Time | Kind::Computed(Gives::Time) => Cell::Time(Moment::new(text)),
            _ if to.is_some() => Cell::Link(link(text)),
            _ if field.name == "plugin" => {
                Cell::Link(Link::new(format!("/plugin/{}", encoded(text)), text))
            }
            _ if text.contains('\n') || text.len() > LINE => Cell::Long(text.clone()),
            _ if matches!(field.name, "url" | "scratch_url") => Cell::Link(Link::out(text)),
            _ if is_code(field.name) => Cell::Code(text.clone()),
            Kind::Computed(Gives::Text) => Cell::Said(text.clone()),
            _ => Cell::Text(text.clone()),
        },
        Value::Array(items) if items.is_empty() => Cell::None,
        Value::Array(items) => {
            let more = object.get(format!("{}_more", field.name)).is_some();
            Cell::Links(items.iter().filter_map(Value::as_str).map(link).collect(), more)
        }
        Value::Object(fields) if fields.is_empty() => Cell::None,
        Value::Object(_) => Cell::Long(serde_json::to_string_pretty(value).unwrap_or_default()),
    }
}

/// Whether a field is for machines rather than for people.
fn is_code(name: &str) -> bool {
    matches!(
        name,
        "revision" | "digest" | "host_signature" | "fs_path" | "tag_path" | "version" | "head"
    )
}

/// The segment under which a task's parts are.
fn part(resource: &Resource, field: &Field) -> Option<&'static str> {
    if resource.name != "task" {
        return None;
    }
    Some(match field.name {
        "logs" => "log",
        "files" => "file",
        "sources" => "source",
        "configs" => "config",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_fetches_is_a_link() {
        for bad in
            ["javascript:alert(1)", "data:text/html,x", "//evil", " https://x", "JAVASCRIPT:x"]
        {
            assert_eq!(Link::out(bad).path, "", "{bad}");
        }
        assert!(Link::out("https://example.org/").foreign());
    }

    #[test]
    fn spans_and_sizes_are_short() {
        assert_eq!(
            [span(7), span(75), span(600), span(7_500), span(90_000)],
            ["7 s", "1 min 15 s", "10 min", "2 h 5 min", "25 h"]
        );
        assert_eq!([about(7), about(75), about(7_500)], ["7 s", "1 min", "2 h"]);
        assert_eq!([size(999), size(1_500), size(80_000_000)], ["999 B", "1.5 kB", "80.0 MB"]);
    }
}
