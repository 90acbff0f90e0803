//! What is written is what is read, for every resource and every kind of
//! field, whichever way it is sent; and it is found by what it was given. The
//! same objects in every run.

use mf_core::resource::{ALL, Field, Find, Kind, Need, Resource, Scope, Who};
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};

use crate::farm::Farm;

/// Rounds for each resource.
const ROUNDS: usize = 6;
/// Texts that other programs trip over.
const TEXTS: &[&str] = &[
    "",
    "plain words",
    " around ",
    "a,b;c|d",
    "'; DROP TABLE build; --",
    "\"quoted\" \\ and % and _ and &=?#+",
    "<script>alert(1)</script>",
    "two\nlines\tand a tab\r\n",
    "ä ö 中文 🐒 e\u{301}",
    "true",
    "0",
    "null",
    "{}",
    "[1,2]",
    "{project}/{package}",
];

/// A small generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % below
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())].clone()
    }

    fn text(&mut self, limit: usize) -> String {
        match self.roll(5) {
            0 => "x".repeat(limit),
            1 => "中".repeat(limit / 3),
            _ => {
                let text = self.one(TEXTS);
                text[..text.floor_char_boundary(limit)].to_owned()
            }
        }
    }
}

/// Fields whose values depend on each other, and have tests of their own.
fn is_free(of: &Resource, field: &Field) -> bool {
    let bound = [
        ("build", "bugs"),
        ("build", "scratch"),
        ("build", "scratch_url"),
        ("target", "tag_path"),
        ("package", "source_name"),
        ("package-branch", "url"),
    ];
    !bound.contains(&(of.name, field.name))
}

/// Labels that a reference can have in the small world, in project `p`.
async fn labels(farm: &Farm, to: &str) -> Vec<String> {
    let to = mf_core::resource::find(to).unwrap();
    let scope = if to.scope == Scope::Project { "?project_label=p" } else { "" };
    let all = farm.get_as(&farm.admin, &format!("/{}/get_all.json{scope}", to.name)).await.ok();
    let rows = all[to.plural()].as_array().unwrap();
    rows.iter().map(|row| row["label"].as_str().unwrap().to_owned()).collect()
}

/// Values for some of the fields that can be set; for all with `whole`.
async fn values(farm: &Farm, of: &Resource, dice: &mut Dice, whole: bool) -> Map<String, Value> {
    let mut values = Map::new();
    for field in of.fields().filter(|field| !field.read_only() && is_free(of, field)) {
        if matches!(field.name, "label" | "project_label") || !(whole || dice.roll(2) == 0) {
            continue;
        }
        let value = match field.kind {
            Kind::Text(limit) => json!(dice.text(limit)),
            Kind::Int(low, high) => json!(dice.one(&[low, high, low.max(0), (low + high) / 2])),
            Kind::Bool => json!(dice.roll(2) == 0),
            Kind::Choice(words) => json!(dice.one(words)),
            Kind::Ref { to, .. } => {
                let none = field.need != Need::Must && dice.roll(4) == 0;
                let known = labels(farm, to).await;
                if none || known.is_empty() { json!("") } else { json!(dice.one(&known)) }
            }
            Kind::Refs { to, .. } => {
                let mut some = labels(farm, to).await;
                some.retain(|_| dice.roll(2) == 0);
                some.sort();
                json!(some)
            }
            _ => continue,
        };
        values.insert(field.name.to_owned(), value);
    }
    values
}

/// A field as text, such as a form has it.
fn text(value: &Value, dice: &mut Dice) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => dice.one(&["true", "True", "1"]).to_owned(),
        Value::Bool(false) => dice.one(&["false", "False", "0"]).to_owned(),
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

/// Sends the fields as JSON, as a form or in the query.
fn with(request: RequestBuilder, fields: &Map<String, Value>, dice: &mut Dice) -> RequestBuilder {
    let size = Value::Object(fields.clone()).to_string().len();
    let pairs: Vec<(&String, String)> =
        fields.iter().map(|(name, value)| (name, text(value, dice))).collect();
    match dice.roll(3) {
        0 => request.json(fields),
        1 if size < 2_000 => request.query(&pairs),
        _ => request.form(&pairs),
    }
}

#[track_caller]
fn is(of: &Resource, object: &Value, fields: &Map<String, Value>) {
    for (name, value) in fields {
        assert_eq!(&object[name], value, "{}.{name} of {}", of.name, object["label"]);
    }
}

/// What can be made is found again by every field that filters.
async fn is_found(farm: &Farm, of: &Resource, object: &Value) {
    for field in of.fields().filter(|field| field.find == Find::Filter) {
        let value = text(&object[field.name], &mut Dice(1));
        let path = format!("/{}/get_all.json", of.name);
        let request = farm.request(Method::GET, &path).query(&[(field.name, &value)]);
        let list = farm.send(Some(&farm.admin), request).await.ok();
        let rows = list[of.plural()].as_array().unwrap();
        let found = rows.iter().any(|row| row["id"] == object["id"]);
        assert!(found, "{} is not found by {}={value:?}", of.name, field.name);
        assert!(rows.iter().all(|row| row[field.name] == object[field.name]), "{list}");
    }
}

async fn round(farm: &Farm, of: &'static Resource, n: usize, dice: &mut Dice) {
    let scope = if of.scope == Scope::Project { "?project_label=p" } else { "" };
    let name = if n.is_multiple_of(2) { of.key() } else { of.key().replace('_', "-") };
    let label = format!("made-{n}");
    let mut fields = values(farm, of, dice, true).await;
    fields.insert("label".into(), json!(label));
    if of.scope == Scope::Project {
        fields.insert("project_label".into(), json!("p"));
    }
    let request = farm.request(Method::POST, &format!("/{name}/post.json"));
    let made = farm.send(Some(&farm.admin), with(request, &fields, dice)).await.ok();
    is(of, &made[of.key()], &fields);
    let one = format!("/{name}/{label}/get_one.json{scope}");
    let read = farm.get_as(&farm.admin, &one).await.ok();
    assert_eq!(read, made, "what is told is what is read");
    is_found(farm, of, &read[of.key()]).await;
    if of.updaters() == Who::HUB {
        return;
    }
    let changed = values(farm, of, dice, false).await;
    let put = farm.request(Method::PUT, &format!("/{name}/{label}/put.json{scope}"));
    let put = farm.send(Some(&farm.admin), with(put, &changed, dice)).await.ok();
    let mut expected = fields;
    expected.extend(changed);
    is(of, &put[of.key()], &expected);
    assert_eq!(farm.get_as(&farm.admin, &one).await.ok(), put);
}

#[tokio::test]
async fn what_is_written_is_what_is_read() {
    let farm = Farm::start().await;
    farm.world().await;
    farm.user("ann").await;
    let mut dice = Dice(17);
    for of in ALL.iter().filter(|of| of.creators() != Who::HUB && of.scope != Scope::NoRows) {
        for n in 0..ROUNDS {
            round(&farm, of, n, &mut dice).await;
        }
    }
    farm.stop().await;
}

#[tokio::test]
async fn defaults_are_what_the_table_says() {
    let farm = Farm::start().await;
    farm.world().await;
    for of in ALL.iter().filter(|of| of.creators() != Who::HUB && of.scope != Scope::NoRows) {
        let mut fields = Map::from_iter([("label".to_owned(), json!("bare"))]);
        for field in of.fields().filter(|field| field.need == Need::Must && !field.read_only()) {
            let value = match (field.name, field.kind) {
                ("label", _) => continue,
                ("project_label", _) => "p".to_owned(),
                (_, Kind::Ref { to, .. }) => labels(&farm, to).await.remove(0),
                other => panic!("{other:?} is required, and of no known kind"),
            };
            fields.insert(field.name.to_owned(), json!(value));
        }
        let made = farm.post(of.name, fields.into()).await.ok();
        for field in of.fields().filter(|field| !field.read_only()) {
            let value = &made[of.key()][field.name];
            let empty = match field.need {
                Need::Default(text) => field.parse_text(text).unwrap(),
                Need::May => field.empty(),
                Need::Must | Need::Made => continue,
            };
            let empty = match empty {
                mf_core::resource::Value::Text(text) => json!(text),
                mf_core::resource::Value::Int(number) => json!(number),
                mf_core::resource::Value::Bool(flag) => json!(flag),
                mf_core::resource::Value::List(list) => json!(list),
            };
            if field.kind != Kind::Secret {
                assert_eq!(value, &empty, "{}.{}", of.name, field.name);
            }
        }
    }
    farm.stop().await;
}

#[tokio::test]
async fn what_is_derived_cannot_be_set() {
    let farm = Farm::start().await;
    farm.world().await;
    for of in ALL.iter().filter(|of| of.updaters() != Who::HUB && of.scope != Scope::NoRows) {
        let label = labels(&farm, of.name).await;
        let Some(label) = label.first() else { continue };
        let scope = if of.scope == Scope::Project { "?project_label=p" } else { "" };
        let path = format!("/{}/{label}/put.json{scope}", of.name);
        for field in of.fields().filter(|field| field.read_only() && field.name != "id") {
            let reply = farm.put(&path, json!({ field.name: "x" })).await;
            reply.refused(400, "ReadOnlyField");
        }
        farm.put(&path, json!({ "id": 987_654 })).await.refused(400, "InvalidValue");
        farm.put(&path, json!({ "no_such_field": 1 })).await.refused(400, "UnknownField");
    }
    farm.stop().await;
}

#[tokio::test]
async fn labels_are_what_a_path_and_an_eye_can_bear() {
    let farm = Farm::start().await;
    let functions = ALL.iter().flat_map(|of| of.functions).map(|function| function.name);
    let reserved: Vec<&str> = functions.chain(["get_one", "put"]).collect();
    let strange = [
        "",
        " ",
        "a b",
        "a/b",
        "..",
        ".hidden",
        "-x",
        "a%2fb",
        "a\u{200b}b",
        "a\u{202e}b",
        "аrch",
        "a\u{0}",
        "a\n",
        "ﬁ",
        "a?b",
        "a#b",
        "a\\b",
    ];
    let long = "x".repeat(201);
    for label in strange.into_iter().chain(reserved).chain([long.as_str()]) {
        let reply = farm.post("arch", json!({ "label": label })).await;
        reply.refused(400, "InvalidValue");
        let reply = farm.put("/arch/x86_64/put.json", json!({ "label": label })).await;
        reply.refused(400, "InvalidValue");
    }
    for label in ["x".repeat(200).as_str(), "g++", "1.0~rc1", "X_y-z.9"] {
        farm.post("arch", json!({ "label": label })).await.ok();
    }
    farm.stop().await;
}

/// What makes an object of this resource with nothing but what it must have.
async fn bare(farm: &Farm, of: &Resource, label: &str) -> Map<String, Value> {
    let mut fields = Map::from_iter([("label".to_owned(), json!(label))]);
    for field in of.fields().filter(|field| field.need == Need::Must && !field.read_only()) {
        match (field.name, field.kind) {
            ("project_label", _) => drop(fields.insert(field.name.into(), json!("p"))),
            (_, Kind::Ref { to, .. }) => {
                drop(fields.insert(field.name.into(), json!(labels(farm, to).await[0])));
            }
            _ => {}
        }
    }
    fields
}

#[tokio::test]
async fn whatever_refers_keeps_what_it_refers_to() {
    let farm = Farm::start().await;
    farm.world().await;
    let made = |of: &&&Resource| of.creators() != Who::HUB && of.scope != Scope::NoRows;
    let mut checked = 0;
    for of in ALL.iter().filter(made) {
        for field in of.fields().filter(|field| !field.read_only()) {
            let (to, list) = match field.kind {
                Kind::Ref { to, .. } => (to, false),
                Kind::Refs { to, .. } if of.name != "group" => (to, true),
                _ => continue,
            };
            let to = mf_core::resource::find(to).unwrap();
            if field.name == "project_label" {
                continue;
            }
            let scope = if to.scope == Scope::Project { "project_label=p&" } else { "" };
            let other = match to.name {
                "build_handler" => "rpm".to_owned(),
                "vcs_handler" => "git".to_owned(),
                "bug_handler" => "bugzilla".to_owned(),
                _ => format!("wanted-{checked}"),
            };
            if made(&&to) {
                farm.post(to.name, bare(&farm, to, &other).await.into()).await.ok();
            }
            let label = format!("refers-{checked}");
            let mut fields = bare(&farm, of, &label).await;
            fields.insert(field.name.into(), if list { json!([other]) } else { json!(other) });
            farm.post(of.name, fields.into()).await.ok();
            let path = format!("/{}/{other}/delete.json?{scope}confirm_delete=True", to.name);
            let reply = farm.delete(&path).await;
            let told = reply.refused(409, "StillReferred");
            assert!(told.contains(&label), "{}.{}: {told}", of.name, field.name);
            farm.get(&format!("/{}/{other}/get_one.json?{scope}", to.name)).await.ok();
            checked += 1;
        }
    }
    assert!(checked > 15, "{checked}");
    farm.stop().await;
}
