//! `/RESOURCE`: the newest first; filters as in the API.

use askama::Template;
use mf_core::error::Error;
use mf_core::resource::{Field, Find, Kind, Resource};
use serde_json::Value;

use crate::params::Given;
use crate::web::answer;
use crate::web::cell::{Cell, State, cell};
use crate::web::frame::Frame;
use crate::web::visit::Visit;

/// Objects on one page, unless the address says otherwise.
const ROWS: i64 = 100;

#[derive(Template)]
#[template(path = "list.html")]
struct List {
    frame: Frame,
    title: String,
    about: String,
    path: String,
    /// The same list with each status alone; and whether it is that.
    states: Vec<(Option<State>, String, bool)>,
    filters: Vec<Filter>,
    /// Parameters that are no filter on this page, and stay.
    kept: Vec<(String, String)>,
    filtered: bool,
    heads: Vec<String>,
    rows: Vec<Vec<Cell>>,
    /// What to say where there are none.
    none: String,
    first: String,
    next: String,
}

/// One filter of the form.
struct Filter {
    name: String,
    title: String,
    value: String,
    options: Option<Vec<(String, String)>>,
}

/// The page.
///
/// # Errors
/// A parameter is wrong.
pub fn page(visit: &Visit, resource: &'static Resource) -> Result<String, Error> {
    let mut params = visit.query()?;
    // A form sends what was left empty too.
    params
        .0
        .retain(|_, given| !matches!(given, Given::Texts(all) if all.iter().all(String::is_empty)));
    let given = params.clone();
    params.0.entry("order".into()).or_insert_with(|| Given::Texts(vec!["-id".into()]));
    let (objects, next) = visit.list(resource, params, ROWS)?;
    let title = heading(resource);
    let path = format!("/{}", resource.name);
    let pairs: Vec<(String, String)> = given
        .0
        .iter()
        .filter_map(|(name, given)| match given {
            Given::Texts(all) => Some(all.iter().map(move |text| (name.clone(), text.clone()))),
            Given::Json(_) => None,
        })
        .flatten()
        .collect();
    let at = |after: Option<&str>| {
        let kept = pairs.iter().filter(|(name, _)| name != "after");
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept).extend_pairs(after.map(|after| ("after", after)));
        format!("{path}?{}", query.finish())
    };
    let states = states(resource, &path, &pairs);
    let filters = filters(resource, &pairs);
    let shown = |name: &str| filters.iter().any(|filter| filter.name == name);
    let columns = columns(resource);
    // That the queue is paused is told by an event of the util.
    let live = &format!("{},util", resource.name);
    let page = List {
        frame: Frame::new(visit, &title).live(&[("resource", live)]),
        about: crate::web::sentence(resource.about),
        filtered: pairs
            .iter()
            .any(|(name, _)| !matches!(name.as_str(), "after" | "order" | "limit")),
        kept: pairs.iter().filter(|(name, _)| name != "after" && !shown(name)).cloned().collect(),
        heads: columns.iter().map(|field| self::title(resource, field)).collect(),
        rows: objects.iter().map(|object| row(resource, &columns, object)).collect(),
        none: none(resource),
        first: if given.0.contains_key("after") { at(None) } else { String::new() },
        next: next.map(|next| at(Some(&next))).unwrap_or_default(),
        states,
        filters,
        title,
        path,
    };
    answer::text(&page)
}

/// What the list is called.
pub fn heading(resource: &Resource) -> String {
    let plural = resource.many();
    plural[..1].to_uppercase() + &plural[1..]
}

/// What makes the first one.
fn none(resource: &Resource) -> String {
    let how = match resource.name {
        "task" => "every build has some".to_owned(),
        "system" => "a host's worker enrols with a token of `mf system create-token`".to_owned(),
        name if name.ends_with("_handler") => "plugins provide them".to_owned(),
        name => format!("`mf {} create` makes one", name.replace('_', "-")),
    };
    format!("There are none yet: {how}.")
}

fn title(resource: &Resource, field: &Field) -> String {
    match field.kind {
        Kind::Label => resource.name.replace(['-', '_'], " "),
        _ => crate::web::cell::title(field.name),
    }
}

/// The row of an object.
fn row(resource: &Resource, columns: &[&'static Field], object: &Value) -> Vec<Cell> {
    columns.iter().map(|field| cell(resource, field, object)).collect()
}

/// The fields that a list shows, where people want other than the usual ones.
fn columns(resource: &'static Resource) -> Vec<&'static Field> {
    let names: &[&str] = match resource.name {
        "build" => &[
            "label",
            "status_label",
            "project_label",
            "package_label",
            "releases",
            "build_type_label",
            "user_label",
            "create_date",
        ],
        "task" => &[
            "label",
            "status_label",
            "stage",
            "project_label",
            "target_label",
            "system_label",
            "start_date",
        ],
        "package" => {
            &["label", "project_label", "summary", "user_label", "group_label", "update_date"]
        }
        "package-branch" => &[
            "label",
            "project_label",
            "package_label",
            "build_handler_label",
            "releases",
            "vcs_branch",
        ],
        "project" => &["label", "display_name", "admin_group_label", "url", "restricted"],
        "system" => &[
            "label",
            "enabled",
            "drained",
            "build_count",
            "capacity",
            "archs",
            "build_handlers",
            "last_seen",
        ],
        "tag" => &["label", "project_label", "about", "manage_repo", "locked", "requires_admin"],
        "release" => &["label", "distro_label", "full_version", "eol", "build_handlers"],
        "target" => &["label", "release_label", "arch_label", "distro_label", "tag_path"],
        "build_handler" | "vcs_handler" | "bug_handler" => {
            &["label", "enabled", "plugin", "version", "systems"]
        }
        "build_type" => &["label", "display_name", "priority"],
        "group" => &["label", "display_name", "users", "restricted"],
        "user" => &["label", "display_name", "groups", "create_date"],
        _ => &["label", "display_name", "url", "create_date"],
    };
    names.iter().filter_map(|name| resource.field(name)).collect()
}

/// What has a status is most often looked for by it.
fn states(
    resource: &Resource,
    path: &str,
    given: &[(String, String)],
) -> Vec<(Option<State>, String, bool)> {
    const NAME: &str = "status_label";
    let Some(Kind::Choice(words)) = resource.field(NAME).map(|field| field.kind) else {
        return Vec::new();
    };
    let now = given.iter().find(|(name, _)| name == NAME).map(|(_, word)| word.as_str());
    let kept = || given.iter().filter(|(name, _)| !matches!(name.as_str(), NAME | "after"));
    let at = |word: Option<&str>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept()).extend_pairs(word.map(|word| (NAME, word)));
        format!("{path}?{}", query.finish())
    };
    let one = |word: &&str| (Some(State::new(word)), at(Some(word)), now == Some(*word));
    std::iter::once((None, at(None), now.is_none())).chain(words.iter().map(one)).collect()
}

/// The filters that a list offers; others may stand in the address.
fn filters(resource: &'static Resource, given: &[(String, String)]) -> Vec<Filter> {
    let value = |name: &str| {
        let found = given.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let mut all = Vec::new();
    if resource.fields().any(|field| field.find == Find::Search) {
        let name = "mf_search_query";
        all.push(Filter {
            name: name.into(),
            title: "search".into(),
            value: value(name),
            options: None,
        });
    }
    const NOT_OFFERED: &[&str] = &[
        "status_label",
        "scratch",
        "package_branch_label",
        "build_label",
        "vcs_handler_label",
        "plugin",
    ];
    let offered = resource.fields().filter(|field| field.find == Find::Filter);
    for field in offered.filter(|field| !NOT_OFFERED.contains(&field.name)) {
        let pair = |value: &str, text: &str| (value.to_owned(), text.to_owned());
        let any = || pair("", "any");
        let options = match field.kind {
            Kind::Choice(words) => Some(
                std::iter::once(any()).chain(words.iter().map(|word| pair(word, word))).collect(),
            ),
            Kind::Bool => Some(vec![any(), pair("true", "yes"), pair("false", "no")]),
            _ => None,
        };
        let (name, title) = (field.name.to_owned(), crate::web::cell::title(field.name));
        all.push(Filter { value: value(&name), name, title, options });
    }
    all
}
