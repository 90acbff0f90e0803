use serde_json::{Value, json};

use super::{check, check_text, unread};

fn schema() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["url"],
        "properties": {
            "url": {"type": "string", "minLength": 3},
            "jobs": {"type": ["integer", "null"], "minimum": 1, "maximum": 64},
            "mode": {"enum": ["fast", "safe"]},
            "login": {"type": "array", "items": {"$ref": "#/$defs/login"}, "uniqueItems": true},
            "env": {"type": "object", "additionalProperties": {"type": "string"},
                "propertyNames": {"pattern": "^[A-Z]+$"}},
            "either": {"anyOf": [{"type": "boolean"}, {"type": "integer"}]},
            "arch": {"type": "string", "pattern": "^(x86_64|arm64)$"},
            "small": {"type": "integer", "format": "int32"},
            "share": {"exclusiveMinimum": 0, "exclusiveMaximum": 1, "multipleOf": 0.1},
            "host": {"type": "string", "format": "ipv4"},
            "pair": {"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false},
            "how": {"oneOf": [
                {"type": "string", "enum": ["all", "none"]},
                {"type": "object", "required": ["some"], "additionalProperties": false,
                    "properties": {"some": {"type": "integer"}}},
            ]},
            "from": {"oneOf": [
                {"type": "object", "required": ["kind", "path"],
                    "properties": {"kind": {"const": "file"}, "path": {"type": "string"}}},
                {"type": "object", "required": ["kind", "url"],
                    "properties": {"kind": {"const": "web"}, "url": {"type": "string"}}},
            ]},
        },
        "$defs": {"login": {"type": "object", "required": ["host"],
            "properties": {"host": {"type": "string"}}}},
    })
}

#[test]
fn what_fits_passes_and_what_does_not_is_named_with_its_path() {
    assert_eq!(unread(&schema()), [""; 0]);
    let good = json!({"url": "abc", "jobs": 4, "mode": "fast", "either": true, "share": 0.3,
        "login": [{"host": "h"}], "env": {"A": "b"}, "arch": "arm64", "small": -5,
        "host": "10.0.0.1", "pair": ["a", 1], "how": {"some": 1},
        "from": {"kind": "web", "url": "u"}});
    assert_eq!(check(&schema(), &good), Ok(()));
    for (wrong, told) in [
        (json!({}), "url is missing"),
        (json!([]), "it takes object, not array"),
        (json!({"url": 1}), "url takes string, not number"),
        (json!({"url": "a"}), "url takes at least 3 characters"),
        (json!({"url": "abc", "jobs": 0}), "jobs takes at least 1"),
        (json!({"url": "abc", "jobs": 1.5}), "jobs takes integer, not number"),
        (json!({"url": "abc", "mode": "slow"}), "mode takes one of \"fast\", \"safe\""),
        (json!({"url": "abc", "login": [{"host": "h"}, {}]}), "login[1].host is missing"),
        (
            json!({"url": "abc", "login": [{"host": "h"}, {"host": "h"}]}),
            "login[1] is the same as login[0]",
        ),
        (json!({"url": "abc", "env": {"A": 1}}), "env.A takes string, not number"),
        (
            json!({"url": "abc", "env": {"a": "b"}}),
            "env.a is no name for a key: env.a does not match ^[A-Z]+$",
        ),
        (json!({"url": "abc", "either": "x"}), "either takes boolean or integer, not string"),
        (json!({"url": "abc", "arch": "i386"}), "arch does not match ^(x86_64|arm64)$"),
        (json!({"url": "abc", "small": 5e9 as i64}), "small takes an integer of 32 bits"),
        (json!({"url": "abc", "share": 0}), "share takes more than 0"),
        (json!({"url": "abc", "share": 1}), "share takes less than 1"),
        (json!({"url": "abc", "share": 0.25}), "share takes a multiple of 0.1"),
        (json!({"url": "abc", "host": "here"}), "host takes an IPv4 address"),
        (json!({"url": "abc", "pair": [1, 1]}), "pair[0] takes string, not number"),
        (json!({"url": "abc", "pair": ["a", 1, 2]}), "pair[2] is not allowed here"),
        (json!({"url": "abc", "how": "some"}), "how takes one of \"all\", \"none\", or object"),
        (json!({"url": "abc", "how": {"some": "x"}}), "how.some takes integer, not string"),
        (json!({"url": "abc", "from": {"kind": "web"}}), "from.url is missing"),
        (
            json!({"url": "abc", "from": {"kind": "disk"}}),
            "from.kind takes one of \"file\", \"web\"",
        ),
        (
            json!({"url": "abc", "job": 1}),
            "job is not known; known here: arch, either, env, from, host, how, jobs, login, mode, \
             pair, share, small, url",
        ),
    ] {
        assert_eq!(check(&schema(), &wrong), Err(told.into()), "{wrong}");
    }
}

#[test]
fn what_is_put_together_holds_as_a_whole() {
    let schema = json!({
        "type": "object", "properties": {"a": {"type": "integer"}},
        "allOf": [{"properties": {"b": {"type": "integer"}}}],
        "oneOf": [
            {"required": ["c"], "properties": {"c": true}},
            {"required": ["d"], "properties": {"d": true}},
        ],
        "not": {"required": ["z"]}, "dependentRequired": {"a": ["b"]},
        "if": {"required": ["a"]}, "then": {"required": ["c"]}, "else": {"required": ["d"]},
        "unevaluatedProperties": false,
    });
    assert_eq!(unread(&schema), [""; 0]);
    for (value, told) in [
        (json!({"a": 1, "b": 2, "c": 3}), Ok(())),
        (json!({"d": 1}), Ok(())),
        (json!({"c": 1}), Err("d is missing")),
        (json!({"a": 1, "c": 3}), Err("b is missing, which a needs")),
        (json!({"c": 1, "d": 1}), Err("it fits more than one of what it may be")),
        (json!({"d": 1, "z": 1}), Err("it is what is not allowed here")),
        (json!({"d": 1, "e": 1}), Err("e is not known; known here: a, b, d")),
    ] {
        assert_eq!(check(&schema, &value), told.map_err(str::to_owned), "{value}");
    }
}

#[test]
fn a_text_is_toml_or_one_word() {
    let schema = json!({"anyOf": [{"type": "object", "properties": {"n": {"type": "integer"}}},
        {"type": "string", "maxLength": 4}]});
    for fine in ["", " \n", "word", "n = 1"] {
        assert_eq!(check_text(&schema, fine), Ok(()), "{fine:?}");
    }
    assert_eq!(check_text(&schema, "n = '1'"), Err("n takes integer, not string".into()));
    assert!(check_text(&schema, "n = 1\nn").unwrap_err().starts_with("line 2: "));
    assert!(check_text(&schema, "longer").unwrap_err().starts_with("line 1: "));
}

#[test]
fn an_author_hears_what_is_not_read() {
    let schema = json!({"type": "object", "minlength": 3, "x-order": 1, "title": "t", "properties": {
        "a": {"pattern": "(?=x)", "format": "colour"},
        "b": {"items": {"$ref": "http://example.org/schema"}},
        "c": {"$ref": "#/$defs/c"}},
        "patternProperties": {"[": true}, "$defs": {"c": {"type": "string", "nullable": true}}});
    let told = unread(&schema).join("\n");
    for words in [
        "`minlength` is not read",
        "the pattern \"(?=x)\" cannot be read: look-around is not supported, at a",
        "the format \"colour\" is not known, at a",
        "`$ref` http://example.org/schema leads out of the schema, at b",
        "the pattern \"[\" cannot be read",
        "`nullable` is not read, at c",
    ] {
        assert!(told.contains(words), "{words} is not in:\n{told}");
    }
    assert_eq!(told.lines().count(), 6, "{told}");
    // What is not read keeps nobody from anything.
    assert_eq!(check(&schema, &json!({"a": "y", "b": [1]})), Ok(()));
}

#[test]
fn a_hostile_schema_ends() {
    let cycle = json!({"$ref": "#"});
    assert_eq!(check(&cycle, &json!(1)), Ok(()));
    let twice = json!({"anyOf": [{"$ref": "#"}, {"$ref": "#"}, false]});
    assert_eq!(check(&twice, &json!(1)), Ok(()));
    let never = json!({"not": {"$ref": "#"}, "unevaluatedProperties": {"$ref": "#"}});
    assert_eq!(check(&never, &json!({"a": {"b": 1}})), Ok(()));
    let elsewhere = json!({"$ref": "http://example.org/schema"});
    assert_eq!(check(&elsewhere, &json!(1)), Ok(()));
    let text = "a".repeat(4096);
    // Each would take some engines years, or all of the memory.
    for pattern in
        ["^(a+)+$b", "((a{1,99}){1,99}){1,99}", "(((((((((((((((((((((((((((((((((((a", "(x+x+)+y"]
    {
        let texts: Vec<&str> = vec![text.as_str(); 1000];
        let schema = json!({"items": {"pattern": pattern}});
        let _ = check(&schema, &json!(texts));
    }
    assert_eq!(unread(&json!({"pattern": "((a{1,99}){1,99}){1,99}"})).len(), 1);
    let mut deep = json!(true);
    (0..100).for_each(|_| deep = json!({ "not": deep }));
    assert_eq!(unread(&deep), ["it is nested too deep to be read whole"]);
}
