//! What foreign text must not reach.
#![allow(clippy::unwrap_used)]

mod world;

use std::fs;

use world::World;

#[test]
fn options_programs_and_paths_are_not_urls() {
    let world = World::new();
    let repo = world.repo("r");
    repo.commit("a", "1");
    let made = world.dir.path().join("made");
    let made = made.display();
    for url in [
        format!("--upload-pack=touch {made}"),
        format!("-oProxyCommand=touch {made}"),
        format!("ext::touch {made}"),
        format!("EXT::touch% {made}"),
        "fd::0".to_owned(),
        format!("ssh://-oProxyCommand=touch%20{made}/r"),
        format!("-oProxyCommand=touch:{made}"),
        repo.dir.display().to_string(),
        format!("{}/../r", repo.url()),
    ] {
        world.refusal(&url, "main");
    }
    for reference in [
        format!("--upload-pack=touch {made}"),
        format!("--output={made}"),
        "-x".to_owned(),
        "main..".to_owned(),
        "main:a".to_owned(),
        "main^{tree}".to_owned(),
        "$(id)".to_owned(),
    ] {
        world.refusal(&repo.url(), &reference);
    }
    assert!(!world.dir.path().join("made").exists());
}

#[test]
fn a_file_url_takes_a_host_that_allows_it() {
    let world = World::new();
    let repo = world.repo("r");
    let hash = repo.commit("a", "1");
    let mut job = world.job(&repo.url(), "main");
    job.allow_schemes.clear();
    let url = repo.url();
    assert_eq!(
        world.run(&job).unwrap_err().sentence,
        format!(
            "source by `file` is not allowed here: {url}; allowed are https, http, git, ssh; to \
             allow it, start the worker with `--allow-scheme file`, or add it to `allow_schemes` \
             of the worker's or the handler's configuration"
        )
    );
    assert_eq!(fs::read_dir(world.cache()).unwrap().count(), 0, "nothing was done");
    job.handler_config = "allow_schemes = ['File']".into();
    assert_eq!(world.run(&job).unwrap().revision, hash);

    job.handler_config = "allow_schemes = ['ext']".into();
    assert_eq!(
        world.run(&job).unwrap_err().sentence,
        "the config of vcs handler `git` allows the scheme `ext`, which is not known: \
         https, http, git, ssh and file are"
    );
    job.handler_config = "\nallow = ['file']".into();
    assert_eq!(
        world.run(&job).unwrap_err().sentence,
        "the config of vcs handler `git`, line 2: unknown field `allow`, expected `allow_schemes` or `checkout`"
    );
}

#[test]
fn a_repository_brings_no_program_along() {
    let world = World::new();
    let inner = world.repo("inner");
    inner.commit("i", "inner");
    let repo = world.repo("r");
    let made = world.dir.path().join("made");
    let hook = format!("#!/bin/sh\ntouch {}\n", made.display());
    for name in ["post-checkout", "reference-transaction", "post-index-change"] {
        let path = repo.dir.join(".git/hooks").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &hook).unwrap();
    }
    repo.git([
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "--quiet",
        &inner.url(),
        "sub",
    ]);
    fs::write(repo.dir.join(".gitattributes"), "* filter=evil\n").unwrap();
    repo.commit("a", "1");
    let (dir, _) = world.checkout(&repo.url(), "main");
    assert!(!made.exists());
    assert_eq!(fs::read_dir(dir.join("sub")).unwrap().count(), 0, "submodules stay out");
    let note = "this repository has submodules, which are not checked out";
    assert!(world.farm.log().iter().any(|line| line == note));
    assert!(!dir.join(".git/hooks").exists());
}
