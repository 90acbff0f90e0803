//! Mirrors that were damaged, and tasks that were told to stop.
#![allow(clippy::unwrap_used)]

mod world;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use mf_plugin_git::Git;
use monkeyfarm_plugin_api::kit::Recorder;
use monkeyfarm_plugin_api::{CheckoutJob, Failure, VcsHandler};
use world::{Repo, World, answer_by_daemon, listen};

/// A world with a mirror of one repository, and the repository.
fn mirrored() -> (World, Repo, PathBuf) {
    let world = World::new();
    let repo = world.repo("r");
    for number in 0..5 {
        repo.commit("a", &number.to_string());
    }
    repo.git(["gc", "--quiet"]);
    world.checkout(&repo.url(), "main");
    let mirror = world.cached("mirror").pop().unwrap();
    (world, repo, mirror)
}

/// What a writer leaves behind that was killed with -9.
fn left_by_a_kill(mirror: &Path) {
    fs::write(mirror.with_extension("mark"), "check\n").unwrap();
    fs::write(mirror.join("packed-refs.lock"), "").unwrap();
    fs::write(mirror.join("HEAD.lock"), "").unwrap();
    fs::create_dir_all(mirror.join("refs/heads")).unwrap();
    fs::write(mirror.join("refs/heads/main.lock"), "").unwrap();
    fs::create_dir_all(mirror.join("objects/pack")).unwrap();
    fs::write(mirror.join("objects/pack/tmp_pack_x"), "half").unwrap();
}

fn files(mirror: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut ahead = vec![mirror.join("objects")];
    while let Some(dir) = ahead.pop() {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => ahead.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    found.retain(|path| path.to_str().unwrap().ends_with(ending));
    found
}

fn made_again(world: &World) -> bool {
    world.farm.log().iter().any(|line| line.contains("is damaged: making it again"))
}

#[test]
fn a_killed_writer_leaves_a_mirror_that_is_mended() {
    let (world, repo, mirror) = mirrored();
    left_by_a_kill(&mirror);
    let hash = repo.commit("a", "new");
    assert_eq!(world.checkout(&repo.url(), "main").1, hash);
    assert!(!made_again(&world));
    assert!(!mirror.join("packed-refs.lock").exists() && world.cached("mark").is_empty());
}

#[test]
fn a_killed_writer_leaves_a_mirror_that_is_made_again() {
    let (world, repo, mirror) = mirrored();
    let objects = files(&mirror, "");
    assert!(!objects.is_empty());
    for object in objects {
        fs::remove_file(object).unwrap();
    }
    left_by_a_kill(&mirror);
    let hash = repo.git(["rev-parse", "HEAD"]);
    assert_eq!(world.checkout(&repo.url(), "main").1, hash);
    assert!(made_again(&world));
}

#[test]
fn damage_without_a_mark_is_found_too() {
    for damage in ["HEAD", "objects", "config"] {
        let (world, repo, mirror) = mirrored();
        let path = mirror.join(damage);
        match path.is_dir() {
            true => fs::remove_dir_all(path).unwrap(),
            false => fs::write(path, "[damaged\n").unwrap(),
        }
        world.checkout(&repo.url(), "main");
        assert!(made_again(&world), "{damage}");
        assert!(world.cached("mark").is_empty());
    }
}

#[test]
fn a_damaged_file_of_the_source_is_found_at_the_checkout() {
    let (world, repo, mirror) = mirrored();
    let blob = repo.git(["rev-parse", "HEAD:a"]);
    // As loose objects, so that one can be damaged and nothing else.
    let git = Repo { dir: mirror.clone() };
    let pack = files(&mirror, ".pack").pop();
    if let Some(pack) = pack {
        let outside = world.dir.path().join("p.pack");
        fs::rename(&pack, &outside).unwrap();
        fs::remove_file(pack.with_extension("idx")).unwrap();
        let status = Command::new("git")
            .args(["unpack-objects", "-q"])
            .current_dir(&git.dir)
            .stdin(fs::File::open(outside).unwrap())
            .status();
        assert!(status.unwrap().success());
    }
    let object = mirror.join("objects").join(&blob[..2]).join(&blob[2..]);
    fs::remove_file(&object).unwrap();
    fs::write(&object, "garbage").unwrap();
    let (dir, _) = world.checkout(&repo.url(), "main");
    assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), "4");
    assert!(made_again(&world));
}

#[test]
fn half_a_mirror_is_not_one() {
    let world = World::new();
    let repo = world.repo("r");
    let hash = repo.commit("a", "1");
    world.checkout(&repo.url(), "main");
    let mirror = world.cached("mirror").pop().unwrap();
    // Killed while it was being made: it has not got its name yet.
    fs::rename(&mirror, mirror.with_extension("new")).unwrap();
    assert_eq!(world.checkout(&repo.url(), "main").1, hash);
    assert!(world.cached("new").is_empty());
}

#[test]
fn a_server_that_says_nothing_can_be_cancelled() {
    let world = World::new();
    let (called, calls) = channel();
    let server = listen(move |mut connection| {
        let mut first = [0; 4];
        connection.read_exact(&mut first).unwrap();
        called.send(()).unwrap();
        // Holds the line until the other side lets go.
        let _ = connection.read_to_end(&mut Vec::new());
    });
    let job = world.job(&format!("git://{server}/r"), "main");
    std::thread::scope(|scope| {
        let task = scope.spawn(|| world.run(&job));
        calls.recv().unwrap();
        // A second one waits for the first's lock, and can be cancelled too.
        let waiting = scope.spawn(|| world.run(&world.job(&job.url, "main")));
        world.farm.cancel();
        assert_eq!(task.join().unwrap().unwrap_err(), Failure::cancelled());
        assert_eq!(waiting.join().unwrap().unwrap_err(), Failure::cancelled());
    });
}

/// Not a test of its own: the process that the next one kills.
#[test]
fn victim() {
    let Ok(url) = std::env::var("VICTIM_URL") else { return };
    let dir = |name| PathBuf::from(std::env::var_os(name).unwrap());
    let job = CheckoutJob {
        url,
        source_dir: dir("VICTIM_SOURCE"),
        cache_dir: dir("VICTIM_CACHE"),
        ..CheckoutJob::default()
    };
    println!("{:?}", Git.checkout(&job, &Recorder::new().context()));
}

#[test]
fn a_worker_killed_in_a_fetch_leaves_no_trouble() {
    let world = World::new();
    let repo = world.repo("r");
    repo.commit("a", "1");
    let (called, calls) = channel();
    let (hang, repos) = (Arc::new(AtomicBool::new(false)), world.repos());
    let hangs = Arc::clone(&hang);
    let server = listen(move |mut connection| {
        if hangs.load(Ordering::SeqCst) {
            connection.read_exact(&mut [0; 4]).unwrap();
            called.send(connection).unwrap();
        } else {
            answer_by_daemon(&repos, connection);
        }
    });
    let url = format!("git://{server}/r");
    world.checkout(&url, "main");

    hang.store(true, Ordering::SeqCst);
    let job = world.job(&url, "");
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim"])
        .env("VICTIM_URL", &url)
        .env("VICTIM_SOURCE", &job.source_dir)
        .env("VICTIM_CACHE", &job.cache_dir)
        .spawn()
        .unwrap();
    let mut connection = calls.recv().unwrap();
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert_eq!(world.cached("mark").len(), 1, "it was writing");
    // Its git outlives it here, as it would not in a farm: let it go.
    connection.shutdown(std::net::Shutdown::Write).unwrap();
    connection.read_to_end(&mut Vec::new()).unwrap();

    hang.store(false, Ordering::SeqCst);
    let hash = repo.commit("a", "2");
    assert_eq!(world.checkout(&url, "").1, hash);
    assert!(world.cached("mark").is_empty());
    assert!(!made_again(&world), "nothing was lost");
}
