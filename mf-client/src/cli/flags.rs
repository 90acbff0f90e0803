//! Command-line flags made from the resource table, and values read from them.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, builder::PossibleValuesParser, parser::ValueSource};
use mf_core::resource::{Field, Find, Input, Kind, Need, Resource, Value};
use serde_json::{Map, Value as Json};

use super::exit::Failure;
use super::names;

/// Id of the label that stands without a flag.
pub const POSITIONAL: &str = "LABEL";

const DRY_RUN: &str = "dry-run";
const YES: &str = "yes";

/// A field's flag: a reference by what it refers to, dashes for underscores.
pub fn name(field: &Field) -> String {
    field.name.strip_suffix("_label").unwrap_or(field.name).replace('_', "-")
}

/// The fields that a caller may set.
pub fn settable(of: &Resource) -> impl Iterator<Item = &'static Field> + use<> {
    of.fields().filter(|field| !field.read_only())
}

/// The fields that lists are filtered by; the label is searched for.
pub fn filters(of: &Resource) -> impl Iterator<Item = &'static Field> + use<> {
    of.fields().filter(|field| field.find != Find::No && field.name != "label")
}

/// The flag that says which project is meant.
pub fn project() -> Arg {
    Arg::new("project_label")
        .long("project")
        .value_name("LABEL")
        .add(names::of("project"))
        .help("The project it belongs to; default: the one of `mf workon`")
}

/// The flag that asks for what would come of a change.
pub fn dry_run() -> Arg {
    Arg::new(DRY_RUN)
        .long("dry-run")
        .action(ArgAction::SetTrue)
        .display_order(800)
        .help("Only ask the hub what the result would be; nothing is changed")
}

/// Whether that is asked for.
pub fn is_dry(matches: &ArgMatches) -> bool {
    matches.try_get_one::<bool>(DRY_RUN).ok().flatten().copied().unwrap_or_default()
}

/// The flag of who is not to be asked.
pub fn yes() -> Arg {
    Arg::new(YES)
        .long("yes")
        .short('y')
        .action(ArgAction::SetTrue)
        .display_order(801)
        .help("Do not ask first")
}

/// Whether nobody is to be asked.
pub fn is_sure(matches: &ArgMatches) -> bool {
    matches.try_get_one::<bool>(YES).ok().flatten().copied().unwrap_or_default()
}

/// The flag of a field that is being set.
pub fn setting(field: &Field) -> Arg {
    let arg = flag(field).help(help(field));
    match field.kind {
        Kind::Label => arg.short('l').conflicts_with(POSITIONAL),
        _ => arg,
    }
}

/// The flag of a field that a list is filtered by.
pub fn filter(field: &Field) -> Arg {
    let arg = flag(field);
    let arg = match field.kind {
        Kind::Choice(words) => arg.value_parser(PossibleValuesParser::new(words)),
        _ => arg,
    };
    arg.help(format!("Only those with this: {}", field.about))
}

fn flag(field: &Field) -> Arg {
    let long = name(field);
    let mut arg = Arg::new(field.name).long(long.clone()).value_name(value_name(&field.kind));
    for also in field.also.iter().filter(|also| **also != long) {
        arg = arg.visible_alias(*also);
    }
    // The name on the wire is understood as well.
    for wire in [field.name.to_owned(), field.name.replace('_', "-")] {
        if wire != long && !field.also.contains(&wire.as_str()) {
            arg = arg.alias(wire);
        }
    }
    if let Kind::Ref { to, .. } | Kind::Refs { to, .. } = field.kind {
        arg = arg.add(names::of(to));
    }
    match field.kind {
        Kind::Bool => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        Kind::Refs { .. } => arg.action(ArgAction::Append),
        Kind::Secret => arg.action(ArgAction::SetTrue),
        Kind::Int(..) => arg.allow_negative_numbers(true),
        _ => arg,
    }
}

fn value_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Label | Kind::Ref { .. } => "LABEL",
        Kind::Refs { .. } => "LABEL,…",
        Kind::Int(..) => "N",
        Kind::Bool => "True|False",
        Kind::Choice(_) => "WORD",
        _ => "TEXT",
    }
}

/// Starts with a capital, as help texts do; says what is required or default.
fn help(field: &Field) -> String {
    let mut text = sentence(field.about);
    match field.need {
        Need::Must if field.name == "project_label" => text += " (or as `mf workon` chose)",
        Need::Must => text += " (required)",
        Need::Default(value) => text += &format!(" (default: {value})"),
        Need::May | Need::Made => {}
    }
    if matches!(field.kind, Kind::Secret) {
        text += "; asked for, or read from standard input: it is never an argument";
    }
    text
}

/// The text with a capital at its beginning.
pub fn sentence(about: &str) -> String {
    let mut letters = about.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `--locked True` as `--locked=True`: a flag that needs no value cannot take
/// the next word, which may be a label; these words are none. For flags that
/// need one it is the same either way.
pub fn join_booleans(words: &[OsString]) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::with_capacity(words.len());
    let mut flags_are_over = false;
    for word in words {
        let is_boolean = ["True", "False", "true", "false"].iter().any(|b| word == b);
        let last = joined.last_mut().filter(|last| {
            let text = last.to_string_lossy();
            text.starts_with("--") && text.len() > 2 && !text.contains('=')
        });
        match last {
            Some(flag) if is_boolean && !flags_are_over => {
                flag.push("=");
                flag.push(word);
            }
            _ => joined.push(word.clone()),
        }
        flags_are_over |= word == "--";
    }
    joined
}

/// The label, with or without a flag.
///
/// # Errors
/// There is none.
pub fn label(of: &Resource, matches: &ArgMatches) -> Result<String, Failure> {
    let given = [POSITIONAL, "label"].into_iter().find_map(|id| {
        matches.try_get_one::<String>(id).ok().flatten().filter(|text| !text.is_empty())
    });
    given.cloned().ok_or_else(|| {
        Failure::usage(format!("which {}? give its label", of.name))
            .hint(format!("mf {} list shows what there is", super::noun(of)))
    })
}

/// What the flags set, as the body of a request. Values are checked here as
/// the hub will check them.
///
/// # Errors
/// A value is none that its field takes, naming both.
pub fn values(
    fields: impl Iterator<Item = &'static Field>,
    matches: &ArgMatches,
) -> Result<Map<String, Json>, Failure> {
    let mut map = Map::new();
    for field in fields {
        if let Some(value) = value(field, matches)? {
            map.insert(field.name.to_owned(), value);
        }
    }
    Ok(map)
}

fn value(field: &Field, matches: &ArgMatches) -> Result<Option<Json>, Failure> {
    if matches.value_source(field.name) != Some(ValueSource::CommandLine) {
        return Ok(None);
    }
    if matches!(field.kind, Kind::Secret) {
        return super::secret::ask(field.name).map(|text| Some(Json::String(text)));
    }
    let texts: Vec<String> =
        matches.get_many::<String>(field.name).into_iter().flatten().cloned().collect();
    Ok(Some(json(field.parse(Input::Texts(&texts))?)))
}

/// A value as it is sent.
pub fn json(value: Value) -> Json {
    match value {
        Value::Text(text) => Json::String(text),
        Value::Int(number) => Json::from(number),
        Value::Bool(value) => Json::Bool(value),
        Value::List(list) => Json::from(list),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Command;
    use mf_core::resource::find;
    use serde_json::json;

    fn parse(resource: &str, words: &[&str]) -> Result<Map<String, Json>, String> {
        let of = find(resource).unwrap();
        let command = Command::new("create")
            .no_binary_name(true)
            .arg(Arg::new(POSITIONAL))
            .args(settable(of).map(setting));
        let matches = command.try_get_matches_from(words).map_err(|e| e.to_string())?;
        values(settable(of), &matches).map_err(|failure| failure.sentence)
    }

    #[test]
    fn the_originals_spellings_are_understood() {
        let words = ["-l", "php-5.2.14-1", "--package-branch", "php.fc14", "--type", "bug"];
        let build = json!({"label": "php-5.2.14-1", "package_branch_label": "php.fc14",
                           "build_type_label": "bug"});
        assert_eq!(Json::from(parse("build", &words).unwrap()), build);
        let words = ["-l", "git17.rpm", "--package", "git17", "--release", "el4,el5"];
        let branch = json!({"label": "git17.rpm", "package_label": "git17",
                            "releases": ["el4", "el5"]});
        assert_eq!(Json::from(parse("package-branch", &words).unwrap()), branch);
        let words = ["--requires-admin=True", "--manage-repo=False", "--locked"];
        let tag = json!({"requires_admin": true, "manage_repo": false, "locked": true});
        assert_eq!(Json::from(parse("tag", &words).unwrap()), tag);
        let words = ["--summary", "Fast Version Control System", "--source-name", "git"];
        assert_eq!(parse("package", &words).unwrap()["source_name"], "git");
        assert_eq!(parse("package", &["--user", "derks"]).unwrap()["user_label"], "derks");
    }

    #[test]
    fn a_boolean_may_stand_apart_from_its_flag() {
        let joined = |text: &str| {
            let words: Vec<OsString> = text.split(' ').map(Into::into).collect();
            join_booleans(&words).join(" ".as_ref()).into_string().unwrap()
        };
        assert_eq!(joined("mf release update one --eol True"), "mf release update one --eol=True");
        assert_eq!(
            joined("--locked testing --eol=True False"),
            "--locked testing --eol=True False"
        );
        assert_eq!(joined("--locked False -- --eol True"), "--locked=False -- --eol True");
    }

    #[test]
    fn lists_are_repeated_or_emptied() {
        let releases = |words: &[&str]| parse("package-branch", words).unwrap()["releases"].clone();
        assert_eq!(releases(&["--release", "a", "--releases=b,c"]), json!(["a", "b", "c"]));
        assert_eq!(releases(&["--releases", ""]), json!([]));
    }

    #[test]
    fn a_wrong_value_names_its_field() {
        let told = parse("package", &["--footprint", "heavy"]).unwrap_err();
        assert!(told.contains("footprint") && told.contains("heavy"), "{told}");
        let told = parse("package", &["-l", "a b"]).unwrap_err();
        assert!(told.contains("a b"), "{told}");
        assert!(parse("package", &["--colour", "red"]).unwrap_err().contains("--colour"));
        assert!(parse("tag", &["--locked=maybe"]).unwrap_err().contains("maybe"));
    }

    #[test]
    fn every_flag_of_every_resource_is_known_once() {
        for of in mf_core::resource::ALL {
            Command::new(of.name)
                .arg(Arg::new(POSITIONAL))
                .args(settable(of).map(setting))
                .debug_assert();
            Command::new(of.name).args(filters(of).map(filter)).debug_assert();
        }
    }
}
