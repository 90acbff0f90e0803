//! What every vcs handler must do.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread;

use monkeyfarm_plugin_api::LocalConfig;

use super::bench::{sentence, write};
use super::{Bench, World, deserted};

/// Changes the file `a` of a branch: the new revision.
fn change(world: &dyn World, repository: &str, branch: &str, text: &str) -> String {
    write(&world.work(repository, branch), "a", text);
    world.commit(repository, branch, text)
}

/// A branch, a tag, a revision and the default are checked out, from one
/// cache.
pub fn a_branch_a_tag_a_revision_and_the_default(world: &dyn World) {
    let bench = Bench::new(world);
    world.make("r");
    let first = change(world, "r", "", "first");
    world.tag("r", "v1.0", &first);
    world.branch("r", "next");
    let second = change(world, "r", "", "second");
    let next = change(world, "r", "next", "next");
    for (reference, revision, text) in [
        ("", &second, "second"),
        ("next", &next, "next"),
        ("v1.0", &first, "first"),
        (first.as_str(), &first, "first"),
        (second.as_str(), &second, "second"),
    ] {
        let found = bench.read("r", reference);
        assert_eq!(found, (revision.clone(), text.to_owned()), "`{reference}`");
    }
    assert!(!bench.farm.progress().is_empty(), "it tells what it is doing");
}

/// The head of a name is what a checkout of it would be.
pub fn a_head_is_what_a_checkout_would_be(world: &dyn World) {
    let bench = Bench::new(world);
    world.make("r");
    let first = change(world, "r", "", "first");
    world.tag("r", "v1.0", &first);
    world.branch("r", "next");
    let second = change(world, "r", "", "second");
    let url = world.url("r");
    for (reference, revision) in
        [("", &second), ("next", &first), ("v1.0", &first), (&first, &first)]
    {
        assert_eq!(bench.head(&url, reference).unwrap(), *revision, "`{reference}`");
    }
    let next = change(world, "r", "next", "next");
    assert_eq!(bench.head(&url, "next").unwrap(), next);
    let told = sentence(bench.head(&url, "no-such"));
    assert!(told.contains("no-such") && told.contains(&url), "{told}");
    // Asked for together, each is what it is alone, and fails alone.
    let mut heads = bench.heads(&url, &["next", "no-such", ""]);
    assert_eq!(heads.pop().unwrap().unwrap().revision, second);
    assert_eq!(sentence(heads.pop().unwrap()), told);
    assert_eq!(heads.pop().unwrap().unwrap().revision, next);
}

/// Changes come newest first, with all that people want to know of them.
pub fn changes_have_author_date_and_message(world: &dyn World) {
    let bench = Bench::new(world);
    world.make("r");
    let url = world.url("r");
    let first = change(world, "r", "", "first");
    let second = change(world, "r", "", "second");
    let third = change(world, "r", "", "third\n\nwith more to say, and ünïcödé");

    let none = bench.changes(&url, "", &third, 0).unwrap();
    assert!(none.changes.is_empty() && !none.more && !none.rewritten, "{none:?}");
    let all = bench.changes(&url, "", &first, 0).unwrap();
    assert_eq!(all.revision, third);
    let revisions: Vec<_> = all.changes.iter().map(|change| change.revision.as_str()).collect();
    assert_eq!(revisions, [third.as_str(), second.as_str()]);
    assert_eq!(all.changes[0].message, "third\n\nwith more to say, and ünïcödé");
    assert_eq!(all.changes[1].author, "Ada <ada@example.org>");
    let date = all.changes[1].date.as_bytes();
    assert!(date.len() >= 20 && date[4] == b'-' && date[10] == b'T', "{:?}", all.changes[1]);
    let few = bench.changes(&url, "", &first, 1).unwrap();
    assert!(few.more && few.changes.len() == 1, "{few:?}");

    world.branch("r", "next");
    world.reset("r", "next", &first);
    let other = change(world, "r", "next", "other");
    let anew = bench.changes(&url, "next", &second, 0).unwrap();
    assert!(anew.rewritten, "the branch does not lead on from there");
    assert_eq!(anew.changes.len(), 1);
    assert_eq!((&anew.revision, &anew.changes[0].revision), (&other, &other));
    let unknown = first.chars().rev().collect::<String>();
    sentence(bench.changes(&url, "", &unknown, 0));
}

/// A branch that was written anew and a tag that was moved are followed, and
/// what the cache has of before plays no part.
pub fn what_moved_is_followed_even_backwards(world: &dyn World) {
    let bench = Bench::new(world);
    world.make("r");
    let first = change(world, "r", "", "first");
    world.branch("r", "next");
    let second = change(world, "r", "next", "second");
    world.tag("r", "latest", &second);
    assert_eq!(bench.read("r", "next").0, second);
    assert_eq!(bench.read("r", "latest").0, second);

    world.reset("r", "next", &first);
    assert_eq!(bench.read("r", "next"), (first.clone(), "first".into()));
    let third = change(world, "r", "next", "third");
    assert_eq!(bench.read("r", "next"), (third.clone(), "third".into()));
    world.tag("r", "latest", &third);
    assert_eq!(bench.read("r", "latest"), (third, "third".into()));
}

/// A build's other tasks are of its revision, however the branch goes on. Of
/// one that was written anew they still have it, or say that it is gone.
pub fn the_revision_of_a_build_stays_what_it_was(world: &dyn World) {
    let bench = Bench::new(world);
    world.make("r");
    let first = change(world, "r", "", "first");
    world.branch("r", "next");
    let second = change(world, "r", "next", "second");
    let third = change(world, "r", "next", "third");
    let url = world.url("r");
    for (revision, text) in [(&second, "second"), (&third, "third"), (&second, "second")] {
        let (dir, found) = bench.try_revision(&url, "next", revision).unwrap();
        assert_eq!(found, *revision);
        assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), text);
    }
    world.reset("r", "next", &first);
    // With a cache that has it, and on a worker that has never seen it.
    for bench in [&bench, &Bench::new(world)] {
        match bench.try_revision(&url, "next", &third) {
            Ok((dir, found)) => {
                assert_eq!(found, third);
                assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), "third");
            }
            Err(failure) => {
                assert!(failure.sentence.contains("submit another build"), "{failure}");
            }
        }
        let unknown: String = third.chars().rev().collect();
        let said = sentence(bench.try_revision(&url, "next", &unknown));
        assert!(said.contains(&url) && said.contains("submit another build"), "{said}");
        // No poisoned cache.
        assert_eq!(bench.read("r", "next"), (first.clone(), "first".into()));
    }
}

/// What was there and is gone is said to be gone, although the cache has it.
pub fn what_is_gone_is_said(world: &dyn World) {
    let bench = Bench::new(world);
    world.make("r");
    change(world, "r", "", "first");
    world.branch("r", "next");
    bench.checkout("r", "");
    bench.checkout("r", "next");
    let url = world.url("r");
    world.remove_branch("r", "next");
    let said = bench.refusal(&url, "next");
    assert!(said.contains("has no branch, tag or revision `next`"), "{said}");
    world.remove("r");
    let said = bench.refusal(&url, "");
    assert!(said.starts_with("there is no ") && said.contains(&url), "{said}");
    let said = sentence(bench.head(&url, ""));
    assert!(said.starts_with("there is no ") && said.contains(&url), "{said}");

    world.make("r");
    let new = change(world, "r", "", "new");
    assert_eq!(bench.read("r", ""), (new, "new".into()), "another one in its place");
}

/// A repository without a revision has nothing to check out.
pub fn an_empty_repository_says_so(world: &dyn World) {
    let bench = Bench::new(world);
    world.make("r");
    let url = world.url("r");
    for reference in ["", "next"] {
        let said = bench.refusal(&url, reference);
        assert!(said.contains(&url), "{said}");
    }
    let first = change(world, "r", "", "first");
    assert_eq!(bench.read("r", ""), (first, "first".into()));
}

/// A server that is not there, and one that nobody knows, are named.
pub fn a_place_where_nothing_answers_is_named(world: &dyn World) {
    let bench = Bench::new(world);
    let url = world.url_at(&deserted().to_string(), "r");
    let told = format!("cannot reach {url}: nothing answers there (connection refused)");
    assert_eq!(bench.refusal(&url, ""), told);
    assert_eq!(sentence(bench.head(&url, "")), told);
    let url = world.url_at("no-such-host.invalid", "r");
    let told = format!("cannot reach {url}: no host of that name is known");
    assert_eq!(bench.refusal(&url, ""), told);
}

/// Many tasks at once fetch once and check out each for itself.
pub fn many_tasks_share_one_cache(world: &dyn World) {
    let bench = Bench::new(world);
    world.make("r");
    let revision = change(world, "r", "", "text");
    thread::scope(|scope| {
        let tasks: Vec<_> = (0..6).map(|_| scope.spawn(|| bench.read("r", ""))).collect();
        for task in tasks {
            assert_eq!(task.join().unwrap(), (revision.clone(), "text".to_owned()));
        }
    });
}

/// Whatever was damaged in the cache, the next task has its source.
pub fn a_damaged_cache_is_mended(world: &dyn World) {
    let bench = Bench::new(world);
    world.make("r");
    change(world, "r", "", "first");
    bench.checkout("r", "");
    let second = change(world, "r", "", "second");
    for damage in [fs::remove_file as fn(_) -> _, |path| fs::write(path, "damaged")] {
        let mut damaged = 0;
        for mirror in bench.cached("").iter().filter(|path| path.is_dir()) {
            damaged += each_file(mirror, &mut |path| damage(path.to_owned()).unwrap());
        }
        assert!(damaged > 0, "there is a cache");
        assert_eq!(bench.read("r", ""), (second.clone(), "second".into()));
    }
}

/// Does it to all files below: how many.
fn each_file(dir: &Path, what: &mut dyn FnMut(&Path)) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            count += each_file(&entry.path(), what);
        } else {
            what(&entry.path());
            count += 1;
        }
    }
    count
}

/// Symbolic links and names that look like options are files like any other.
pub fn a_hostile_source_stays_in_its_place(world: &dyn World) {
    let bench = Bench::new(world);
    let outside = bench.dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    world.make("r");
    let work = world.work("r", "");
    symlink(&outside, work.join("link")).unwrap();
    symlink("/etc/passwd", work.join("passwd")).unwrap();
    let names = ["--output=made", "-x", "$(touch made)", "a b;id", "~x", "é", "dir/-rf"];
    for name in names {
        write(&work, name, name);
    }
    world.commit("r", "", "links");
    // Where there was a link there is a directory now: nothing goes through.
    bench.checkout("r", "");
    fs::remove_file(work.join("link")).unwrap();
    write(&work, "link/made", "x");
    let last = world.commit("r", "", "a directory");
    let (dir, revision) = bench.checkout("r", "");
    assert_eq!(revision, last);
    for name in names {
        assert_eq!(fs::read_to_string(dir.join(name)).unwrap(), name);
    }
    assert_eq!(fs::read_link(dir.join("passwd")).unwrap(), Path::new("/etc/passwd"));
    assert!(fs::symlink_metadata(dir.join("link")).unwrap().is_dir());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    assert!(!dir.join("made").exists());
}

/// Options, programs and local paths in place of a URL or a name are refused
/// before anything is done.
pub fn what_is_no_url_or_name_does_nothing(world: &dyn World) {
    let bench = Bench::new(world);
    world.make("r");
    change(world, "r", "", "first");
    let url = world.url("r");
    let made = bench.dir.path().join("made");
    let shown = made.display();
    for bad in [
        format!("--upload-pack=touch {shown}"),
        format!("-oProxyCommand=touch {shown}"),
        format!("ext::touch {shown}"),
        format!("EXT::touch% {shown}"),
        "fd::0".to_owned(),
        format!("ssh://-oProxyCommand=touch%20{shown}/r"),
        format!("bzr+ssh://-oProxyCommand=touch%20{shown}/r"),
        "lp:bzr".to_owned(),
        "/etc".to_owned(),
        "../r".to_owned(),
        "file:///etc".to_owned(),
        "FILE:///etc".to_owned(),
        format!("{url}/../r"),
        format!("{url}/%2e%2e/r"),
        format!("{url}\n"),
        String::new(),
    ] {
        bench.refusal(&bad, "");
        sentence(bench.head(&bad, ""));
    }
    for bad in [
        format!("--output={shown}"),
        "-x".to_owned(),
        "$(id)\n".to_owned(),
        "a b".to_owned(),
        "../x".to_owned(),
    ] {
        let said = bench.refusal(&url, &bad);
        assert!(said.contains("is not a name that a branch, tag or revision can have"), "{said}");
        sentence(bench.head(&url, &bad));
        sentence(bench.changes(&url, "", &bad, 0));
    }
    assert!(!made.exists());
}

/// `allow_urls` of the host is held to after normalising, and a password in a
/// refused URL is not shown.
pub fn a_host_may_say_where_source_comes_from(world: &dyn World) {
    let mut bench = Bench::new(world);
    world.make("r");
    world.make("rr");
    change(world, "r", "", "first");
    change(world, "rr", "", "first");
    let allow = |urls: &[&str]| {
        LocalConfig::new("plugins.d/this.toml", serde_json::json!({ "allow_urls": urls }))
    };
    let url = world.url("r");
    bench.local = allow(&[&url]);
    bench.checkout("r", "");
    let said = bench.refusal(&world.url("rr"), "");
    assert!(said.contains("is not allowed on this host: `allow_urls` of plugins.d/this.toml"));
    bench.local = allow(&["no url"]);
    assert!(bench.refusal(&url, "").starts_with("plugins.d/this.toml of this host, `allow_urls`"));
}
