//! `/task/LABEL?log=NAME`: a log. Without a script a window of it at a time;
//! with one, all of it, and as it grows.

use askama::Template;
use axum::http::Uri;
use mf_core::error::{Code, Error};
use mf_core::resource::TASK;
use mf_core::wire::Held;

use crate::http::cause::TAIL;
use crate::http::lines::{self, Wanted};
use crate::store::task;
use crate::web::answer;
use crate::web::cell::{Link, State, path, size, text};
use crate::web::escape::encoded;
use crate::web::frame::Frame;
use crate::web::visit::Visit;
use crate::web::{ansi, asset};

/// Lines on a page without a script.
const LINES: i64 = 500;
/// Hits that are listed without a script.
const HITS: i64 = 200;

#[derive(Template)]
#[template(path = "log.html")]
struct Page {
    frame: Frame,
    task: Link,
    name: String,
    state: State,
    script: String,
    /// The address of the API's functions of this task.
    api: String,
    project: String,
    attempt: i64,
    raw: String,
    total: u64,
    bytes: String,
    over: bool,
    empty: bool,
    rows: Vec<Row>,
    windows: Vec<Link>,
    find: String,
    hits: Option<Vec<Link>>,
    more: bool,
}

/// One line.
pub struct Row {
    /// From 1.
    pub number: u64,
    /// The time of day in UTC; empty where it is not known.
    pub time: String,
    /// Its text, escaped, with its colours.
    pub html: String,
    /// How many lines before it are not shown.
    pub skipped: u64,
    /// Whether it is the one that others are shown around.
    pub hit: bool,
}

/// The last lines of a log, as many as one looks at; and where to follow what
/// comes after them, in bytes, if more may come.
///
/// # Errors
/// There is no such log.
pub async fn tail(visit: &Visit, of: Held, name: &str) -> Result<(Vec<Row>, Option<u64>), Error> {
    let found = lines::some(&visit.hub, of, name, None, TAIL).await?;
    Ok((rows(found.first, &found.text, &found.times), (!found.over).then_some(found.bytes)))
}

/// The page of the log of that name.
///
/// # Errors
/// There is no such task, or no such log.
pub async fn page(visit: &Visit, label: &str, name: &str) -> Result<String, Error> {
    let seen = visit.object(&TASK, label)?;
    let id = seen.object.id;
    let attempt = match visit.text("attempt")?.as_str() {
        "" => visit.read(|db| task::last(db, id))?.held.attempt,
        number => number.parse().map_err(|_| no_number("attempt", number))?,
    };
    let first = match visit.text("first")?.as_str() {
        "" => None,
        number => Some(number.parse::<i64>().map_err(|_| no_number("first", number))?),
    };
    let held = Held { task: id, attempt };
    let found = lines::some(&visit.hub, held, name, first, LINES).await?;
    is_there(&found, first, name, label)?;
    let project = text(&seen.value, "project_label");
    let of = format!("/task/{}", encoded(label));
    let here =
        format!("{of}?project_label={}&log={}&attempt={attempt}", encoded(project), encoded(name));
    let (find, errors) = (visit.text("find")?, !visit.text("errors")?.is_empty());
    let line = |number: u64| {
        let first = number.saturating_sub(10).max(1);
        Link::new(format!("{here}&first={first}#L{number}"), format!("line {number}"))
    };
    let (hits, more) = match errors || !find.is_empty() {
        false => (None, false),
        true => {
            let wanted = if errors { Wanted::Errors } else { Wanted::Word(find.clone()) };
            let (found, more) = lines::search(&visit.hub, held, name, wanted, (0, HITS)).await?;
            (Some(found.into_iter().map(line).collect()), more)
        }
    };
    // Asked for after the log: where that is over, what became of its attempt is
    // known.
    let now = visit.object(&TASK, label)?;
    let state = State::new(text(&now.value, "status_label"));
    let parts = format!("project_label={}&attempt={attempt}", encoded(project));
    let page = Page {
        frame: Frame::new(visit, &format!("{name} of {label}")).tell(&state),
        task: Link::new(path(&TASK, label, project), label),
        name: name.to_owned(),
        state,
        script: asset::path("log.js"),
        raw: format!("{of}/log/{}?{parts}", encoded(name)),
        api: of,
        project: project.to_owned(),
        attempt,
        total: found.total,
        bytes: size(i64::try_from(found.bytes).unwrap_or(i64::MAX)),
        empty: found.over && found.bytes == 0,
        over: found.over,
        windows: windows(&here, found.first, found.total),
        rows: rows(found.first, &found.text, &found.times),
        find,
        hits,
        more,
    };
    answer::text(&page)
}

/// Whether the log is there, and the line that is asked for.
fn is_there(
    found: &lines::Excerpt,
    first: Option<i64>,
    name: &str,
    label: &str,
) -> Result<(), Error> {
    if found.gone {
        let told = format!(
            "the log {name} of {label} is gone: it has been removed from the hub's disk; \
             what became of the task is on its page, and a retry writes a new log"
        );
        return Err(Error::new(Code::NotFound, told));
    }
    if let Some(first) =
        first.filter(|first| u64::try_from(*first).unwrap_or(0) > found.total.max(1))
    {
        let told =
            format!("the log {name} has {} lines, and none with number {first}", found.total);
        return Err(Error::new(Code::NotFound, told));
    }
    Ok(())
}

/// Whether an address asks for a log.
pub fn named(uri: &Uri) -> Option<String> {
    let query = uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(name, value)| name == "log" && !value.is_empty())
        .map(|(_, value)| value.into_owned())
}

/// Lines as rows: the number of the first, their texts, and when each came.
pub fn rows(first: u64, text: &[String], times: &[i64]) -> Vec<Row> {
    let times = times.iter().map(|time| clock(*time));
    let rows = text.iter().zip(times).zip(first..);
    let row = |((line, time), number): ((&String, String), u64)| Row {
        number,
        time,
        html: ansi::html(line),
        skipped: 0,
        hit: false,
    };
    rows.map(row).collect()
}

/// The time of day in UTC; empty where it is not known.
fn clock(seconds: i64) -> String {
    if seconds == 0 {
        return String::new();
    }
    let day = seconds.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", day / 3_600, day / 60 % 60, day % 60)
}

/// Links to other parts of the log.
fn windows(here: &str, first: u64, total: u64) -> Vec<Link> {
    let at = |first: u64, text: &str| Link::new(format!("{here}&first={first}"), text);
    let step = LINES as u64;
    let mut links = Vec::new();
    if first > 1 {
        links.push(at(1, "first lines"));
        links.push(at(first.saturating_sub(step).max(1), "earlier"));
    }
    if first + step <= total {
        links.push(at(first + step, "later"));
        links.push(Link::new(here, "last lines"));
    }
    links
}

fn no_number(name: &str, given: &str) -> Error {
    let given: String = given.chars().take(80).collect();
    Error::new(Code::InvalidValue, format!("{name} takes a number, not {given:?}"))
}
