//! The schemas of real types: what is read of them takes what their owner
//! takes, and refuses what it refuses.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::net::IpAddr;

use mf_core::schema::{check, unread};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// As a plugin makes it.
fn schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Both agree on each value, and some pass and some do not.
fn agree<T: JsonSchema + DeserializeOwned + Debug>(values: &[Value]) {
    let schema = schema::<T>();
    assert_eq!(unread(&schema), [""; 0], "{schema:#}");
    let mut passed = 0;
    for value in values {
        let (read, owner) = (check(&schema, value), serde_json::from_value::<T>(value.clone()));
        assert_eq!(read.is_ok(), owner.is_ok(), "{value}: {read:?}, {owner:?}\n{schema:#}");
        passed += usize::from(read.is_ok());
    }
    assert!(passed > 0 && passed < values.len(), "{passed} of {}", values.len());
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read is only compared")]
struct Plain {
    one: u8,
    two: Option<i32>,
    #[serde(default)]
    three: (String, bool),
    four: Option<HashMap<u16, char>>,
    five: Option<BTreeMap<Size, f64>>,
    seven: Option<[u32; 2]>,
    eight: Option<IpAddr>,
}

#[derive(Debug, Deserialize, JsonSchema, PartialEq, Eq, PartialOrd, Ord)]
enum Size {
    Small,
    Large,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Colour {
    Red,
    /// With words of its own.
    DarkBlue,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "what is read is only compared")]
enum External {
    Nothing,
    New(u32),
    Pair(u32, String),
    Table { a: Option<u32> },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[expect(dead_code, reason = "what is read is only compared")]
enum Internal {
    File { path: String },
    Web { url: String, port: Option<u16> },
    None,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
#[expect(dead_code, reason = "what is read is only compared")]
enum Adjacent {
    A(u8),
    B { x: bool },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "what is read is only compared")]
enum Untagged {
    Word(String),
    Words(Vec<String>),
    Outer(Box<Outer>),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "what is read is only compared")]
struct Outer {
    name: String,
    #[serde(flatten)]
    inner: Internal,
    next: Option<Box<Outer>>,
}

#[test]
fn tables_with_all_that_a_key_may_be() {
    agree::<Plain>(&[
        json!({"one": 255}),
        json!({"one": 256}),
        json!({"one": -1}),
        json!({}),
        json!({"one": 1, "other": 1}),
        json!({"one": 1, "two": null}),
        json!({"one": 1, "two": -2_147_483_648_i64}),
        json!({"one": 1, "two": 2_147_483_648_i64}),
        json!({"one": 1, "three": ["a", true]}),
        json!({"one": 1, "three": ["a"]}),
        json!({"one": 1, "three": ["a", true, 1]}),
        json!({"one": 1, "three": [true, "a"]}),
        json!({"one": 1, "four": {"1": "x"}}),
        json!({"one": 1, "four": {"a": "x"}}),
        json!({"one": 1, "four": {"1": "xy"}}),
        json!({"one": 1, "five": {"Small": 1.5, "Large": 2}}),
        json!({"one": 1, "five": {"Middle": 1.5}}),
        json!({"one": 1, "seven": [1, 2]}),
        json!({"one": 1, "seven": [1, 2, 3]}),
        json!({"one": 1, "eight": "::1"}),
        json!({"one": 1, "eight": "here"}),
    ]);
}

#[test]
fn every_way_of_writing_an_enum() {
    agree::<Vec<Colour>>(&[json!(["red", "dark-blue"]), json!(["blue"]), json!("red")]);
    agree::<External>(&[
        json!("Nothing"),
        json!("New"),
        json!({"New": 1}),
        json!({"New": "1"}),
        json!({"Pair": [1, "a"]}),
        json!({"Pair": [1]}),
        json!({"Table": {}}),
        json!({"Table": {"a": -1}}),
        json!({"New": 1, "Table": {}}),
        json!({"Old": 1}),
    ]);
    agree::<Internal>(&[
        json!({"kind": "file", "path": "/p"}),
        json!({"kind": "file"}),
        json!({"kind": "web", "url": "u", "port": 65_535}),
        json!({"kind": "web", "url": "u", "port": 65_536}),
        json!({"kind": "none"}),
        json!({"kind": "other"}),
        json!({"path": "/p"}),
    ]);
    agree::<Adjacent>(&[
        json!({"t": "A", "c": 1}),
        json!({"t": "A", "c": {"x": true}}),
        json!({"t": "B", "c": {"x": true}}),
        json!({"t": "C", "c": 1}),
        json!({"t": "A"}),
    ]);
}

#[test]
fn tables_in_tables_and_one_of_several() {
    let web = json!({"name": "n", "kind": "web", "url": "u"});
    agree::<Untagged>(&[
        json!("word"),
        json!(["a", "b"]),
        json!(["a", 1]),
        json!(1),
        web.clone(),
        json!({"name": "n", "kind": "none", "next": web}),
        json!({"name": "n", "kind": "none", "next": {"name": "n"}}),
        json!({"name": "n", "kind": "neither"}),
        json!({"kind": "none"}),
    ]);
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is looked at")]
struct Bounded {
    #[schemars(range(min = 1, max = 64))]
    jobs: u32,
    #[schemars(regex(pattern = r"^[a-z]+-\d+$"))]
    label: String,
    #[schemars(length(min = 1, max = 2))]
    archs: Vec<String>,
    #[schemars(contains(pattern = "@"))]
    mail: String,
    #[schemars(extend("multipleOf" = 5))]
    minutes: u32,
}

#[test]
fn what_an_author_adds_to_a_type_holds_too() {
    let schema = schema::<Bounded>();
    assert_eq!(unread(&schema), [""; 0], "{schema:#}");
    let good = json!({"jobs": 1, "label": "el-9", "archs": ["x"], "mail": "a@b", "minutes": 10});
    assert_eq!(check(&schema, &good), Ok(()));
    for (key, value, told) in [
        ("jobs", json!(65), "jobs takes at most 64"),
        ("label", json!("el9"), r"label does not match ^[a-z]+-\d+$"),
        ("archs", json!([]), "archs takes at least 1 entry"),
        ("mail", json!("ab"), "mail does not match @"),
        ("minutes", json!(7), "minutes takes a multiple of 5"),
    ] {
        let mut wrong = good.clone();
        wrong[key] = value;
        assert_eq!(check(&schema, &wrong), Err(told.into()));
    }
}
