//! What must hold for the whole table.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::error::Code;

/// The name of a struct's resource, and its keys.
fn keys<T: Object>() -> (&'static str, BTreeSet<String>) {
    match serde_json::to_value(T::default()).unwrap() {
        serde_json::Value::Object(map) => (T::RESOURCE.name, map.keys().cloned().collect()),
        other => panic!("not an object: {other}"),
    }
}

/// Secrets are never read, so the structs do not have them.
fn readable(resource: &Resource) -> BTreeSet<String> {
    resource.fields().filter(|f| f.kind != Kind::Secret).map(|f| f.name.to_owned()).collect()
}

#[test]
fn every_struct_has_the_fields_of_its_resource() {
    let structs = [
        keys::<Arch>(),
        keys::<BugHandler>(),
        keys::<Build>(),
        keys::<BuildHandler>(),
        keys::<BuildType>(),
        keys::<Distro>(),
        keys::<Group>(),
        keys::<Package>(),
        keys::<PackageBranch>(),
        keys::<Project>(),
        keys::<Release>(),
        keys::<System>(),
        keys::<Tag>(),
        keys::<Target>(),
        keys::<Task>(),
        keys::<User>(),
        keys::<VcsHandler>(),
    ];
    assert_eq!(structs.len() + 1, ALL.len(), "util has no rows, and so no struct");
    for (name, keys) in structs {
        assert_eq!(keys, readable(find(name).unwrap()), "{name}");
    }
}

#[test]
fn there_are_eighteen_resources_in_both_spellings() {
    assert_eq!(ALL.len(), 18);
    for resource in ALL {
        assert_eq!(find(resource.name).unwrap().name, resource.name);
        assert_eq!(find(&resource.key()).unwrap().name, resource.name);
        assert_eq!(find(&resource.key().replace('_', "-")).unwrap().name, resource.name);
    }
    assert_eq!(find("package-branch").unwrap().plural(), "package_branches");
    assert_eq!(find("arch").unwrap().plural(), "archs");
    assert!(find("nonsense").is_none());
}

#[test]
fn references_point_at_resources_and_back() {
    for resource in ALL {
        for field in resource.fields() {
            match field.kind {
                Kind::Ref { to, .. } | Kind::Refs { to, .. } => {
                    assert!(find(to).is_some(), "{}.{} refers to {to}", resource.name, field.name);
                }
                Kind::Back { of, by } => {
                    let Kind::Ref { to, .. } = find(of).unwrap().field(by).unwrap().kind else {
                        panic!("{of}.{by} is no reference");
                    };
                    assert_eq!(to, resource.name, "{}.{}", resource.name, field.name);
                }
                _ => {}
            }
            if let Need::Default(text) = field.need {
                field.parse_text(text).unwrap();
            }
        }
    }
}

#[test]
fn names_are_said_once() {
    for resource in ALL {
        let mut names = BTreeSet::new();
        for field in resource.fields() {
            assert!(names.insert(field.name), "{}.{} twice", resource.name, field.name);
        }
        let mut names = BTreeSet::new();
        for function in resource.functions {
            assert!(names.insert(function.name), "{}.{} twice", resource.name, function.name);
            assert!(!VERBS.contains(&function.name));
        }
    }
}

#[test]
fn every_spelling_of_a_value_is_read_alike() {
    let package = find("package").unwrap();
    let flag = package.field("one_per_system").unwrap();
    for text in ["true", "True", "1"] {
        assert_eq!(flag.parse_text(text).unwrap(), Value::Bool(true));
    }
    assert_eq!(flag.parse(Input::Json(&json!(false))).unwrap(), Value::Bool(false));
    let releases = find("package-branch").unwrap().field("releases").unwrap();
    let both = Value::List(vec!["el4".into(), "el5".into()]);
    assert_eq!(releases.parse_text("el4,el5").unwrap(), both);
    assert_eq!(releases.parse(Input::Texts(&["el4".into(), "el5".into()])).unwrap(), both);
    assert_eq!(releases.parse(Input::Json(&json!(["el4", "el5", "el4"]))).unwrap(), both);
}

#[test]
fn a_wrong_value_is_named_with_what_the_field_takes() {
    let package = find("package").unwrap();
    let error = package.field("footprint").unwrap().parse_text("heavy").unwrap_err();
    assert_eq!(error.code, Code::InvalidValue);
    assert_eq!(error.sentence, "footprint takes a whole number from 1 to 1000, not \"heavy\"");
    let error = package.field("branches").unwrap().parse_text("x").unwrap_err();
    assert!(error.sentence.contains("derived"), "{}", error.sentence);
    let long = "x".repeat(1_001);
    let error = package.field("summary").unwrap().parse_text(&long).unwrap_err();
    assert_eq!(error.sentence, "summary has 1001 bytes; the limit is 1000");
}
