//! A world of git repositories.
#![allow(clippy::unwrap_used, dead_code)]

use std::fs;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mf_plugin_git::Git;
use monkeyfarm_plugin_api::VcsHandler;
use monkeyfarm_vcs_kit::suite::sshd::Sshd;
use monkeyfarm_vcs_kit::suite::web::{Content, Site, serve};
use monkeyfarm_vcs_kit::suite::{World, listen, run};
use tempfile::TempDir;

/// Bare repositories below `served`, and work trees to change them.
pub struct Repositories {
    dir: TempDir,
    scheme: &'static str,
    address: String,
}

/// Served by `git daemon`.
pub fn over_daemon() -> Repositories {
    new("git", |served| listen(move |connection| answer_by_daemon(&served, connection)).to_string())
}

/// Served by `git http-backend`.
pub fn over_http() -> Repositories {
    new("http", |served| {
        serve(Site { content: Content::Git(served), authorization: String::new() }).to_string()
    })
}

fn new(scheme: &'static str, serve: impl FnOnce(PathBuf) -> String) -> Repositories {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("served")).unwrap();
    let address = serve(dir.path().join("served"));
    Repositories { dir, scheme, address }
}

fn answer_by_daemon(repositories: &Path, connection: TcpStream) {
    let stdin = OwnedFd::from(connection);
    let stdout = stdin.try_clone().unwrap();
    let mut daemon = Command::new("git");
    daemon.args(["daemon", "--inetd", "--export-all", "--informative-errors"]);
    daemon.arg(format!("--base-path={}", repositories.display()));
    daemon.stdin(stdin).stdout(stdout).stderr(Stdio::null()).status().unwrap();
}

impl Repositories {
    /// What is served.
    pub fn base(&self) -> PathBuf {
        self.dir.path().join("served")
    }

    fn served(&self, repository: &str) -> PathBuf {
        self.dir.path().join("served").join(repository)
    }

    fn trees(&self, repository: &str) -> PathBuf {
        self.dir.path().join("work").join(repository)
    }
}

fn name(branch: &str) -> &str {
    if branch.is_empty() { "main" } else { branch }
}

impl World for Repositories {
    fn handler(&self) -> Box<dyn VcsHandler> {
        Box::new(Git)
    }

    fn make(&self, repository: &str) {
        let path = self.served(repository);
        let path = path.to_str().unwrap();
        run(self.dir.path(), "git", &["init", "-q", "--bare", "--initial-branch=main", path]);
    }

    fn work(&self, repository: &str, branch: &str) -> PathBuf {
        let tree = self.trees(repository).join(name(branch));
        if !tree.exists() {
            fs::create_dir_all(&tree).unwrap();
            let served = self.served(repository);
            let begin = format!("--initial-branch={}", name(branch));
            run(&tree, "git", &["init", "-q", &begin]);
            run(&tree, "git", &["remote", "add", "origin", served.to_str().unwrap()]);
            let branch = format!("refs/heads/{}", name(branch));
            let there = run(&tree, "git", &["ls-remote", "origin", &branch]);
            if !there.is_empty() {
                run(&tree, "git", &["pull", "-q", "origin", &branch]);
            }
        }
        tree
    }

    fn commit(&self, repository: &str, branch: &str, message: &str) -> String {
        let tree = self.work(repository, branch);
        run(&tree, "git", &["add", "--all"]);
        let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        let words = ["commit", "-q", "--allow-empty", "-m", message];
        run(&tree, "git", &[&who[..], &words].concat());
        let to = format!("HEAD:refs/heads/{}", name(branch));
        run(&tree, "git", &["push", "-q", "--force", "origin", &to]);
        run(&tree, "git", &["rev-parse", "HEAD"])
    }

    fn branch(&self, repository: &str, new: &str) {
        run(&self.served(repository), "git", &["branch", new, "main"]);
    }

    fn tag(&self, repository: &str, tag: &str, revision: &str) {
        run(&self.served(repository), "git", &["tag", "--force", tag, revision]);
    }

    fn reset(&self, repository: &str, branch: &str, revision: &str) {
        let branch = name(branch);
        run(&self.served(repository), "git", &["branch", "--force", branch, revision]);
        // Taken anew from the server when it is wanted.
        let _ = fs::remove_dir_all(self.trees(repository).join(branch));
    }

    fn remove_branch(&self, repository: &str, branch: &str) {
        run(&self.served(repository), "git", &["branch", "-q", "-D", branch]);
    }

    fn remove(&self, repository: &str) {
        fs::remove_dir_all(self.served(repository)).unwrap();
        fs::remove_dir_all(self.trees(repository)).unwrap();
    }

    fn url(&self, repository: &str) -> String {
        self.url_at(&self.address, repository)
    }

    fn url_at(&self, address: &str, repository: &str) -> String {
        format!("{}://{address}/{repository}", self.scheme)
    }

    fn url_over_ssh(&self, sshd: &Sshd, repository: &str) -> String {
        let path = self.served(repository);
        format!("ssh://{}@{}{}", sshd.user, sshd.address, path.display())
    }

    fn content(&self) -> Content {
        Content::Git(self.base())
    }
}
