//! Forms of what a visitor may do, from the table of functions.

use mf_core::resource::{Field, Function, Kind, Need, On, Resource, TAG, UTIL};

use super::cell::title;
use super::escape::encoded;
use super::visit::{Seen, Visit};

/// One form: what it does is a function of the API.
#[derive(Debug)]
pub struct Form {
    /// What it is told apart by on its page.
    pub name: String,
    /// What it does, in a word.
    pub title: String,
    /// What it does, in a sentence.
    pub about: String,
    /// What its button says.
    pub button: String,
    /// Whether to think twice.
    pub grave: bool,
    /// Where it is sent.
    pub path: String,
    /// Which page follows.
    pub back: String,
    /// That it is ours.
    pub csrf: String,
    /// Whose password it may ask for: whoever keeps passwords asks that.
    pub whose: String,
    /// What is filled in.
    pub fields: Vec<Blank>,
}

/// What is filled in.
#[derive(Debug)]
pub struct Blank {
    /// Its name in the API.
    pub name: &'static str,
    /// Its name for people.
    pub title: String,
    /// What it means.
    pub about: &'static str,
    /// Whether it must be filled in.
    pub must: bool,
    /// How.
    pub input: Input,
}

/// How something is filled in.
#[derive(Debug)]
pub enum Input {
    /// A line.
    Line,
    /// Some lines.
    Area,
    /// A line that is not shown.
    Secret,
    /// One of these values, each with its text.
    Choice(Vec<(String, String)>),
}

/// Functions that are not among what may be done to an object: they make
/// secrets and have a place of their own, or are for programs.
const NOT_HERE: &[&str] = &["create_key", "create_token", "enrol", "revoke_key"];

/// What one thinks twice about.
const GRAVE: &[&str] = &["cancel", "untag", "leave", "revoke_key", "drain", "pause"];

impl Form {
    /// Whether there is nothing to be filled in: a button is all of it.
    pub fn is_plain(&self) -> bool {
        self.fields.is_empty()
    }

    /// Whether a password is asked for.
    pub fn asks_secret(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.input, Input::Secret))
    }
}

/// What this visitor may do to an object.
pub fn of(visit: &Visit, resource: &'static Resource, seen: &Seen) -> Vec<Form> {
    let functions = resource.functions.iter().filter(|function| {
        // A worker's own business has other roles than a person has.
        function.writes && !NOT_HERE.contains(&function.name) && makes_sense(visit, function, seen)
    });
    functions.filter_map(|function| one(visit, resource, seen, function, &[])).collect()
}

/// The form of one function on an object, with some of its fields given
/// already; `None` for who may not call it.
pub fn one(
    visit: &Visit,
    resource: &'static Resource,
    seen: &Seen,
    function: &Function,
    given: &[(&str, &str)],
) -> Option<Form> {
    let csrf = visit.csrf()?;
    if function.on != On::One || !function.who.meets(seen.roles) {
        return None;
    }
    let project = super::cell::text(&seen.value, "project_label");
    let path = format!(
        "/act/{}/{}/{}?{}",
        resource.name,
        encoded(&seen.object.label),
        function.name,
        query(&[&[("project_label", project)], given].concat())
    );
    let open = function.takes.iter().filter(|field| !is_given(given, field));
    let fields = open.map(|field| blank(visit, field, seen)).collect();
    Some(filled(visit, function, path, csrf, fields))
}

/// The form of a function of the whole farm, all of whose fields but lines of
/// text are given; `None` for who may not call it.
pub fn farm(visit: &Visit, name: &str, given: &[(&str, &str)]) -> Option<Form> {
    let csrf = visit.csrf()?;
    let function = UTIL.function(name)?;
    if !function.who.meets(visit.caller.roles()) {
        return None;
    }
    let path = format!("/act/util/{name}?{}", query(given));
    let open = function.takes.iter().filter(|field| !is_given(given, field));
    let fields = open.map(|field| line(field, Input::Line)).collect();
    Some(filled(visit, function, path, csrf, fields))
}

fn filled(
    visit: &Visit,
    function: &Function,
    path: String,
    csrf: String,
    fields: Vec<Blank>,
) -> Form {
    Form {
        name: function.name.to_owned(),
        title: title(function.name),
        about: super::sentence(function.about),
        button: capital(&title(function.name)),
        grave: GRAVE.contains(&function.name),
        path,
        back: back(visit),
        csrf,
        whose: visit.caller.label.clone(),
        fields,
    }
}

fn query(given: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish()
}

fn is_given(given: &[(&str, &str)], field: &Field) -> bool {
    given.iter().any(|(name, _)| *name == field.name)
}

/// The form that makes an object, with some of its fields filled in already.
pub fn create(
    visit: &Visit,
    resource: &'static Resource,
    seen: &Seen,
    names: &[&str],
    given: &[(&str, &str)],
) -> Option<Form> {
    let csrf = visit.csrf()?;
    if !resource.creators().meets(seen.roles) {
        return None;
    }
    let given = query(given);
    let fields = names.iter().filter_map(|name| resource.field(name));
    Some(Form {
        name: format!("new-{}", resource.name),
        title: format!("submit {}", resource.one()),
        about: super::sentence(resource.about),
        button: "Submit".into(),
        grave: false,
        path: format!("/act/{}?{given}", resource.name),
        back: String::new(),
        csrf,
        whose: visit.caller.label.clone(),
        fields: fields.map(|field| blank(visit, field, seen)).collect(),
    })
}

/// Whether a function can do anything to an object as it is; the API decides.
fn makes_sense(visit: &Visit, function: &Function, seen: &Seen) -> bool {
    let status = super::cell::text(&seen.value, "status_label");
    let yes = |name: &str| seen.value[name] == true;
    let has_me = |list: &str| {
        let all = seen.value[list].as_array().into_iter().flatten();
        all.into_iter().any(|user| *user == visit.caller.label.as_str())
    };
    let is_mine = has_me("users") || has_me("pending_users");
    match function.name {
        "cancel" => matches!(status, "New" | "Queued" | "Building"),
        "retry" => matches!(status, "BuildFail" | "Cancelled" | "Lost"),
        "tag" => !yes("scratch"),
        "untag" => seen.value["tags"].as_array().is_some_and(|tags| !tags.is_empty()),
        "join" => !is_mine,
        "leave" => is_mine,
        "lock" => !yes("locked"),
        "unlock" => yes("locked"),
        "drain" => yes("enabled"),
        "resume" => seen.value["enabled"] == false,
        "prioritize" => matches!(status, "New" | "Queued" | "Building"),
        "check_bugs" | "comment_bugs" | "close_bugs" | "reopen_bugs" | "link_bugs" => {
            !super::cell::text(&seen.value, "bugs").is_empty()
        }
        "approve" => seen.value["pending_users"].as_array().is_some_and(|all| !all.is_empty()),
        _ => true,
    }
}

fn blank(visit: &Visit, field: &'static Field, seen: &Seen) -> Blank {
    let pair = |value: &str, text: &str| (value.to_owned(), text.to_owned());
    let input = match field.kind {
        Kind::Bool => Input::Choice(vec![pair("", "no"), pair("true", "yes")]),
        Kind::Int(-1, 1) => Input::Choice(vec![
            pair("1", "+1: for it"),
            pair("0", "0: neither"),
            pair("-1", "−1: against it"),
        ]),
        Kind::Choice(words) => Input::Choice(words.iter().map(|word| pair(word, word)).collect()),
        Kind::Ref { to: "tag", .. } => tags(visit, seen).unwrap_or(Input::Line),
        Kind::Secret => Input::Secret,
        Kind::Text(_) if field.name.ends_with("password") => Input::Secret,
        Kind::Text(limit) if limit > 1_000 => Input::Area,
        _ => Input::Line,
    };
    line(field, input)
}

fn line(field: &'static Field, input: Input) -> Blank {
    let must = field.need == Need::Must;
    Blank { name: field.name, title: title(field.name), about: field.about, must, input }
}

/// The tags of the object's project.
fn tags(visit: &Visit, seen: &Seen) -> Option<Input> {
    let project = super::cell::text(&seen.value, "project_label");
    let mut params = crate::params::Params::default();
    let texts = |text: &str| crate::params::Given::Texts(vec![text.to_owned()]);
    params.0.insert("project_label".into(), texts(project));
    let (tags, _) = visit.list(&TAG, params, 500).ok()?;
    let none = (String::new(), "–".to_owned());
    let known = tags.iter().map(|tag| super::cell::text(tag, "label").to_owned());
    Some(Input::Choice(std::iter::once(none).chain(known.map(|tag| (tag.clone(), tag))).collect()))
}

/// The page that the visitor is on.
fn back(visit: &Visit) -> String {
    visit.parts.uri.path_and_query().map_or_else(String::new, |at| at.as_str().to_owned())
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
