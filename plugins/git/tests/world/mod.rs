//! Repositories, real servers for them, and tasks that check them out.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mf_plugin_git::Git;
use monkeyfarm_plugin_api::kit::Recorder;
use monkeyfarm_plugin_api::{Checkout, CheckoutJob, Failure, FailureKind, VcsHandler};
pub use monkeyfarm_vcs_kit::suite::listen;
use tempfile::TempDir;

/// A directory with repositories, a cache and checkouts.
pub struct World {
    pub dir: TempDir,
    pub farm: Recorder,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["repos", "cache", "checkouts"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self { dir, farm: Recorder::new() }
    }

    pub fn repo(&self, name: &str) -> Repo {
        let dir = self.repos().join(name);
        fs::create_dir(&dir).unwrap();
        let repo = Repo { dir };
        repo.git(["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    pub fn cache(&self) -> PathBuf {
        self.dir.path().join("cache")
    }

    pub fn repos(&self) -> PathBuf {
        self.dir.path().join("repos")
    }

    /// What is in the cache under names that end so.
    pub fn cached(&self, ending: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.cache()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|e| e == ending)).collect()
    }

    /// A job with an empty source directory of its own.
    pub fn job(&self, url: &str, reference: &str) -> CheckoutJob {
        let checkouts = self.dir.path().join("checkouts");
        CheckoutJob {
            url: url.into(),
            reference: reference.into(),
            source_dir: tempfile::Builder::new().tempdir_in(checkouts).unwrap().keep(),
            cache_dir: self.cache(),
            allow_schemes: vec![" FILE".into()],
            ..CheckoutJob::default()
        }
    }

    pub fn run(&self, job: &CheckoutJob) -> Result<Checkout, Failure> {
        Git.checkout(job, &self.farm.context())
    }

    /// Checks out, and gives where to and the revision.
    pub fn checkout(&self, url: &str, reference: &str) -> (PathBuf, String) {
        let job = self.job(url, reference);
        let checkout = self.run(&job).unwrap();
        assert_eq!(head(&job.source_dir), checkout.revision);
        (job.source_dir, checkout.revision)
    }

    /// The one sentence that a checkout is refused with.
    pub fn refusal(&self, url: &str, reference: &str) -> String {
        let job = self.job(url, reference);
        let failure = self.run(&job).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Failed);
        assert!(!failure.sentence.contains('\n'), "one line: {}", failure.sentence);
        failure.sentence
    }
}

/// The commit that a checkout is at.
pub fn head(dir: &Path) -> String {
    Repo { dir: dir.to_owned() }.git(["rev-parse", "HEAD"])
}

/// A repository with a work tree.
pub struct Repo {
    pub dir: PathBuf,
}

impl Repo {
    pub fn url(&self) -> String {
        format!("file://{}", self.dir.display())
    }

    /// Runs git and gives what it says.
    pub fn git<const N: usize>(&self, args: [&str; N]) -> String {
        let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        let mut git = Command::new("git");
        git.args(who).args(args).current_dir(&self.dir).env("GIT_CONFIG_GLOBAL", "/dev/null");
        let said = git.output().unwrap();
        let complaint = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "git {args:?}: {complaint}");
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }

    /// Commits a file with that text, and gives the hash.
    pub fn commit(&self, file: &str, text: &str) -> String {
        fs::write(self.dir.join(file), text).unwrap();
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--message", text]);
        self.git(["rev-parse", "HEAD"])
    }
}

/// A `git daemon` for all repositories of a world. Its listener is ours: the
/// port is free, and it answers from the start.
pub fn daemon(world: &World) -> SocketAddr {
    let repos = world.repos();
    listen(move |connection| answer_by_daemon(&repos, connection))
}

pub fn answer_by_daemon(repos: &Path, connection: TcpStream) {
    let stdin = OwnedFd::from(connection);
    let stdout = stdin.try_clone().unwrap();
    let mut daemon = Command::new("git");
    daemon.args(["daemon", "--inetd", "--export-all", "--informative-errors"]);
    daemon.arg(format!("--base-path={}", repos.display()));
    daemon.stdin(stdin).stdout(stdout).stderr(Stdio::null()).status().unwrap();
}
