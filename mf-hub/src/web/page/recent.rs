//! What was built lately of something, on its page.

use mf_core::error::Error;
use mf_core::resource::{BUILD, Resource, TASK, USER};

use crate::store::newest::{self, Of};
use crate::web::cell::{Link, Moment, State, path, text};
use crate::web::visit::{Seen, Visit};

const TAGGED: &str = "Builds that have it";

/// Builds or tasks, the newest first.
#[derive(Debug)]
pub struct Recent {
    /// What they are.
    pub title: &'static str,
    /// Those that are shown.
    pub rows: Vec<Row>,
    /// Whether they are of more than one project.
    pub many: bool,
    /// Whether somebody submitted them.
    pub users: bool,
    /// What to say where there are none.
    pub none: &'static str,
    /// All of them; empty where no list has this filter.
    pub all: String,
}

/// A build or a task.
#[derive(Debug)]
pub struct Row {
    /// It.
    pub link: Link,
    /// What became of it.
    pub state: State,
    /// Label of its project.
    pub project: String,
    /// Who submitted it.
    pub user: Option<Link>,
    /// When something last became of it.
    pub date: Moment,
}

/// One build or task as pages list it.
pub fn row(resource: &Resource, found: newest::Recent) -> Row {
    Row {
        link: Link::new(path(resource, &found.label, &found.project), found.label),
        state: State::new(&found.status),
        project: found.project,
        user: (!found.user.is_empty()).then(|| Link::to(&USER, &found.user, "")),
        date: Moment::new(&found.date),
    }
}

/// What was built lately of an object; `None` for what nothing is built of.
///
/// # Errors
/// The database would not.
pub fn of(
    visit: &Visit,
    resource: &'static Resource,
    seen: &Seen,
) -> Result<Option<Recent>, Error> {
    let (id, sight) = (seen.object.id, visit.caller.sight());
    let of = match resource.name {
        "package" => Of::Package(id),
        "package-branch" => Of::Branch(id),
        "project" => Of::Project(id),
        "user" => Of::User(id),
        "build_type" => Of::Type(id),
        "tag" => Of::Tag(id),
        "system" => {
            let found = visit.read(|db| newest::tasks_of(db, Some(id), None, sight))?;
            return Ok(Some(shown(
                "What it builds, and has built",
                &TASK,
                found,
                all(&TASK, resource, seen),
            )));
        }
        "target" => {
            let found = visit.read(|db| newest::tasks_of(db, None, Some(id), sight))?;
            return Ok(Some(shown("Newest tasks", &TASK, found, all(&TASK, resource, seen))));
        }
        _ => return Ok(None),
    };
    let found = visit.read(|db| newest::builds_of(db, of, sight))?;
    let title = if resource.name == "tag" { TAGGED } else { "Newest builds" };
    let all = if resource.name == "tag" { String::new() } else { all(&BUILD, resource, seen) };
    Ok(Some(shown(title, &BUILD, found, all)))
}

fn shown(title: &'static str, of: &Resource, found: Vec<newest::Recent>, all: String) -> Recent {
    let many = found.windows(2).any(|two| two[0].project != two[1].project);
    let users = found.iter().any(|one| !one.user.is_empty());
    let none = match (of.name, title) {
        (_, TAGGED) => "There are none: `mf build tag`, or a build's page, gives it to one.",
        ("build", _) => {
            "There are none yet: `mf build create`, or a package branch's page, submits one."
        }
        _ => "There are none yet.",
    };
    Recent {
        title,
        many,
        users,
        none,
        rows: found.into_iter().map(|found| row(of, found)).collect(),
        all,
    }
}

/// The list of all that belong to an object.
fn all(of: &Resource, resource: &Resource, seen: &Seen) -> String {
    let project = text(&seen.value, "project_label");
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair(&format!("{}_label", resource.key()), &seen.object.label);
    if !project.is_empty() {
        query.append_pair("project_label", project);
    }
    format!("/{}?{}", of.name, query.finish())
}
