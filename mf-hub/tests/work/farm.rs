//! A hub of its own for each test, and those who call it.

use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use mf_core::lifeline::Lifeline;
use mf_core::wire::{Ready, Start};
use reqwest::{Client, Method, StatusCode};
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::worker::Worker;

/// A running hub, and what is in its world: project `demo` with the packages
/// `one`, `two` and `three`, each of footprint 1 with a branch of its name,
/// built by `generic` for the targets `el6-x86_64` and, branch `one` alone,
/// `el5-x86_64` too.
pub struct Farm {
    pub url: String,
    pub http: Client,
    dir: TempDir,
    hub: Child,
    _lifeline: Lifeline,
    lease: u64,
}

/// The hub's configuration, beside its data.
const CONFIG: &str = "hub.toml";

/// Somebody with a key.
pub struct Caller {
    pub url: String,
    pub http: Client,
    pub key: String,
}

/// reqwest is built for TLS without an implementation of its own choice.
fn choose_tls() {
    // All tests of a process choose the same; the first one's is taken.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// What the hub answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub json: Value,
}

impl Farm {
    /// A hub on a new directory, and its world.
    pub async fn new() -> Self {
        Self::with_lease(60).await
    }

    /// The same, with leases of that length in seconds.
    pub async fn with_lease(lease: u64) -> Self {
        choose_tls();
        let dir = tempfile::tempdir().unwrap();
        let (hub, lifeline, url) = start(dir.path(), lease);
        // Who waits for a hub that was killed may wait for ever, as `patiently`
        // of mf-client says.
        let http = Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        let farm = Self { url, http, dir, hub, _lifeline: lifeline, lease };
        farm.make_world().await;
        farm
    }

    async fn make_world(&self) {
        let admin = self.admin();
        let make = async |resource: &str, fields: Value| {
            admin.ok(Method::POST, &format!("/{resource}/post.json"), fields).await;
        };
        self.register_handlers(&["generic"]).await;
        make("project", json!({"label": "demo"})).await;
        make("distro", json!({"label": "el"})).await;
        for release in ["el5", "el6"] {
            make("release", json!({"label": release, "distro_label": "el"})).await;
            let target = json!({"label": format!("{release}-x86_64"), "release_label": release, "arch_label": "x86_64", "config": "x = 1"});
            make("target", target).await;
        }
        make("tag", json!({"label": "stable", "project_label": "demo", "only_latest": true})).await;
        for package in ["one", "two", "three"] {
            make("package", json!({"label": package, "project_label": "demo"})).await;
            let releases = if package == "one" { "" } else { "el6" };
            let branch = json!({
                "label": package, "project_label": "demo", "package_label": package,
                "build_handler_label": "generic", "releases": releases,
            });
            make("package-branch", branch).await;
        }
    }

    /// Registers build handlers of these labels, as the regulator does.
    pub async fn register_handlers(&self, labels: &[&str]) -> Answer {
        let handlers: Vec<Value> = labels
            .iter()
            .map(|label| json!({"kind": "build_handler", "label": label, "plugin": "p", "version": "1", "digest": "00"}))
            .collect();
        let body = json!({ "handlers": handlers });
        self.regulator().ok(Method::POST, "/util/register_handlers.json", body).await
    }

    /// Enables what can be used, as the regulator does.
    pub async fn enable_handlers(&self) -> Answer {
        self.regulator().ok(Method::POST, "/util/enable_handlers.json", json!({})).await
    }

    pub fn admin(&self) -> Caller {
        self.caller("admin")
    }

    pub fn regulator(&self) -> Caller {
        self.caller("regulator")
    }

    fn caller(&self, name: &str) -> Caller {
        let file = self.dir.path().join("keys").join(name);
        let key = std::fs::read_to_string(file).unwrap().trim().to_owned();
        Caller { url: self.url.clone(), http: self.http.clone(), key }
    }

    /// The worker of this host, registered with so many CPUs, and the handler
    /// enabled for it.
    pub async fn worker(&self, cpus: i64) -> Worker {
        let worker = Worker(self.caller("worker"));
        worker.register(cpus, &[]).await;
        self.enable_handlers().await;
        worker
    }

    /// Stops the hub in order, adds a system with a key of its own to its
    /// database, and starts it again.
    pub async fn second_worker(&mut self, cpus: i64) -> Worker {
        self.kill();
        let key = "mf_second_worker";
        let db = Connection::open(self.dir.path().join("hub.db")).unwrap();
        db.execute(
            "INSERT INTO system (label, create_date, update_date) VALUES ('second', '', '')",
            [],
        )
        .unwrap();
        let hash: Vec<u8> = Sha256::digest(key.as_bytes()).to_vec();
        db.execute(
            "INSERT INTO api_key (public_id, hash, system_id, create_date) VALUES ('second', ?1, ?2, '')",
            (hash, db.last_insert_rowid()),
        )
        .unwrap();
        drop(db);
        self.start_again();
        let caller = Caller { url: self.url.clone(), http: self.http.clone(), key: key.into() };
        let worker = Worker(caller);
        worker.register(cpus, &[]).await;
        worker
    }

    /// Kills the hub at once.
    pub fn kill(&mut self) {
        self.hub.kill().unwrap();
        self.hub.wait().unwrap();
    }

    /// Tells the hub to stop in order, and waits until it has.
    pub fn stop(&mut self) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.hub);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.hub.wait().unwrap()
    }

    /// Starts the hub again after [`Farm::kill`], at an address of its own.
    pub fn start_again(&mut self) {
        (self.hub, self._lifeline, self.url) = start(self.dir.path(), self.lease);
    }

    /// The same, with leases of that length in seconds from then on.
    pub fn start_with_lease(&mut self, lease: u64) {
        self.lease = lease;
        self.start_again();
    }

    /// What the hub is configured with when it starts again.
    pub fn configure(&self, text: &str) {
        std::fs::write(self.dir.path().join(CONFIG), text).unwrap();
    }

    /// Label of the system that the worker of this host is.
    pub async fn host(&self) -> String {
        let key = self.caller("worker");
        let who = key.ok(Method::GET, "/util/whoami.json", Value::Null).await;
        who.json["data"]["whoami"]["label"].as_str().unwrap().to_owned()
    }

    /// Submits a build of a branch; gives it as it is.
    pub async fn build(&self, branch: &str) -> Value {
        self.build_with(branch, json!({})).await
    }

    /// The same, with further fields.
    pub async fn build_with(&self, branch: &str, mut fields: Value) -> Value {
        fields["project_label"] = "demo".into();
        fields["package_branch_label"] = branch.into();
        self.admin().ok(Method::POST, "/build/post.json", fields).await.json["data"]["build"].take()
    }

    /// An object of the project.
    pub async fn object(&self, resource: &str, label: &str) -> Value {
        let path = format!("/{resource}/{label}/get_one.json?project_label=demo");
        self.admin().ok(Method::GET, &path, Value::Null).await.json["data"][resource].take()
    }

    /// All that was recorded of a task.
    pub fn history(&self, task: &str) -> String {
        let db = Connection::open(self.dir.path().join("hub.db")).unwrap();
        let sql = "SELECT group_concat(changes) FROM history WHERE label = ?1";
        db.query_row(sql, [task], |row| row.get(0)).unwrap()
    }

    /// Its database, beside the hub.
    pub fn database(&self) -> Connection {
        Connection::open(self.dir.path().join("hub.db")).unwrap()
    }

    /// A build's status.
    pub async fn status(&self, build: &Value) -> String {
        let label = build["label"].as_str().unwrap();
        self.object("build", label).await["status_label"].as_str().unwrap().to_owned()
    }

    /// All that was written to the database and not yet moved to its place:
    /// as long as nothing is written, the same.
    pub fn written(&self) -> Vec<u8> {
        std::fs::read(self.dir.path().join("hub.db-wal")).unwrap()
    }

    /// The directory with the files of all tasks.
    pub fn files(&self) -> std::path::PathBuf {
        self.dir.path().join("files")
    }
}

impl Drop for Farm {
    fn drop(&mut self) {
        // It may have been killed by the test.
        let _ = self.hub.kill();
        let _ = self.hub.wait();
    }
}

fn start(dir: &Path, lease: u64) -> (Child, Lifeline, String) {
    let (lifeline, stdin) = Lifeline::pair().unwrap();
    let config = dir.join(CONFIG);
    let config = if config.exists() { config } else { "/dev/null".into() };
    let hub = Command::new(env!("CARGO_BIN_EXE_mf-hub"))
        .arg("--config")
        .arg(config)
        .arg("--data-dir")
        .arg(dir)
        .args(["--listen", "127.0.0.1:0", "--lease-seconds", &lease.to_string()])
        .stdin(stdin)
        .spawn()
        .unwrap();
    lifeline.send(&Start::default()).unwrap();
    let ready: Ready = lifeline.recv().unwrap().expect("the hub says that it is ready");
    (hub, lifeline, ready.url)
}

impl Caller {
    /// Sends JSON, or nothing for null.
    pub async fn send(&self, method: Method, path: &str, body: Value) -> Answer {
        let request =
            self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key);
        let request = if body.is_null() { request } else { request.json(&body) };
        answer(request).await
    }

    /// The same, where nothing but success is expected.
    pub async fn ok(&self, method: Method, path: &str, body: Value) -> Answer {
        let answer = self.send(method, path, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.json);
        answer
    }
}

impl Answer {
    /// Checks that it is this refusal; gives the sentence.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> &str {
        assert_eq!(self.status.as_u16(), status, "{}", self.json);
        self.json["errors"][code].as_str().unwrap_or_else(|| panic!("{}", self.json))
    }

    /// Checks that it is a success.
    #[track_caller]
    pub fn done(self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.json);
        self.json
    }
}

/// Sends a request and reads the answer.
pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status();
    Answer { status, json: response.json().await.unwrap() }
}
