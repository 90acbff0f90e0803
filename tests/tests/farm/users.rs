//! Users and their keys: who may do what.

use std::fs;

use monkeyfarm_tests::{Farm, Ran, world};

#[test]
fn any_user_submits_and_only_admins_change_the_world() {
    let farm = Farm::start();
    world::make(&farm);
    let config = world::recipe(&["true"]);
    farm.ok(["target", "update", "one-x86_64", "--config", &config]);
    let branch = world::package(&farm, "tool", "", &["--release", "one"]);
    farm.ok(["user", "create", "-l", "ada"]);
    farm.ok(["user", "create", "-l", "bob"]);
    let key = farm.ok(["user", "create-key", "ada"]);
    let conf = farm.scratch().join("ada.conf");
    let text = format!(
        "[connection:default]\nuser = ada\napi_key = {}\nurl = {}\n",
        key.trim(),
        farm.setting("url")
    );
    fs::write(&conf, text).unwrap();
    let ada = |words: &[&str]| {
        let mut mf = farm.mf_command();
        Ran::of(mf.env("MF_CONFIG", &conf).args(words))
    };

    let project = ["--project", "demo"];
    let submit = ["build", "create", "-l", "b1", "--package-branch", &branch, "--watch"];
    let ran = ada(&[&submit[..], &project].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(farm.json(&["build", "show", "b1"])["data"]["build"]["user_label"], "ada");
    for words in [
        &["package", "create", "-l", "mine", "--project", "demo"][..],
        &["distro", "create", "-l", "mine"],
        &["user", "create", "-l", "eve"],
        &["user", "create-key", "bob"],
        &["system", "create", "-l", "mine"],
        &["build", "create", "--package-branch", &branch, "--user", "bob", "--project", "demo"],
    ] {
        let ran = ada(words);
        assert_eq!(ran.code, 7, "{words:?}: {ran:?}");
    }
    assert!(ada(&["user", "create-key", "ada"]).out.starts_with("mf_"));
    assert_eq!(ada(&["whoami"]).code, 0);
    fs::write(&conf, fs::read_to_string(&conf).unwrap().replace("mf_", "mf_0")).unwrap();
    assert_eq!(ada(&[&submit[..], &project].concat()).code, 7);
}

/// A second host's worker has a system and a key of its own.
#[test]
fn a_second_system_gets_a_key() {
    let farm = Farm::start();
    farm.ok(["system", "create", "-l", "builder2"]);
    let key = farm.ok(["system", "create-key", "builder2"]);
    let client = reqwest::blocking::Client::new();
    let reply = client
        .post(format!("{}/system/register.json", farm.setting("url")))
        .bearer_auth(key.trim())
        .header("content-type", "application/json")
        .body("{\"cpus\": 2, \"archs\": [\"aarch64\"]}")
        .send()
        .unwrap();
    assert!(reply.status().is_success(), "{reply:?}");
    let shown = farm.json(&["system", "show", "builder2"]);
    assert_eq!(shown["data"]["system"]["archs"], serde_json::json!(["aarch64"]));
}
