//! Every route, once: the verbs and the functions of each resource, and what
//! belongs to none.

use mf_core::error::Code;
use mf_core::resource::{ALL, Answer, Find, Function, Kind, On, Resource, Scope, UTIL, Who};
use mf_core::task::Lease;
use serde_json::{Map, Value, json};

use super::operation::Operation;
use super::{message, schema};
use crate::http::function::{Takes, bound};
use crate::http::spellings;
use crate::http::verb::has_rows;
use crate::store::list::{PAGE_LIMIT, orders};

/// Where the hub answers the same.
const ALSO: &str = "x-also";
/// What a browser saves and does not show.
const FILE: &str = "application/octet-stream";
/// What `project_label` is on an object that belongs to a project.
const PROJECT: &str = "the project it belongs to";

/// All paths of the document.
pub fn all() -> Value {
    let mut paths = Paths::default();
    for resource in ALL {
        if has_rows(resource) {
            verbs(&mut paths, resource);
        }
        for function in resource.functions {
            let forms = forms(resource.name, function);
            paths.put(resource, &forms, method(function), operation(resource, function));
        }
    }
    root(&mut paths);
    Value::Object(paths.0)
}

/// Paths with what the hub answers there.
#[derive(Default)]
struct Paths(Map<String, Value>);

impl Paths {
    /// An operation at the first of its paths, which names the others.
    fn put(&mut self, resource: &Resource, forms: &[String], method: &str, operation: Operation) {
        let Some(path) = forms.first() else { return };
        let own = format!("/{}/", resource.name);
        let others = spellings(resource).into_iter().filter(|other| other != resource.name);
        let spelled = others.flat_map(|other| {
            forms
                .iter()
                .map(|form| form.replacen(&own, &format!("/{other}/"), 1))
                .collect::<Vec<_>>()
        });
        let also: Vec<String> = forms.iter().skip(1).cloned().chain(spelled).collect();
        let mut item = json!({ method: operation.end() });
        if !also.is_empty() {
            item[ALSO] = json!(also);
        }
        self.0.insert(path.clone(), item);
    }
}

fn verbs(paths: &mut Paths, resource: &'static Resource) {
    let (name, key, plural) = (resource.name, resource.key(), resource.plural());
    let new = |verb: &str, about: &str, who: Who| {
        Operation::new(name, format!("{key}_{verb}"), about, who, !verb.starts_with("get"))
    };
    let one = |operation: Operation| {
        let operation = operation.in_path("label", &format!("label of the {name}"));
        scoped(operation, resource)
    };
    let at = |verb: &str| format!("/{name}/{{label}}/{verb}.json");
    let object = || vec![(key.clone(), schema::of(&key))];

    let get_one = one(new("get_one", &format!("one {name}"), resource.readers()));
    let get_one = get_one.gives(object()).unless_known().versioned();
    // Older clients ask so for one object.
    paths.put(resource, &[at("get_one"), at("get_all")], "get", get_one);

    let list = new(
        "get_all",
        &format!("list every {name}, or those that match the filters"),
        resource.readers(),
    );
    paths.put(
        resource,
        &[format!("/{name}/get_all.json")],
        "get",
        get_all(list, resource, &plural),
    );

    let about = format!("make one {name}");
    let mut post = new("post", &about, resource.creators());
    let about = format!("change one {name}: the fields that are given");
    let mut put = one(new("put", &about, resource.updaters()));
    // What nobody may takes nothing.
    if resource.creators() != Who::HUB {
        let body = format!("{key}_create");
        post = post.fields(schema::of(&body), schema::in_query(resource, &body)).gives(object());
        post = post.dry();
    }
    if resource.updaters() != Who::HUB {
        let body = format!("{key}_change");
        put = put.fields(schema::of(&body), schema::in_query(resource, &body)).gives(object());
        put = put.dry();
    }
    paths.put(resource, &[format!("/{name}/post.json")], "post", post.once().versioned());
    paths.put(resource, &[at("put")], "put", put.on_version().versioned());

    let about = format!("delete one {name}; refused while anything refers to it");
    let mut delete = one(new("delete", &about, resource.deleters()));
    if resource.deleters() != Who::HUB {
        let confirm = json!({ "type": "string", "enum": ["True", "true", "1"] });
        delete = delete
            .query("confirm_delete", "`True` confirms that it is meant", true, confirm)
            .gives(vec![]);
        delete = delete.dry();
    }
    paths.put(resource, &[at("delete")], "delete", delete.on_version());
}

fn get_all(mut list: Operation, resource: &'static Resource, plural: &str) -> Operation {
    for field in resource.fields().filter(|field| field.find != Find::No) {
        list = list.filter(field);
    }
    let order: Vec<String> = resource
        .fields()
        .filter(|field| orders(field))
        .flat_map(|field| [field.name.to_owned(), format!("-{}", field.name)])
        .collect();
    let text = || json!({ "type": "string", "maxLength": 200 });
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": PAGE_LIMIT });
    let found = json!({ "type": "array", "items": schema::of(&resource.key()) });
    let after =
        json!({ "type": "string", "description": "the next page's `after`; absent at the end" });
    list.query(
        "mf_search_query",
        "only objects with this word in a text that is searched",
        false,
        text(),
    )
    .query(
        "order",
        "sort by this field; with - in reverse",
        false,
        json!({ "type": "string", "enum": order }),
    )
    .query("limit", "return a page of at most this many, not everything", false, limit)
    .query(
        "after",
        "continue after the page that returned this",
        false,
        json!({ "type": "string" }),
    )
    .query(
        "lists",
        "include the lists that grow with the farm's age",
        false,
        json!({ "type": "string", "enum": ["all"] }),
    )
    .data(vec![(plural.to_owned(), found), ("after".into(), after)], &[plural.to_owned()])
}

fn scoped(operation: Operation, resource: &Resource) -> Operation {
    if resource.scope != Scope::Project {
        return operation;
    }
    operation.query("project_label", PROJECT, true, json!({ "type": "string" }))
}

fn method(function: &Function) -> &'static str {
    if function.writes { "post" } else { "get" }
}

/// The paths of a function; the first is the one that is documented.
fn forms(at: &str, function: &Function) -> Vec<String> {
    let path = match function.on {
        On::All => format!("/{at}/{}", function.name),
        On::One => format!("/{at}/{{label}}/{}", function.name),
        On::Part => return vec![format!("/{at}/{{label}}/{}/{{name}}", function.name)],
    };
    let json = format!("{path}.json");
    if function.answer() == Answer::Envelope { vec![json, path] } else { vec![path, json] }
}

fn operation(resource: &'static Resource, function: &'static Function) -> Operation {
    let id = format!("{}_{}", resource.key(), function.name);
    let mut made = Operation::new(resource.name, id, function.about, function.who, function.writes);
    if function.on != On::All {
        made = made.in_path("label", &format!("label of the {}", resource.name));
        if !function.takes.iter().any(|field| field.name == "project_label") {
            made = scoped(made, resource);
        }
    }
    if function.on == On::Part {
        made = made.in_path("name", "name of the part");
    }
    let address = bound(resource, function).is_some_and(|bound| bound.takes() == Takes::Address);
    if function.writes && !address {
        made = made.once().dry();
        if function.on == On::One {
            made = made.on_version();
        }
    }
    if function.writes && !address && !function.takes.is_empty() {
        let takes = schema::parameters(function.takes);
        let open = |field: &&mf_core::resource::Field| field.kind != Kind::Secret;
        let in_query: Vec<_> = function.takes.iter().filter(open).copied().collect();
        let mut in_query = schema::parameters(&in_query);
        if let Some(schema) = in_query.as_object_mut() {
            schema.remove("required");
        }
        made = made.fields(takes, in_query);
    } else {
        for field in function.takes {
            made = made.in_query(field);
        }
    }
    if address {
        made = match message::of(resource.name, function.name) {
            Some(schema) => made.message(schema),
            None => made.bytes(),
        };
        if resource.name == "task" {
            let told = "<task id>.<attempt>.<token>, as the claim gave them";
            made = made.header(Lease::HEADER, told, true);
        }
    }
    // A name may be unknown where there is no label in the path too.
    answer(made.errors(&[Code::NotFound]), resource, function)
}

fn answer(made: Operation, resource: &Resource, function: &Function) -> Operation {
    match function.answer() {
        Answer::Envelope => {
            let given =
                |key: &&str| (key.to_string(), message::given(resource.name, function.name, key));
            let data = function.gives.iter().map(given);
            made.gives(data.collect())
        }
        Answer::Bytes if function.name == "log" => bytes(made, "text/plain"),
        Answer::Bytes => bytes(made, FILE),
        Answer::Events => {
            let about = "each event has its number as `id`, and `data` of one line of JSON";
            let told = "number of the last event you know; the stream starts with those after it";
            made.header("Last-Event-ID", told, false).answers(
                "200",
                about,
                "text/event-stream",
                json!({ "type": "string", "contentMediaType": "text/event-stream", "x-event": message::event() }),
            )
        }
    }
}

fn bytes(made: Operation, media: &str) -> Operation {
    made.header("Range", "one range, such as `bytes=0-99`", false)
        .errors(&[Code::BadRange, Code::NotFound])
        .answers("200", "all of it", media, json!({}))
        .answers("206", "the range", media, json!({}))
}

/// What belongs to no resource.
fn root(paths: &mut Paths) {
    if let Some(function) = UTIL.function("get_file_download_url") {
        let mut forms = forms("root", function);
        // The name that programs have known it by.
        let made = operation(&UTIL, function);
        forms.extend(self::forms("util", function));
        paths.0.remove(&forms[2]);
        paths.put(&UTIL, &forms, "get", made);
    }
    let text = |max: i64| json!({ "type": "string", "maxLength": max });
    let about = "a file, by a link from get_file_download_url";
    let made = Operation::new("util", "download".into(), about, Who::ANYONE, false)
        .errors(&[Code::Forbidden])
        .query("path", "as it was asked for", true, text(2_000))
        .query("expires", "until when the link works", true, text(20))
        .query("signature", "the hub's own", true, text(200));
    paths.put(&UTIL, &["/download".into()], "get", bytes(made, FILE));
    let made = Operation::new("util", "openapi".into(), "this document", Who::ANYONE, false)
        .answers("200", "the document", "application/json", json!({ "type": "object" }));
    paths.put(&UTIL, &["/openapi.json".into()], "get", made);
}
