//! Connections: how one comes by them, and what is said when one does not work.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use monkeyfarm_tests::terminal::Terminal;
use monkeyfarm_tests::{Farm, Ran};

/// `mf` of somebody who has no configuration yet.
fn stranger(farm: &Farm, words: &[&str]) -> Command {
    let mut mf = farm.mf_command();
    mf.env_remove("MF_CONFIG").env("HOME", farm.scratch()).args(words);
    mf
}

fn with_input(mut command: Command, input: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that is refused before it is read is refused all the same.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap_or(-1),
    }
}

#[test]
fn a_key_is_kept_for_its_owner_alone() {
    let farm = Farm::start();
    let (url, key) = (farm.setting("url"), farm.setting("api_key"));
    let conf = farm.scratch().join(".mf.conf");
    let refused = with_input(stranger(&farm, &["login", &url]), "mf_00_wrong\n");
    assert_eq!(refused.code, 7, "{refused:?}");
    assert!(!conf.exists(), "what does not work is not kept");
    fs::write(&conf, "# mine\n[connection:other]\nurl = http://127.0.0.1:1\n").unwrap();
    let kept = with_input(stranger(&farm, &["login", &url]), &format!("{key}\n"));
    assert_eq!(kept.code, 0, "{kept:?}");
    assert!(kept.out.contains("admin at ") && !kept.out.contains(&key), "{kept:?}");
    assert_eq!(conf.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&conf).unwrap().starts_with("# mine\n[connection:other]\n"));
    let me = Ran::of(&mut stranger(&farm, &["whoami", "--json"]));
    assert!(me.out.contains("\"admin\""), "{me:?}");
    let names = Ran::of(&mut stranger(&farm, &["config", "list"]));
    assert_eq!(names.out, "other\ndefault *\n");
    let shown = Ran::of(&mut stranger(&farm, &["config", "show", "--origin"]));
    assert!(shown.out.contains(".mf.conf") && !shown.out.contains(&key), "{shown:?}");
    let away = Ran::of(&mut stranger(&farm, &["--connection", "other", "status"]));
    assert_eq!(away.code, 8, "{away:?}");
    assert!(away.err.contains("nothing listens there"), "{away:?}");
    let nobody = Ran::of(stranger(&farm, &["status"]).env("MF_URL", "http://no-such-host.invalid"));
    assert_eq!(nobody.code, 8, "{nobody:?}");
    assert!(nobody.err.contains("no host of that name"), "{nobody:?}");
}

#[test]
fn a_password_that_is_typed_becomes_a_key() {
    let farm = Farm::start();
    let mut make = farm.mf_command();
    make.args(["user", "create", "ada", "--password"]);
    assert_eq!(with_input(make, "correct horse battery\n").code, 0);
    let url = farm.setting("url");
    let mut typed = stranger(&farm, &["--connection", "work", "login", &url, "--user", "ada"]);
    typed.env("TERM", "xterm");
    let mut login = Terminal::run(typed, 80);
    login.wait_for("password: ");
    login.line("correct horse battery");
    let (shown, code) = login.end();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains("horse"), "it was shown: {shown}");
    let me = Ran::of(&mut stranger(&farm, &["--connection", "work", "whoami"]));
    assert!(me.out.contains("ada"), "{me:?}");
}

#[test]
fn the_doctor_says_what_mends_it() {
    let farm = Farm::start();
    let well = farm.json(&["doctor"]);
    let checks = well["data"]["checks"].as_array().unwrap();
    let named = |what: &str| checks.iter().find(|check| check["what"] == what).unwrap();
    for what in ["connection", "hub", "clock", "key", "regulator", "handlers", "systems"] {
        assert_eq!(named(what)["state"], "good", "{}", named(what));
    }
    let system = farm.json(&["system", "list"])["data"]["systems"][0]["label"].clone();
    farm.ok(["system", "drain", system.as_str().unwrap()]);
    let ill = farm.mf(["doctor"]);
    assert!(ill.out.contains("mf system resume"), "{ill:?}");
    fs::set_permissions(farm.config(), PermissionsExt::from_mode(0o644)).unwrap();
    assert!(farm.mf(["doctor"]).out.contains("chmod 600"));
    let mut away = farm.mf_command();
    let away = Ran::of(away.args(["--hub", "http://127.0.0.1:1", "doctor"]));
    assert_eq!(away.code, 8, "{away:?}");
}
