//! A hub to try things on.

use std::sync::Arc;

use mf_core::config::HubConfig;
use mf_hub::http;
use mf_hub::hub::Hub;
use mf_hub::store::key::{self, Holder, NewKey};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running hub with a data directory of its own.
pub struct Farm {
    pub hub: Arc<Hub>,
    pub url: String,
    pub admin: String,
    pub client: Client,
    pub dir: TempDir,
    serving: JoinHandle<()>,
}

/// reqwest is built for TLS without an implementation of its own choice.
pub fn choose_tls() {
    // All tests of a process choose the same; the first one's is taken.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub data: Value,
    pub errors: Value,
}

impl Reply {
    /// The one error, as code and sentence.
    pub fn error(&self) -> (&str, &str) {
        let (code, sentence) = self.errors.as_object().unwrap().iter().next().unwrap();
        (code, sentence.as_str().unwrap())
    }

    /// Asserts success, and gives the data.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.errors);
        assert_eq!(self.errors, json!({}));
        self.data
    }

    /// Asserts this error.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> &str {
        assert_eq!((self.status, self.error().0), (status, code), "{}", self.errors);
        assert_eq!(self.data, json!({}));
        self.error().1
    }
}

impl Farm {
    pub async fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap()).await
    }

    /// Starts on a data directory that there is.
    pub async fn start_in(dir: TempDir) -> Self {
        Self::start_as(dir, |_| ()).await
    }

    /// Starts with a configuration of its own.
    pub async fn start_with(change: impl FnOnce(&mut HubConfig)) -> Self {
        Self::start_as(tempfile::tempdir().unwrap(), change).await
    }

    async fn start_as(dir: TempDir, change: impl FnOnce(&mut HubConfig)) -> Self {
        let mut config = HubConfig { data_dir: dir.path().into(), ..HubConfig::default() };
        change(&mut config);
        choose_tls();
        let hub = Hub::start(config).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = http::router(Arc::clone(&hub));
        let serving = tokio::spawn(http::serve::serve(Arc::clone(&hub), listener, router, None));
        let admin = std::fs::read_to_string(dir.path().join("keys/admin")).unwrap();
        let admin = admin.trim().to_owned();
        Self { hub, url, admin, client: Client::new(), dir, serving }
    }

    /// Stops it in order, and gives its data directory back.
    pub async fn stop(self) -> TempDir {
        self.hub.stop();
        drop(self.client);
        self.serving.await.unwrap();
        self.hub.writer.stop();
        // Whoever still works for the hub lets go of it, and of the lock on
        // its directory, before another one starts.
        while Arc::strong_count(&self.hub) > 1 {
            tokio::task::yield_now().await;
        }
        self.dir
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends it, with the key if there is one.
    pub async fn send(&self, key: Option<&str>, request: RequestBuilder) -> Reply {
        let request = match key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        assert_eq!(response.headers()["content-type"], "application/json");
        let body: Value = response.json().await.unwrap();
        Reply { status, data: body["data"].clone(), errors: body["errors"].clone() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(None, self.request(Method::GET, path)).await
    }

    pub async fn get_as(&self, key: &str, path: &str) -> Reply {
        self.send(Some(key), self.request(Method::GET, path)).await
    }

    pub async fn post_as(&self, key: &str, resource: &str, fields: Value) -> Reply {
        let request = self.request(Method::POST, &format!("/{resource}/post.json"));
        self.send(Some(key), request.json(&fields)).await
    }

    pub async fn post(&self, resource: &str, fields: Value) -> Reply {
        self.post_as(&self.admin, resource, fields).await
    }

    pub async fn put_as(&self, key: &str, path: &str, fields: Value) -> Reply {
        self.send(Some(key), self.request(Method::PUT, path).json(&fields)).await
    }

    pub async fn put(&self, path: &str, fields: Value) -> Reply {
        self.put_as(&self.admin, path, fields).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Some(&self.admin), self.request(Method::DELETE, path)).await
    }

    /// Makes a user, and gives its key.
    pub async fn user(&self, label: &str) -> String {
        let made = self.post("user", json!({ "label": label, "email": "x@example.org" })).await;
        let id = made.ok()["user"]["id"].as_i64().unwrap();
        let key = NewKey::random();
        let text = key.text().to_owned();
        let work = move |tx: &mf_hub::store::Tx<'_>| key::store(tx, &key, Holder::User(id));
        self.hub.writer.run("test", work).await.unwrap();
        text
    }

    /// Makes handlers as the regulator registers them.
    pub async fn handlers(&self) {
        let key = std::fs::read_to_string(self.dir.path().join("keys/regulator")).unwrap();
        let offer = |kind: &str, label: &str| json!({ "kind": kind, "label": label, "plugin": label, "version": "1", "digest": "d" });
        let all = json!({ "handlers": [
            offer("build_handler", "generic"), offer("build_handler", "rpm"),
            offer("vcs_handler", "git"), offer("bug_handler", "bugzilla"),
        ] });
        let request = self.request(Method::POST, "/util/register_handlers.json").json(&all);
        self.send(Some(key.trim()), request).await.ok();
    }

    /// Makes a small world: project `p` with package `k`, whose branch `b` is
    /// built for el5 (two targets) and el6 (one).
    pub async fn world(&self) {
        self.handlers().await;
        for (resource, fields) in [
            ("group", json!({ "label": "crew" })),
            ("distro", json!({ "label": "el" })),
            ("release", json!({ "label": "el5", "distro_label": "el" })),
            ("release", json!({ "label": "el6", "distro_label": "el" })),
            ("target", target("el5-i386", "el5", "i386")),
            ("target", target("el5-x86_64", "el5", "x86_64")),
            ("target", target("el6-x86_64", "el6", "x86_64")),
            (
                "project",
                json!({ "label": "p", "admin_group_label": "crew", "vcs_handler_label": "git" }),
            ),
            ("package", json!({ "project_label": "p", "label": "k" })),
            ("tag", json!({ "project_label": "p", "label": "testing" })),
            (
                "package-branch",
                json!({ "project_label": "p", "label": "b", "package_label": "k",
                        "build_handler_label": "generic" }),
            ),
        ] {
            self.post(resource, fields).await.ok();
        }
    }
}

fn target(label: &str, release: &str, arch: &str) -> Value {
    json!({ "label": label, "release_label": release, "arch_label": arch })
}
