//! Requests that nobody would think of, made from the API's document for every
//! role: no answer is 5xx, has an undocumented status, or is outside of the
//! envelope that the document says.
//!
//! A short share of it runs always; `make fuzz` is the whole.

use std::path::{Path, PathBuf};
use std::{env, fs};

use monkeyfarm_tests::programs::source_tree;
use monkeyfarm_tests::{Farm, Ran, python, world};

/// What must hold for every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance";

/// What waits, by design, until something happens.
const WAITS: [&str; 3] = ["/util/events", "/system/claim.json", "/system/heartbeat.json"];

/// The label of one object of each resource, so that requests meet some.
const KNOWN: &str = "known";

/// A world in which most resources have an object called [`KNOWN`]; the keys
/// of the roles.
fn roles(farm: &Farm) -> Vec<(&'static str, Option<String>)> {
    let key = |words: [&str; 3]| Some(farm.ok(words).trim().to_owned());
    let file = |name: &str| {
        let file = farm.data_dir().join("keys").join(name);
        Some(fs::read_to_string(file).unwrap().trim().to_owned())
    };
    for user in [KNOWN, "owner", "somebody"] {
        farm.ok(["user", "create", "-l", user]);
    }
    farm.ok(["group", "create", "-l", KNOWN, "--user", "owner"]);
    farm.ok(["system", "create", "-l", KNOWN]);
    farm.ok(["distro", "create", "-l", KNOWN]);
    farm.ok(["release", "create", "-l", KNOWN, "--distro", KNOWN]);
    farm.ok(["target", "create", "-l", KNOWN, "--release", KNOWN, "--arch", "noarch"]);
    farm.ok(["project", "create", "-l", KNOWN, "--admin-group", KNOWN, "--vcs-handler", "git"]);
    farm.ok(["workon", KNOWN]);
    farm.ok(["tag", "create", "-l", KNOWN]);
    farm.ok(["target", "update", KNOWN, "--config", &world::recipe(&["true"])]);
    let branch = world::package(farm, KNOWN, "", &["--release", KNOWN]);
    farm.ok(["package-branch", "update", &branch, "-l", KNOWN]);
    farm.ok(["build", "create", "-l", KNOWN, "--package-branch", KNOWN, "--watch"]);
    vec![
        ("nobody", None),
        ("user", key(["user", "create-key", "somebody"])),
        ("owner", key(["user", "create-key", "owner"])),
        ("system", key(["system", "create-key", KNOWN])),
        ("regulator", file("regulator")),
        ("admin", file("admin")),
    ]
}

/// The configuration of one run: its key is in no argument.
fn configuration(farm: &Farm, key: Option<&str>, known: bool) -> PathBuf {
    let mut text = String::new();
    if let Some(key) = key {
        text += &format!("headers = {{ Authorization = \"Bearer {key}\" }}\n");
    }
    if known {
        let told = format!("\"path.label\" = \"{KNOWN}\", \"query.project_label\" = \"{KNOWN}\"");
        text += &format!("parameters = {{ {told} }}\n");
    }
    let file = farm.scratch().join("schemathesis.toml");
    fs::write(&file, text).unwrap();
    file
}

/// Runs the tool on a document, against the farm.
fn run(farm: &Farm, document: &Path, configuration: &Path, words: &[&str]) -> Option<Ran> {
    let mut tool = python::tool("schemathesis")?;
    tool.arg("--config-file").arg(configuration).arg("run").arg(document);
    tool.args(["--url", &farm.setting("url"), "--checks", CHECKS, "--no-color"]);
    tool.args(["--warnings", "off", "--request-timeout", "30", "--generation-database", "none"]);
    // Guessed keys are slowed down, and would leave time for nothing else.
    tool.args(["--generation-with-security-parameters", "false"]);
    for path in WAITS {
        tool.args(["--exclude-path", path]);
    }
    Some(Ran::of(tool.args(words).current_dir(farm.scratch())))
}

#[test]
fn no_request_makes_an_answer_that_is_not_documented() {
    if python::tool("schemathesis").is_none() {
        return;
    }
    let farm = Farm::start();
    let document = source_tree().join("docs/openapi.json");
    let seconds = env::var("MF_FUZZ_SECONDS").ok();
    // The same few every time, so that a failure is the change's own.
    let few = ["--phases", "fuzzing", "--max-examples", "1", "--seed"];
    let roles = roles(&farm);
    let random = roles.last().map(|(_, key)| ("admin, by random labels", key.clone(), false));
    let runs = roles.iter().map(|(role, key)| (*role, key.clone(), true)).chain(random);
    for (seed, (role, key, known)) in runs.enumerate() {
        let seed = seed.to_string();
        let words = match &seconds {
            Some(seconds) => vec!["--phases", "coverage,fuzzing", "--max-time", seconds],
            None => few.into_iter().chain([seed.as_str()]).collect(),
        };
        let configuration = configuration(&farm, key.as_deref(), known);
        let Some(ran) = run(&farm, &document, &configuration, &words) else { return };
        let out = ran.out.replace(key.as_deref().unwrap_or("no key"), "***");
        println!("as {role}:\n{out}");
        assert_eq!(ran.code, 0, "as {role}:\n{out}{}", ran.err);
        assert!(out.contains(" passed"), "nothing was tested as {role}:\n{out}");
    }
}

/// A document that does not tell of a status is found out.
#[test]
fn an_undocumented_answer_is_found() {
    let farm = Farm::start();
    let text = fs::read_to_string(source_tree().join("docs/openapi.json")).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let path = "/arch/{label}/get_one.json";
    let responses = document["paths"][path]["get"]["responses"].as_object_mut().unwrap();
    responses.remove("404").unwrap();
    let file = farm.scratch().join("openapi.json");
    fs::write(&file, document.to_string()).unwrap();
    let words = ["--include-path", path, "--phases", "fuzzing", "--max-examples", "5"];
    let configuration = configuration(&farm, None, false);
    let Some(ran) = run(&farm, &file, &configuration, &words) else { return };
    assert_ne!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("Undocumented status code"), "{}{}", ran.out, ran.err);
}
