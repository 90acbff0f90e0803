//! A world of Bazaar branches: a shared repository each, which is also its
//! own default branch.
#![allow(clippy::unwrap_used, dead_code)]

use std::fs;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mf_plugin_bzr::Bzr;
use monkeyfarm_plugin_api::VcsHandler;
use monkeyfarm_vcs_kit::suite::sshd::Sshd;
use monkeyfarm_vcs_kit::suite::web::{Content, Site, serve};
use monkeyfarm_vcs_kit::suite::{World, listen, run};
use tempfile::TempDir;

/// Branches below `served`, and work trees to change them.
pub struct Branches {
    dir: TempDir,
    scheme: &'static str,
    address: String,
}

/// Served by `brz serve`.
pub fn over_brz() -> Branches {
    new("bzr", |served| listen(move |connection| answer_by_brz(&served, connection)).to_string())
}

/// Served as files.
pub fn over_http() -> Branches {
    new("http", |served| {
        serve(Site { content: Content::Files(served), authorization: String::new() }).to_string()
    })
}

fn new(scheme: &'static str, serve: impl FnOnce(PathBuf) -> String) -> Branches {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("served")).unwrap();
    let address = serve(dir.path().join("served"));
    Branches { dir, scheme, address }
}

fn answer_by_brz(branches: &Path, connection: TcpStream) {
    let stdin = OwnedFd::from(connection);
    let stdout = stdin.try_clone().unwrap();
    let mut server = Command::new("brz");
    server.args(["serve", "--inet", "--directory"]).arg(branches);
    server.env("BRZ_LOG", "/dev/null").env("BRZ_HOME", "/nonexistent");
    server.stdin(stdin).stdout(stdout).stderr(Stdio::null()).status().unwrap();
}

impl Branches {
    /// What is served.
    pub fn base(&self) -> PathBuf {
        self.dir.path().join("served")
    }

    fn served(&self, repository: &str, branch: &str) -> PathBuf {
        self.dir.path().join("served").join(repository).join(branch)
    }

    fn tree(&self, repository: &str, branch: &str) -> PathBuf {
        let name = if branch.is_empty() { "default" } else { branch };
        self.dir.path().join("work").join(repository).join(name)
    }

    /// Runs brz on the server's side.
    fn brz(&self, args: &[&str]) -> String {
        run(self.dir.path(), "brz", args)
    }
}

impl World for Branches {
    fn handler(&self) -> Box<dyn VcsHandler> {
        Box::new(Bzr)
    }

    fn make(&self, repository: &str) {
        let path = self.served(repository, "");
        let path = path.to_str().unwrap();
        self.brz(&["init-shared-repository", "-q", "--no-trees", path]);
        self.brz(&["init", "-q", "--no-tree", path]);
    }

    fn work(&self, repository: &str, branch: &str) -> PathBuf {
        let (served, tree) = (self.served(repository, branch), self.tree(repository, branch));
        if !tree.exists() {
            fs::create_dir_all(tree.parent().unwrap()).unwrap();
            let (served, tree) = (served.to_str().unwrap(), tree.to_str().unwrap());
            self.brz(&["checkout", "-q", "--lightweight", served, tree]);
        }
        tree
    }

    fn commit(&self, repository: &str, branch: &str, message: &str) -> String {
        let tree = self.work(repository, branch);
        run(&tree, "brz", &["add", "-q"]);
        run(&tree, "brz", &["commit", "-q", "--unchanged", "-m", message]);
        let said = run(&tree, "brz", &["revision-info"]);
        said.split_whitespace().nth(1).unwrap().to_owned()
    }

    fn branch(&self, repository: &str, new: &str) {
        let (from, to) = (self.served(repository, ""), self.served(repository, new));
        self.brz(&["branch", "-q", "--no-tree", from.to_str().unwrap(), to.to_str().unwrap()]);
    }

    fn tag(&self, repository: &str, tag: &str, revision: &str) {
        let (place, revision) = (self.served(repository, ""), format!("revid:{revision}"));
        let place = place.to_str().unwrap();
        self.brz(&["tag", "-q", "--force", "-d", place, "-r", &revision, tag]);
    }

    fn reset(&self, repository: &str, branch: &str, revision: &str) {
        let (place, revision) = (self.served(repository, branch), format!("revid:{revision}"));
        let place = place.to_str().unwrap();
        self.brz(&["pull", "-q", "--overwrite", "-d", place, "-r", &revision, place]);
        // Taken anew from the server when it is wanted.
        let _ = fs::remove_dir_all(self.tree(repository, branch));
    }

    fn remove_branch(&self, repository: &str, branch: &str) {
        fs::remove_dir_all(self.served(repository, branch)).unwrap();
    }

    fn remove(&self, repository: &str) {
        fs::remove_dir_all(self.served(repository, "")).unwrap();
        fs::remove_dir_all(self.dir.path().join("work").join(repository)).unwrap();
    }

    fn url(&self, repository: &str) -> String {
        self.url_at(&self.address, repository)
    }

    fn url_at(&self, address: &str, repository: &str) -> String {
        format!("{}://{address}/{repository}", self.scheme)
    }

    fn url_over_ssh(&self, sshd: &Sshd, repository: &str) -> String {
        let path = self.served(repository, "");
        format!("bzr+ssh://{}@{}{}", sshd.user, sshd.address, path.display())
    }

    fn content(&self) -> Content {
        Content::Files(self.base())
    }
}
