//! `/plugin` and `/plugin/NAME`: the files that handlers come from, and the
//! evidence against those that crash.

use askama::Template;
use mf_core::error::{Code, Error};
use mf_core::resource::{UTIL, Who};

use crate::store::plugin::{Evidence, Plugin, Shown};
use crate::store::{plugin, quarantine};
use crate::web::answer;
use crate::web::cell::{Link, Moment};
use crate::web::escape::encoded;
use crate::web::form::{self, Form, Input};
use crate::web::frame::Frame;
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "plugins.html")]
struct List {
    frame: Frame,
    plugins: Vec<Row>,
}

/// One plugin.
pub struct Row {
    /// Its page.
    pub link: Link,
    version: String,
    digest: String,
    handlers: Vec<Link>,
    crashes: i64,
    /// When it was quarantined, and why; `None`: it is not.
    pub quarantine: Option<(Moment, String)>,
}

#[derive(Template)]
#[template(path = "plugin.html")]
struct One {
    frame: Frame,
    named: String,
    files: Vec<File>,
    clear: Option<Form>,
}

/// One file of a plugin.
struct File {
    row: Row,
    crashes: Vec<Crash>,
}

/// A crash.
struct Crash {
    time: Moment,
    said: Evidence,
}

/// `/plugin`.
///
/// # Errors
/// The visitor may not; the database would not.
pub fn list(visit: &Visit) -> Result<String, Error> {
    may(visit, "list_plugins")?;
    let plugins = visit.read(plugin::list)?.into_iter().map(row).collect();
    answer::text(&List { frame: Frame::new(visit, "Plugins").live(&[("resource", LIVE)]), plugins })
}

/// What changes when a plugin comes, goes or is quarantined.
const LIVE: &str = "build_handler,vcs_handler,bug_handler,util";

/// `/plugin/NAME`, by its id or the beginning of its file's hash.
///
/// # Errors
/// The visitor may not; there is no such plugin.
pub fn one(visit: &Visit, named: &str) -> Result<String, Error> {
    may(visit, "list_plugins")?;
    let mut shown = visit.read(|db| plugin::show(db, &quarantine::find(db, named)?))?;
    if may(visit, "show_plugin").is_err() {
        // What a plugin wrote before it crashed may be about any project.
        shown.iter_mut().for_each(|it| it.evidence.clear());
    }
    let known = shown.iter().any(|it| it.plugin.crashes > 0 || !it.plugin.quarantined.is_empty());
    let clear = match known {
        true => form::farm(visit, "clear_plugin", &[("plugin", named)]),
        false => None,
    };
    answer::text(&One {
        frame: Frame::new(visit, named).live(&[("resource", LIVE)]),
        named: named.to_owned(),
        files: shown.into_iter().map(file).collect(),
        clear,
    })
}

/// The plugin with this hash, for the pages of its handlers; `None` for who
/// may not know of it.
///
/// # Errors
/// The database would not.
pub fn of_digest(visit: &Visit, digest: &str) -> Result<Option<Row>, Error> {
    if digest.is_empty() || may(visit, "list_plugins").is_err() {
        return Ok(None);
    }
    let all = visit.read(plugin::list)?;
    Ok(all.into_iter().find(|plugin| plugin.digest == digest).map(row))
}

fn may(visit: &Visit, function: &str) -> Result<(), Error> {
    let (caller, found) = (&visit.caller, UTIL.function(function));
    if caller.holder.is_none() {
        return Err(Error::new(Code::Unauthorized, "plugins are shown to those who are signed in"));
    }
    let who = found.map_or(Who::HUB, |found| found.who);
    caller.need(caller.roles(), who, "reading plugins")
}

fn row(plugin: Plugin) -> Row {
    let handler = |handler: &plugin::Handler| {
        let text = format!("{} {}", handler.kind.replace('_', " "), handler.label);
        // A hook has no page of its own.
        let page = format!("/{}/{}", handler.kind, encoded(&handler.label));
        Link::new(if handler.kind == plugin::HOOK { String::new() } else { page }, text)
    };
    Row {
        link: Link::new(format!("/plugin/{}", encoded(&plugin.plugin)), &plugin.plugin),
        handlers: plugin.handlers.iter().map(handler).collect(),
        crashes: plugin.crashes,
        quarantine: (!plugin.quarantined.is_empty())
            .then(|| (Moment::new(&plugin.quarantined), crate::web::sentence(&plugin.why))),
        version: plugin.version,
        digest: plugin.digest,
    }
}

fn file(shown: Shown) -> File {
    let crash = |said: Evidence| Crash { time: Moment::new(&said.date), said };
    File { row: row(shown.plugin), crashes: shown.evidence.into_iter().map(crash).collect() }
}
