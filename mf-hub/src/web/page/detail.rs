//! `/RESOURCE/LABEL?project_label=`: every field, what the visitor may do, and
//! the history.

use askama::Template;
use mf_core::error::Error;
use mf_core::resource::{BUILD, Field, PROJECT, Resource};
use mf_core::time;

use super::plugins;
use super::recent::{self, Recent};
use crate::store::{offer, series};
use crate::web::answer;
use crate::web::cell::{Cell, Link, cell, text, title};
use crate::web::errands::{self, Errand};
use crate::web::escape::encoded;
use crate::web::form::{self, Form, Input};
use crate::web::frame::Frame;
use crate::web::keys::{self, Keys};
use crate::web::made_by::{self, MadeBy};
use crate::web::past::{self, Entry};
use crate::web::plot::{self, Plot};
use crate::web::uses::{self, Uses};
use crate::web::visit::{Seen, Visit};

/// Changes that a page shows.
pub const PAST: i64 = 20;
/// What a page shows in a way of its own.
const SHOWN_APART: &[&str] =
    &["label", "project_label", "errands", "builds", "repository", "repository_state", "drained"];

#[derive(Template)]
#[template(path = "detail.html")]
struct Detail {
    frame: Frame,
    resource: &'static Resource,
    kind: String,
    label: String,
    project: Option<Link>,
    plot: Plot,
    links: Vec<Link>,
    fields: Vec<(String, &'static str, Cell)>,
    errands: Vec<Errand>,
    /// Of a system: by whom it was drained, since when and why.
    drained: String,
    /// Of a system: the handlers and plugins that it has.
    offered: Vec<MadeBy>,
    /// Of a handler: the file that it comes from.
    plugin: Option<plugins::Row>,
    keys: Option<Keys>,
    recent: Option<Recent>,
    uses: Option<Uses>,
    actions: Vec<Form>,
    history: Vec<Entry>,
}

impl Detail {
    /// Whether what its fields say is short enough to stand beside the rest.
    fn is_aside(&self) -> bool {
        let is_long = |cell: &Cell| matches!(cell, Cell::Long(_));
        self.recent.is_some() && !self.fields.iter().any(|(_, _, cell)| is_long(cell))
    }
}

/// Fields as a page shows them: name, meaning, value.
pub type Fields = Vec<(String, &'static str, Cell)>;

/// The page.
///
/// # Errors
/// There is no such object.
pub fn page(visit: &Visit, resource: &'static Resource, label: &str) -> Result<String, Error> {
    let seen = visit.object(resource, label)?;
    let kind = super::list::heading(resource);
    let mut actions = form::of(visit, resource, &seen);
    actions.extend(submit(visit, resource, &seen));
    let word = |name: &str| text(&seen.value, name);
    let page = Detail {
        frame: Frame::new(visit, label).live(&[("resource", resource.name)]),
        resource,
        kind,
        label: label.to_owned(),
        project: project(&seen),
        plot: plot(visit, resource, &seen)?,
        links: links(resource, &seen),
        fields: fields(resource, &seen, SHOWN_APART),
        errands: errands::of(visit, &seen.value),
        drained: match word("drained") {
            "" => String::new(),
            by => crate::web::sentence(&format!("drained {by}")),
        },
        offered: match resource.name {
            "system" => made_by::offered(visit.read(|db| offer::of(db, seen.object.id))?),
            _ => Vec::new(),
        },
        plugin: plugins::of_digest(visit, word("digest"))?,
        keys: keys::of(visit, resource, &seen)?,
        recent: recent::of(visit, resource, &seen)?,
        uses: uses::of(visit, resource, &seen)?,
        actions,
        history: past::entries(visit.history(resource, &seen, PAST)?),
    };
    answer::text(&page)
}

/// The project that an object is in.
pub fn project(seen: &Seen) -> Option<Link> {
    let project = text(&seen.value, "project_label");
    (!project.is_empty()).then(|| Link::to(&PROJECT, project, ""))
}

/// Every field that the visitor sees, but those that are shown elsewhere and
/// those that have no value.
pub fn fields(resource: &'static Resource, seen: &Seen, without: &[&str]) -> Fields {
    // What the farm keeps of everything comes last.
    let kept = |field: &&Field| matches!(field.name, "id" | "create_date" | "update_date");
    let own = resource.fields().filter(|field| !kept(field));
    let shown = own.chain(resource.fields().filter(kept));
    let shown = shown.filter(|field| !without.contains(&field.name));
    let shown =
        shown.map(|field| (title(field.name), field.about, cell(resource, field, &seen.value)));
    shown.filter(|(_, _, cell)| !matches!(cell, Cell::None)).collect()
}

/// Lists that are about this object.
fn links(resource: &'static Resource, seen: &Seen) -> Vec<Link> {
    let label = encoded(&seen.object.label);
    let project = encoded(text(&seen.value, "project_label"));
    let list = |of: &str, by: &str, text: &str| {
        let project =
            if project.is_empty() { String::new() } else { format!("&project_label={project}") };
        Link::new(format!("/{of}?{by}={label}{project}"), text)
    };
    match resource.name {
        "project" => vec![
            list("build", "project_label", "builds"),
            list("package", "project_label", "packages"),
            list("package-branch", "project_label", "package branches"),
            list("tag", "project_label", "tags"),
        ],
        "package" => vec![
            list("build", "package_label", "builds"),
            list("package-branch", "package_label", "package branches"),
        ],
        "package-branch" => vec![list("build", "package_branch_label", "builds")],
        "tag" if seen.value["manage_repo"] == true => {
            vec![Link::new(format!("/repo/{project}/{label}/"), "repository")]
        }
        "user" => {
            vec![list("build", "user_label", "builds"), list("package", "user_label", "packages")]
        }
        "group" => vec![list("package", "group_label", "packages")],
        "system" => vec![list("task", "system_label", "tasks")],
        "target" => vec![list("task", "target_label", "tasks")],
        "release" => vec![list("target", "release_label", "targets")],
        "distro" => vec![list("release", "distro_label", "releases")],
        "build_handler" => vec![list("package-branch", "build_handler_label", "package branches")],
        "build_type" => vec![list("build", "build_type_label", "builds")],
        _ => Vec::new(),
    }
}

/// How long a package's tasks took; how busy a system was.
fn plot(visit: &Visit, resource: &'static Resource, seen: &Seen) -> Result<Plot, Error> {
    let (id, sight) = (seen.object.id, visit.caller.sight());
    match resource.name {
        "package" => {
            let lives = visit.read(|db| series::of_package(db, id, plot::HOURS))?;
            Ok(plot::durations(&lives))
        }
        "system" => {
            let from = time::in_seconds(-plot::HOURS * 3_600).unwrap_or_default();
            let lives = visit.read(|db| series::since(db, &from, Some(id), sight))?;
            Ok(plot::utilisation(&lives, seen.value["capacity"].as_i64().unwrap_or(1)))
        }
        _ => Ok(Plot::default()),
    }
}

/// The form that submits a build of a package-branch.
fn submit(visit: &Visit, resource: &'static Resource, seen: &Seen) -> Option<Form> {
    if resource.name != "package-branch" {
        return None;
    }
    let names =
        ["label", "build_type_label", "pre_tag_label", "bugs", "notes", "scratch", "scratch_url"];
    let given = [
        ("package_branch_label", seen.object.label.as_str()),
        ("project_label", text(&seen.value, "project_label")),
    ];
    form::create(visit, &BUILD, seen, &names, &given)
}
