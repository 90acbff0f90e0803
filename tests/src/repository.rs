//! A real git repository, and a real server for it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A git repository with a work tree.
pub struct Repository {
    dir: PathBuf,
}

impl Repository {
    /// A new repository at `dir` with one commit of these files.
    pub fn new(dir: impl Into<PathBuf>, files: &[(&str, &str)]) -> Self {
        let repository = Self { dir: dir.into() };
        fs::create_dir_all(&repository.dir).unwrap();
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit(files);
        repository
    }

    /// Writes these files and commits; the new commit's full hash.
    pub fn commit(&self, files: &[(&str, &str)]) -> String {
        self.commit_saying("work", files)
    }

    /// The same, with that message.
    pub fn commit_saying(&self, message: &str, files: &[(&str, &str)]) -> String {
        for (name, text) in files {
            let path = self.dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs git in the work tree, undisturbed by who runs the test.
    pub fn git(&self, words: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
            .args(words)
            .current_dir(&self.dir)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its `file://` URL.
    pub fn url(&self) -> String {
        format!("file://{}", self.dir.display())
    }
}

/// A `git daemon` that serves a directory of repositories.
pub struct GitDaemon {
    process: Child,
    port: u16,
}

impl GitDaemon {
    /// Serves the repositories below `base`; returns when it answers.
    pub fn serve(base: &Path) -> Self {
        // Between the probe and the daemon another program may take the
        // port; then the daemon says so and the next one is tried.
        loop {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut process = Command::new("git")
                .args(["daemon", "--listen=127.0.0.1", "--export-all", "--reuseaddr", "--verbose"])
                .arg(format!("--port={port}"))
                .arg(format!("--base-path={}", base.display()))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let lines = BufReader::new(process.stderr.take().unwrap());
            let mut lines = lines.lines().map_while(Result::ok);
            if lines.any(|line| line.contains("Ready to rumble")) {
                // Somebody must go on reading, or a talkative daemon blocks.
                std::thread::spawn(move || lines.for_each(drop));
                return Self { process, port };
            }
            let _ = process.wait();
        }
    }

    /// URL of the repository `name`.
    pub fn url(&self, name: &str) -> String {
        format!("git://127.0.0.1:{}/{name}", self.port)
    }
}

impl Drop for GitDaemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
