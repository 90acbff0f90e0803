//! What an author of a plugin does: the page that shows it, block by block,
//! and a plugin of a third party in a farm that runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use monkeyfarm_tests::{Farm, Options, Repository, programs, world};

/// Where crates of others are built; all of them share what they depend on.
pub fn target() -> PathBuf {
    programs::dir().join("authors")
}

/// A command as an author has it: `mf` is found, and crates are built where
/// the others are.
pub fn author(program: &str, dir: &Path) -> Command {
    let path = std::env::var_os("PATH").unwrap();
    let all = std::iter::once(programs::dir()).chain(std::env::split_paths(&path));
    let mut command = Command::new(program);
    command.current_dir(dir).env("PATH", std::env::join_paths(all).unwrap());
    command.env("CARGO_TARGET_DIR", target()).env("CARGO_PROFILE_DEV_DEBUG", "0");
    command
}

pub fn ok(mut command: Command) -> String {
    let ran = command.output().unwrap();
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{command:?}:\n{out}{}", String::from_utf8_lossy(&ran.stderr));
    out
}

/// The blocks of shell in a page.
fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(programs::source_tree().join("docs").join(page)).unwrap();
    let parts = text.split("```sh\n").skip(1);
    parts.map(|part| part.split_once("```").unwrap().0.to_owned()).collect()
}

/// Crates are resolved as the farm's own: nothing newer is fetched.
fn lock(krate: &Path) {
    fs::copy(programs::source_tree().join("Cargo.lock"), krate.join("Cargo.lock")).unwrap();
}

#[test]
fn the_page_on_writing_a_plugin_does_what_it_says() {
    programs::program("mf-plugin-host");
    let dir = tempfile::tempdir().unwrap();
    let blocks = blocks("write-a-plugin.md");
    assert!(blocks.len() >= 5, "{blocks:#?}");
    let run = |script: &str| {
        let mut shell = author("sh", dir.path());
        // An author's own crate has its own target directory; what is built
        // as a release here is built as all else, for time's sake.
        let script = script.replace("--release", "").replace("target/release", "target/debug");
        let link = format!("[ -e target ] || ln -s {} target\n", target().display());
        shell.args(["-euc", &script.replace("cargo test\n", &format!("{link}cargo test\n"))]);
        ok(shell)
    };
    run(&blocks[0]);
    let krate = dir.path().join("mf-plugin-hello");
    lock(&krate);
    let out = run(&blocks[1..].join("\n"));
    for said in
        ["it_packs_and_says_so ... ok", "ok      example hello", "packed hello", "./hello.txt"]
    {
        assert!(out.contains(said), "{said}:\n{out}");
    }

    // The other kinds stand on the same plugin API.
    for kind in ["vcs", "bug", "hook"] {
        let mut new = author("mf", dir.path());
        new.args(["plugin", "new", kind, "--kind", kind]);
        ok(new);
        let krate = dir.path().join(format!("mf-plugin-{kind}"));
        lock(&krate);
        let sdk = krate.join("monkeyfarm-plugin-api");
        fs::remove_dir_all(&sdk).unwrap();
        let shared = dir.path().join("mf-plugin-hello/monkeyfarm-plugin-api");
        let manifest = fs::read_to_string(krate.join("Cargo.toml")).unwrap();
        let manifest = manifest.replace("\"monkeyfarm-plugin-api\"", &format!("{shared:?}"));
        fs::write(krate.join("Cargo.toml"), manifest).unwrap();
        let mut test = author("cargo", &krate);
        test.args(["test", "--quiet"]);
        ok(test);
        let mut test = author("mf", dir.path());
        test.args(["plugin", "test"]).arg(&krate);
        let out = ok(test);
        assert!(out.contains("ok      example hello") && !out.contains("FAILED"), "{out}");
    }
    new_plugins_work_in_a_farm(dir.path());
}

/// All four kinds, as they were made, with nothing changed.
fn new_plugins_work_in_a_farm(scratch: &Path) {
    let plugins = scratch.join("plugins");
    fs::create_dir(&plugins).unwrap();
    for name in ["hello", "vcs", "bug", "hook"] {
        let file = format!("libmf_plugin_{name}.so");
        fs::copy(target().join("debug").join(&file), plugins.join(&file)).unwrap();
    }
    fs::copy(programs::plugin("git"), plugins.join("libmf_plugin_git.so")).unwrap();
    let source = scratch.join("source.tar");
    let hello = scratch.join("mf-plugin-hello/examples/hello");
    let mut tar = author("tar", &hello);
    tar.arg("-cf").arg(&source).arg("source");
    ok(tar);
    let mut farm = Farm::with(Options { plugins_dirs: vec![plugins], ..Options::default() });
    farm.wait_for_message(&["handlers", "bug", "hello", "vcs"]);
    world::make(&farm);
    let url = format!("file://{}", source.display());
    let more = ["--release", "one", "--build-handler", "hello", "--vcs-handler", "vcs"];
    let branch = world::package(&farm, "new", &url, &more);
    farm.ok(["build", "create", "-l", "new-1", "--package-branch", &branch, "--watch"]);
    // One that fails: the hook warns of it at its next run.
    let branch = world::package(&farm, "bad", "https://example.org/", &more);
    farm.mf(["build", "create", "-l", "bad-1", "--package-branch", &branch, "--watch"]);
    farm.wait_for_message(&["hook/hook: bad-1 failed"]);
    let shown = farm.ok(["plugin", "show", "hook"]);
    assert!(shown.contains("hook 0.1.0") && shown.contains("  hook hook  enabled"), "{shown}");
    assert!(farm.stop().success());
}

#[test]
fn a_plugin_of_a_third_party_is_dropped_into_a_farm_that_runs() {
    let krate = programs::source_tree().join("examples/plugin");
    let mut test = author("mf", &krate);
    test.args(["plugin", "test", "."]);
    let out = ok(test);
    assert!(out.contains("ok      example greet") && !out.contains("FAILED"), "{out}");
    let library = target().join("debug/libmf_plugin_shout.so");

    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str| dir.path().join(name);
    fs::copy(programs::plugin("git"), put("libmf_plugin_git.so")).unwrap();
    let mut farm =
        Farm::with(Options { plugins_dirs: vec![dir.path().into()], ..Options::default() });
    // Whole at once, as an installation puts it there.
    fs::copy(&library, farm.scratch().join("new")).unwrap();
    fs::copy(&library, put("libmf_plugin_shout.so")).unwrap();
    farm.wait_for_message(&["shout/count: the farm has 0 packages"]);
    farm.wait_for_message(&["nothing to shout"]);

    world::make(&farm);
    let source = Repository::new(farm.scratch().join("source"), &[("a.txt", "good morning\n")]);
    let more = ["--release", "one", "--build-handler", "shout"];
    let branch = world::package(&farm, "loud", &source.url(), &more);
    farm.ok(["build", "create", "--package-branch", &branch, "--watch"]);
    farm.wait_for_message(&["shout/count: the farm has 1 packages"]);
    assert!(farm.stop().success());
}

#[test]
fn the_farms_own_plugins_are_what_it_expects_of_others() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["generic", "mock", "debian", "git", "bzr", "bugzilla", "github"] {
        let mut test = author("mf", dir.path());
        test.args(["plugin", "test"]).arg(programs::plugin(name));
        let out = ok(test);
        let declared = out.contains("a key of plugins.d/<plugin>.toml that nobody knows");
        assert!(declared || name == "generic", "{name} has declared nothing:\n{out}");
    }
}

#[test]
fn a_careless_plugin_is_told_what_is_wrong_with_it() {
    let examples = tempfile::tempdir().unwrap();
    let job = "handler = 'vcs fickle'\n[job]\nurl = 'here'\n";
    fs::create_dir(examples.path().join("twice")).unwrap();
    fs::write(examples.path().join("twice/job.toml"), job).unwrap();
    fs::create_dir(examples.path().join("whole")).unwrap();
    let job = "handler = 'vcs fickle'\nfiles = ['src/main.c']\n";
    fs::write(examples.path().join("whole/job.toml"), job).unwrap();
    let mut test = author("mf", examples.path());
    test.args(["plugin", "test", "--examples"]).arg(examples.path());
    let ran = test.arg(programs::example_plugin("mf_plugin_careless")).output().unwrap();
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert_eq!(ran.status.code(), Some(1), "{out}");
    let wrong: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("FAILED  ")).collect();
    assert_eq!(
        wrong,
        [
            "build shell: foreign text is no command, option or path",
            "build shell: an index leaves the files as they are",
            "build shell: sweep: with nothing left it succeeds",
            "build shell: sweep: it touches nothing but its own",
            "build shell: told to stop, it ends in time",
            "build shell: a key of the handler's config that nobody knows is refused by name",
            "build shell: the handler's config that is no TOML is refused",
            "build shell: a key of plugins.d/<plugin>.toml that nobody knows is refused by name",
            "vcs fickle: heads: each of 0 references is answered",
            "vcs fickle: heads: each of 2 references is answered",
            "bug brittle: a job with nothing in it is answered",
            "bug brittle: foreign text is no command, option or path",
            "vcs fickle: example twice, a second time with what the first left in its cache, comes \
             to the same",
            "vcs fickle: example twice, by its revision, is the same",
            "vcs fickle: example twice, its head is what was checked out",
            "vcs fickle: example twice, it is among several heads",
            "vcs fickle: example twice, nothing has changed since",
            "example whole",
        ],
        "{out}"
    );
    assert!(out.contains("a bug is a number"), "{out}");
    assert!(out.contains("the checkout has no \"src/main.c\""), "{out}");
    // Where something is wrong the log is shown: a panic's report is in it.
    assert!(out.contains("        | plugin panicked at "), "{out}");
    for words in ["`minlength` is not read, at word", "look-around is not supported"] {
        let note = out.lines().find(|line| line.contains(words));
        assert!(note.is_some_and(|note| note.starts_with("note    build shell: of ")), "{out}");
    }
}
