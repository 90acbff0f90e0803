//! Bad input: a clear sentence, the right exit code, and nothing lost.

use monkeyfarm_tests::{Farm, Repository, world};
use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};

#[test]
fn mf_says_what_is_wrong_and_what_to_do() {
    let farm = Farm::start();
    world::make(&farm);
    let branch = world::package(&farm, "tool", "", &["--release", "one"]);
    let long = "x".repeat(300);
    let cases: &[(&[&str], i32, &[&str])] = &[
        (&["pakage", "list"], 2, &["pakage", "package"]),
        (&["package", "create", "-l", "x", "--colour", "red"], 2, &["--colour"]),
        (&["package", "create"], 2, &["label"]),
        (&["package", "create", "-l", "tool"], 9, &["tool"]),
        (&["package", "create", "-l", "a b"], 9, &["a b"]),
        (&["package", "create", "-l", &long], 9, &["200"]),
        (&["package", "create", "-l", "get_all"], 9, &["get_all"]),
        (&["package", "create", "-l", "y", "--footprint", "heavy"], 9, &["footprint", "heavy"]),
        (&["package", "create", "-l", "y", "--group", "nobody"], 9, &["nobody"]),
        (&["package", "show", "nothing"], 6, &["nothing"]),
        (&["package", "show", "tool", "--project", "nowhere"], 6, &["nowhere"]),
        (&["build", "create", "--package-branch", "nothing"], 9, &["nothing"]),
        (&["release", "delete", "one", "--yes"], 9, &["one-x86_64"]),
        (&["task", "log", "nothing"], 6, &["nothing"]),
        (&["build", "watch", "nothing"], 6, &["nothing"]),
    ];
    for (words, code, said) in cases {
        let ran = farm.mf(*words);
        // Which of usage and refusal it is depends on who finds it first.
        assert!(ran.code == *code || (*code == 9 && ran.code == 2), "mf {words:?}: {ran:?}");
        assert!(ran.out.is_empty(), "mf {words:?}: {ran:?}");
        for words in *said {
            assert!(ran.err.contains(words), "{words:?} is not in {ran:?}");
        }
    }
    farm.ok(["package", "show", "tool"]);
    farm.ok(["release", "update", "one", "--eol", "True"]);
    let ran = farm.mf(["build", "create", "--package-branch", &branch]);
    assert_eq!(ran.code, 9, "{ran:?}");
    assert!(ran.err.contains("one-x86_64") && ran.err.contains("end of life"), "{ran:?}");
    let builds = farm.json(&["build", "list"]);
    assert_eq!(builds["data"]["builds"], json!([]), "a refused build is no build");
}

#[test]
fn a_hub_that_is_not_there_is_said_to_be_unreachable() {
    let mut farm = Farm::start();
    let config = std::fs::read_to_string(farm.config()).unwrap();
    assert!(farm.stop().success());
    let kept = farm.scratch().join("old.conf");
    std::fs::write(&kept, config).unwrap();
    let mut mf = farm.mf_command();
    let ran = monkeyfarm_tests::Ran::of(mf.env("MF_CONFIG", &kept).args(["build", "list"]));
    assert_eq!(ran.code, 8, "{ran:?}");
    assert!(ran.err.contains("http://127.0.0.1:"), "{ran:?}");
}

#[test]
fn a_broken_recipe_is_named_with_its_place() {
    let farm = Farm::start();
    world::make(&farm);
    for (name, recipe, said) in [
        ("none", None, ".monkeyfarm.toml"),
        ("torn", Some("[build\ncommands = 1"), "line 1"),
        ("wrong", Some("[build]\ncommands = \"make\"\n"), "line 2"),
        ("extra", Some("[build]\ncommands = [\"true\"]\ncolour = \"red\"\n"), "colour"),
        ("empty", Some("[build]\ncommands = [\"true\"]\nfiles = [\"*.rpm\"]\n"), "*.rpm"),
    ] {
        let files = [("README", "text\n"), (".monkeyfarm.toml", recipe.unwrap_or_default())];
        let files = if recipe.is_some() { &files[..] } else { &files[..1] };
        let source = Repository::new(farm.scratch().join(name), files);
        let branch = world::package(&farm, name, &source.url(), &["--release", "one"]);
        let ran = farm.mf(["build", "create", "--package-branch", &branch, "--watch"]);
        let shown = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.code, 1, "{name}: {shown}");
        assert!(shown.contains(said) && shown.contains("BuildFail"), "{name}: {shown}");
    }
}

#[test]
fn every_answer_of_the_api_is_an_envelope_with_the_fitting_status() {
    let farm = Farm::start();
    world::make(&farm);
    let (url, key) = (farm.setting("url"), farm.setting("api_key"));
    let client = Client::new();
    let ask = |method: &str, path: &str, key: Option<&str>, body: Option<&str>| -> (u16, Value) {
        let method: Method = method.parse().unwrap();
        let mut request = client.request(method, format!("{url}{path}"));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        let reply = request.send().unwrap();
        let status = reply.status().as_u16();
        let text = reply.text().unwrap();
        (status, serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}: {text}")))
    };
    let key = Some(key.as_str());
    let deep = "[".repeat(100_000);
    for (method, path, key, body, expected, code) in [
        ("GET", "/nothing/get_all.json", key, None, 404, "NotFound"),
        ("GET", "/package/nothing/get_one.json?project_label=demo", key, None, 404, "NotFound"),
        ("PATCH", "/arch/get_all.json", key, None, 405, "MethodNotAllowed"),
        ("GET", "/util/get_all.json", key, None, 405, "MethodNotAllowed"),
        ("POST", "/arch/post.json", key, Some("{\"label\":"), 400, "Malformed"),
        ("POST", "/arch/post.json", key, Some(&deep), 400, "Malformed"),
        ("POST", "/arch/post.json", key, Some("{}"), 400, "MissingField"),
        ("POST", "/arch/post.json?label=x&colour=red", key, None, 400, "UnknownField"),
        ("POST", "/arch/post.json?label=x86_64", key, None, 409, "LabelTaken"),
        ("POST", "/arch/post.json?label=x", None, None, 401, "Unauthorized"),
        ("POST", "/arch/post.json?label=x", Some("mf_a_b"), None, 401, "Unauthorized"),
        ("DELETE", "/arch/i386/delete.json", key, None, 400, "NotConfirmed"),
        ("DELETE", "/release/one/delete.json?confirm_delete=True", key, None, 409, "StillReferred"),
        ("POST", "/system/claim.json", key, Some("{\"nonce\":\"n\"}"), 403, "Forbidden"),
    ] {
        let (status, reply) = ask(method, path, key, body);
        assert_eq!(status, expected, "{method} {path}: {reply}");
        assert!(reply["errors"][code].is_string(), "{method} {path}: {reply}");
        assert_eq!(reply["data"], json!({}), "{method} {path}: {reply}");
    }
    let one = ask("GET", "/package-branch/get_all.json", None, None);
    assert_eq!(one, ask("GET", "/package_branch/get_all.json", None, None));
    for spelling in ["query", "json"] {
        let label = format!("by-{spelling}");
        let body = json!({"label": label, "display_name": "ä"}).to_string();
        let (path, body) = match spelling {
            "query" => (format!("/arch/post.json?label={label}&display_name=%C3%A4"), None),
            _ => ("/arch/post.json".to_owned(), Some(body.as_str())),
        };
        let (status, reply) = ask("POST", &path, key, body);
        assert_eq!(status, 200, "{reply}");
        assert_eq!(reply["data"]["arch"]["display_name"], "ä");
    }
    let form = client.post(format!("{url}/arch/post.json")).bearer_auth(farm.setting("api_key"));
    let reply = form.form(&[("label", "by-form")]).send().unwrap();
    assert_eq!(reply.status(), 200);
}
