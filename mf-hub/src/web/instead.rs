//! Where to go from an address at which nothing is: to the list of what it
//! names, and to whatever has that name.

use mf_core::resource::{self, Resource, Scope};

use super::cell::{Link, path};
use super::escape::encoded;
use super::page::{self, list::heading};
use super::visit::Visit;
use crate::store::find;

/// What to offer instead of what the visitor asked for.
pub fn of(visit: &Visit) -> Vec<Link> {
    let mut parts = visit.parts.uri.path().trim_matches('/').splitn(2, '/');
    let resource = parts.next().and_then(resource::find);
    let label = parts.next().map(decoded).unwrap_or_default();
    let list = resource.filter(|resource| resource.scope != Scope::NoRows);
    let mut links: Vec<Link> = list.map(|resource| list_of(visit, resource)).into_iter().collect();
    links.extend(list.into_iter().flat_map(|resource| of_log(visit, resource, &label)));
    if list.is_some() && !label.is_empty() {
        // A task is called as its build is, and then as its target.
        let name = match list.map(|resource| resource.name) {
            Some("task") => label.rsplit_once('.').map_or(label.as_str(), |(build, _)| build),
            _ => label.as_str(),
        };
        let shown: String = name.chars().take(80).collect();
        let at = format!("/search?mf_search_query={}", encoded(&shown));
        links.push(Link::new(at, format!("Search for “{shown}”")));
    }
    links
}

/// Of a log, or of a line of it: the task, if there is that, and its log.
fn of_log(visit: &Visit, resource: &'static Resource, label: &str) -> Vec<Link> {
    let Some(name) = page::log::named(&visit.parts.uri) else { return Vec::new() };
    if resource.name != "task" || visit.object(resource, label).is_err() {
        return Vec::new();
    }
    let at = path(resource, label, &visit.text("project_label").unwrap_or_default());
    let log = Link::new(format!("{at}&log={}", encoded(&name)), "The end of the log");
    let asked = visit.text("first").is_ok_and(|first| !first.is_empty());
    let task = Link::new(at, label);
    if asked { vec![log, task] } else { vec![task] }
}

/// The list of a resource; within the project that the address names, where
/// the visitor may know of that.
fn list_of(visit: &Visit, resource: &Resource) -> Link {
    let (list, title) = (format!("/{}", resource.name), heading(resource));
    let project = visit.text("project_label").unwrap_or_default();
    let sight = visit.caller.sight();
    let known = resource.scope == Scope::Project
        && !project.is_empty()
        && visit.read(|db| find::project(db, &project, sight)).is_ok();
    match known {
        true => {
            let at = format!("{list}?project_label={}", encoded(&project));
            Link::new(at, format!("{title} of {project}"))
        }
        false => Link::new(list, format!("All {}", title.to_lowercase())),
    }
}

/// A name as it stands in a path.
fn decoded(name: &str) -> String {
    // A plus is a plus in a path.
    let pair = format!("x={}", name.replace('+', "%2B").replace('&', "%26"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, v)| v.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn names_are_read_as_they_stand_in_paths() {
        assert_eq!(decoded("g%2B%2B+1%2F%C3%A4&b=c"), "g+++1/ä&b=c");
    }
}
