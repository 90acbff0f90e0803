//! Tags' repositories: what the regulator fills in, and what clients see.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use mf_core::wire::{Outcome, RepositoryDraft};
use reqwest::header::{self, HeaderMap};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::farm::{Answer, Caller, Farm, answer};
use crate::worker::{Worker, sha256};

/// A project's tag `testing` that keeps a repository.
async fn managed(more: Value) -> (Farm, Worker) {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    let mut tag = json!({ "project_label": "demo", "label": "testing", "manage_repo": true });
    tag.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    farm.admin().ok(Method::POST, "/tag/post.json", tag).await;
    (farm, worker)
}

async fn post(farm: &Farm, path: &str, body: Value) -> Answer {
    farm.admin().send(Method::POST, &format!("{path}.json?project_label=demo"), body).await
}

/// A build of `branch` whose task made these files.
async fn built(farm: &Farm, worker: &Worker, branch: &str, label: &str, files: &[(&str, &str)]) {
    farm.build_with(branch, json!({ "label": label })).await;
    let claim = worker.take(label).await;
    for (name, text) in files {
        worker.upload(&claim, "file", name, text.as_bytes()).await.done();
    }
    worker.complete(&claim, Outcome::Success, "").await.done();
}

async fn tagged(farm: &Farm, build: &str, verb: &str) {
    post(farm, &format!("/build/{build}/{verb}"), json!({ "tag_label": "testing" })).await.done();
}

/// An errand to fill in a draft.
#[derive(Debug)]
struct Begun {
    claim: Value,
    draft: RepositoryDraft,
}

impl Deref for Begun {
    type Target = RepositoryDraft;

    fn deref(&self) -> &RepositoryDraft {
        &self.draft
    }
}

async fn begin(farm: &Farm) -> Option<Begun> {
    static CLAIMS: AtomicUsize = AtomicUsize::new(0);
    let nonce = format!("n{}", CLAIMS.fetch_add(1, Ordering::Relaxed));
    let body = json!({ "kinds": ["repository"], "nonce": nonce });
    let answer = farm.regulator().ok(Method::POST, "/util/claim_errand.json", body).await;
    let claim = answer.json["data"]["errand"].clone();
    let draft = serde_json::from_value(claim.get("work")?.clone()).unwrap();
    Some(Begun { claim, draft })
}

async fn end(farm: &Farm, begun: &Begun, ended: Value) -> Answer {
    let mut body = begun.claim.clone();
    body["ended"] = ended;
    farm.regulator().send(Method::POST, "/util/end_errand.json", body).await
}

async fn upload(farm: &Farm, draft: &RepositoryDraft, path: &str, text: &str) -> Answer {
    let Caller { http, url, key } = farm.regulator();
    let generation = draft.generation.to_string();
    let query =
        [("generation", generation.as_str()), ("path", path), ("sha256", &sha256(text.as_bytes()))];
    let request = http.post(format!("{url}/util/upload_repository.json")).query(&query);
    answer(request.bearer_auth(key).body(text.to_owned())).await
}

async fn switch(farm: &Farm, begun: &Begun) -> Answer {
    end(farm, begun, json!({ "how": "done" })).await
}

/// Lets the repository follow, with an index that names all its files.
async fn follow(farm: &Farm) -> Begun {
    let draft = begin(farm).await.expect("the repository lags");
    for part in &draft.parts {
        let names: Vec<&str> = part.files.iter().map(|file| file.name.as_str()).collect();
        let path = format!("{}/index/names.txt", part.path);
        upload(farm, &draft, &path, &names.join("\n")).await.done();
    }
    switch(farm, &draft).await.done();
    draft
}

/// A plain GET of a path, without a key.
async fn get(farm: &Farm, path: &str) -> (StatusCode, String) {
    let (status, _, text) = get_with(farm, path, &[]).await;
    (status, text)
}

async fn get_with(
    farm: &Farm,
    path: &str,
    with: &[(header::HeaderName, &str)],
) -> (StatusCode, HeaderMap, String) {
    let mut request = farm.http.get(format!("{}{path}", farm.url));
    for (name, value) in with {
        request = request.header(name, *value);
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, response.text().await.unwrap())
}

async fn state(farm: &Farm) -> String {
    farm.object("tag", "testing").await["repository_state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_repository_follows_its_tag_and_is_served() {
    let (farm, worker) = managed(json!({})).await;
    let tag = farm.object("tag", "testing").await;
    assert_eq!(tag["repository"], "/repo/demo/testing/");
    assert!(state(&farm).await.starts_with("lags since "), "{tag}");
    built(&farm, &worker, "two", "b1", &[("a.rpm", "first"), ("b <i>.txt", "0123456789")]).await;
    tagged(&farm, "b1", "tag").await;
    let draft = follow(&farm).await;
    assert_eq!((draft.project.as_str(), draft.tag.as_str()), ("demo", "testing"));
    assert_eq!(draft.parts.len(), 1);
    assert_eq!((draft.parts[0].path.as_str(), draft.parts[0].files.len()), ("el6-x86_64", 2));
    assert!(begin(&farm).await.is_none());
    assert!(state(&farm).await.starts_with("current as of "));

    let at = "/repo/demo/testing/el6-x86_64";
    assert_eq!(get(&farm, &format!("{at}/a.rpm")).await, (StatusCode::OK, "first".into()));
    let (status, headers, page) = get_with(&farm, &format!("{at}/"), &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("<a href=\"./a.rpm\">a.rpm</a>"), "{page}");
    assert!(
        page.contains("b%20%3Ci%3E.txt\">b &lt;i&gt;.txt") && page.contains("index/"),
        "{page}"
    );
    assert!(
        headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("default-src 'none'")
    );
    let (status, headers, _) = get_with_no_redirect(&farm, at).await;
    assert_eq!(
        (status, &headers[header::LOCATION]),
        (StatusCode::PERMANENT_REDIRECT, &format!("{at}/").parse().unwrap())
    );
    for (path, word) in
        [("/repo/", "demo/"), ("/repo/demo/", "testing/"), ("/repo/demo/testing/", "el6-x86_64/")]
    {
        let (status, page) = get(&farm, path).await;
        assert!(status.is_success() && page.contains(word), "{path}: {page}");
    }
    for path in [
        "/repo/none/",
        "/repo/demo/none/x",
        "/repo/demo/stable/",
        &format!("{at}/none"),
        &format!("{at}/..%2f..%2f..%2fhub.db"),
    ] {
        let (status, told) = get(&farm, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {told}");
    }

    // Asked for again, in part, and in part of what has changed meanwhile.
    let file = format!("{at}/b%20%3Ci%3E.txt");
    let (_, headers, _) = get_with(&farm, &file, &[]).await;
    let etag = headers[header::ETAG].to_str().unwrap();
    let known = [(header::IF_NONE_MATCH, etag)];
    assert_eq!(get_with(&farm, &file, &known).await.0, StatusCode::NOT_MODIFIED);
    let part = [(header::RANGE, "bytes=2-4"), (header::IF_RANGE, etag)];
    let (status, headers, text) = get_with(&farm, &file, &part).await;
    assert_eq!((status, text.as_str()), (StatusCode::PARTIAL_CONTENT, "234"));
    assert_eq!(headers[header::CONTENT_RANGE], "bytes 2-4/10");
    let other = [(header::RANGE, "bytes=2-4"), (header::IF_RANGE, "\"other\"")];
    let (status, _, text) = get_with(&farm, &file, &other).await;
    assert_eq!((status, text.len()), (StatusCode::OK, 10));
}

async fn get_with_no_redirect(farm: &Farm, path: &str) -> (StatusCode, HeaderMap, ()) {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let url = format!("{}{path}", farm.url);
    let response = http.build().unwrap().get(url).send().await.unwrap();
    (response.status(), response.headers().clone(), ())
}

#[tokio::test]
async fn whoever_has_begun_with_a_generation_can_end_with_it() {
    let (farm, worker) = managed(json!({ "only_latest": true })).await;
    built(&farm, &worker, "two", "b1", &[("old.rpm", "old")]).await;
    tagged(&farm, "b1", "tag").await;
    follow(&farm).await;
    let at = "/repo/demo/testing/el6-x86_64";
    // A large file is on its way while the repository is switched.
    let response = farm.http.get(format!("{}{at}/old.rpm", farm.url)).send().await.unwrap();
    built(&farm, &worker, "two", "b2", &[("new.rpm", "new")]).await;
    tagged(&farm, "b2", "tag").await;
    let draft = begin(&farm).await.unwrap();
    assert_eq!(draft.parts[0].files.len(), 1, "only the latest: {draft:?}");
    assert_eq!(get(&farm, &format!("{at}/new.rpm")).await.0, StatusCode::NOT_FOUND);
    upload(&farm, &draft, "el6-x86_64/index/names.txt", "half").await.done();
    assert_eq!(get(&farm, &format!("{at}/index/names.txt")).await.1, "old.rpm", "not yet");
    switch(&farm, &draft).await.done();
    assert_eq!(get(&farm, &format!("{at}/index/names.txt")).await.1, "half");
    assert_eq!(response.text().await.unwrap(), "old");
    // Who read the old index gets what it names; the listing has it no more.
    assert_eq!(get(&farm, &format!("{at}/old.rpm")).await.1, "old");
    let page = get(&farm, &format!("{at}/")).await.1;
    assert!(page.contains("new.rpm") && !page.contains("old.rpm"), "{page}");
    // The last build goes, and an empty index stays.
    tagged(&farm, "b2", "untag").await;
    let draft = follow(&farm).await;
    assert_eq!((draft.parts.len(), draft.parts[0].files.len()), (1, 0));
    assert_eq!(get(&farm, &format!("{at}/index/names.txt")).await, (StatusCode::OK, String::new()));
}

#[tokio::test]
async fn what_the_index_may_not_be_is_refused_and_leaves_nothing() {
    let (farm, worker) = managed(json!({})).await;
    built(&farm, &worker, "two", "b1", &[("a.rpm", "a")]).await;
    tagged(&farm, "b1", "tag").await;
    let draft = begin(&farm).await.unwrap();
    for path in ["el6-x86_64/../x", "/el6-x86_64/x", "el6-x86_64/.hidden", "el6-x86_64/a\\b", ""] {
        upload(&farm, &draft, path, "x").await.refused(400, "InvalidValue");
    }
    let told = upload(&farm, &draft, "other/x", "x").await;
    assert_eq!(told.refused(400, "Refused"), "\"other/x\" is in no directory of this repository");
    upload(&farm, &draft, "el6-x86_64/a.rpm", "x").await.refused(400, "Refused");
    upload(&farm, &draft, "el6-x86_64/x", "x").await.done();
    upload(&farm, &draft, "el6-x86_64/x", "x").await.done();
    upload(&farm, &draft, "el6-x86_64/x", "y").await.refused(400, "Refused");
    for path in ["claim_errand", "end_errand", "upload_repository"] {
        let path = format!("/util/{path}.json");
        farm.admin().send(Method::POST, &path, json!({})).await.refused(403, "Forbidden");
    }
    // A file of the build is gone from the disk.
    std::fs::remove_dir_all(farm.files().join("tasks")).unwrap();
    let told = switch(&farm, &draft).await;
    assert_eq!(
        told.refused(400, "Refused"),
        "el6-x86_64/a.rpm is gone from the hub's disk; untag the build of task b1.el6-x86_64, or build it again"
    );
    end(&farm, &draft, json!({ "how": "later", "why": "a file\nis gone" })).await.done();
    assert!(state(&farm).await.ends_with(": a file is gone"), "{}", state(&farm).await);
    upload(&farm, &draft, "el6-x86_64/y", "y").await.refused(404, "NotFound");
    assert!(begin(&farm).await.is_none(), "it is tried again later");
    let status = farm.admin().ok(Method::GET, "/util/status.json", Value::Null).await;
    let trouble = &status.json["data"]["status"]["troubles"][0];
    assert_eq!(
        (&trouble["about"], &trouble["tag_label"], &trouble["message"]),
        (&json!("renew the repository"), &json!("testing"), &json!("a file is gone"))
    );
    assert_eq!(farm.object("tag", "testing").await["errands"][0]["state"], "waiting");
    // What has changed is tried at once.
    tagged(&farm, "b1", "untag").await;
    follow(&farm).await;
    assert!(state(&farm).await.starts_with("current as of "));
}

#[tokio::test]
async fn two_hooks_never_have_the_same_and_the_later_state_stays() {
    let (mut farm, worker) = managed(json!({})).await;
    built(&farm, &worker, "two", "b1", &[("a.rpm", "a")]).await;
    built(&farm, &worker, "two", "b2", &[("b.rpm", "b")]).await;
    tagged(&farm, "b1", "tag").await;
    let silent = begin(&farm).await.unwrap();
    assert!(begin(&farm).await.is_none());
    // Its hook is not heard of again until its lease is over.
    farm.kill();
    farm.start_with_lease(1);
    let next = loop {
        if let Some(begun) = begin(&farm).await {
            break begun;
        }
    };
    assert_ne!(silent.generation, next.generation);
    upload(&farm, &silent, "el6-x86_64/x", "x").await.refused(404, "NotFound");
    switch(&farm, &silent).await.refused(409, "StaleAttempt");
    tagged(&farm, "b2", "tag").await;
    switch(&farm, &next).await.done();
    switch(&farm, &next).await.done();
    assert_eq!(get(&farm, "/repo/demo/testing/el6-x86_64/a.rpm").await.1, "a");
    assert!(state(&farm).await.starts_with("lags since "), "b2 is not in it yet");
    let last = begin(&farm).await.unwrap();
    switch(&farm, &last).await.done();
    assert_eq!(get(&farm, "/repo/demo/testing/el6-x86_64/b.rpm").await.1, "b");
    assert!(begin(&farm).await.is_none());
}

#[tokio::test]
async fn a_repository_comes_and_goes_with_its_tag() {
    let (farm, worker) = managed(json!({})).await;
    built(&farm, &worker, "two", "b1", &[("a.rpm", "a")]).await;
    tagged(&farm, "b1", "tag").await;
    follow(&farm).await;
    let target = json!({ "tag_path": "redhat/6/x86_64" });
    farm.admin().ok(Method::PUT, "/target/el6-x86_64/put.json", target).await;
    follow(&farm).await;
    assert_eq!(get(&farm, "/repo/demo/testing/redhat/6/x86_64/a.rpm").await.1, "a");
    for tag_path in ["../x", "/etc", "a/../b"] {
        let body = json!({ "tag_path": tag_path });
        let told = farm.admin().send(Method::PUT, "/target/el6-x86_64/put.json", body).await;
        told.refused(400, "InvalidValue");
    }
    let put = "/tag/testing/put.json?project_label=demo";
    farm.admin().ok(Method::PUT, put, json!({ "manage_repo": false })).await;
    assert_eq!(get(&farm, "/repo/demo/testing/").await.0, StatusCode::NOT_FOUND);
    assert!(begin(&farm).await.is_none());
    farm.admin().ok(Method::PUT, put, json!({ "manage_repo": true })).await;
    follow(&farm).await;
    let delete = "/tag/testing/delete.json?project_label=demo&confirm_delete=True";
    farm.admin().ok(Method::DELETE, delete, Value::Null).await;
    assert_eq!(get(&farm, "/repo/demo/testing/").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn builds_see_the_repositories_that_are_included() {
    let (farm, worker) = managed(json!({ "include_in_builds": true })).await;
    built(&farm, &worker, "two", "b1", &[("a.rpm", "a")]).await;
    tagged(&farm, "b1", "tag").await;
    farm.build_with("two", json!({ "label": "b2" })).await;
    let claim = worker.take("b2").await;
    assert_eq!(claim.job.repositories, [], "there is nothing in it yet");
    worker.complete(&claim, Outcome::Success, "").await.done();
    follow(&farm).await;
    farm.build_with("two", json!({ "label": "b3" })).await;
    let claim = worker.take("b3").await;
    let path = "/repo/demo/testing/el6-x86_64/";
    assert_eq!(
        (claim.job.repositories[0].tag.as_str(), claim.job.repositories[0].path.as_str()),
        ("testing", path)
    );
    worker.complete(&claim, Outcome::Success, "").await.done();

    // A restricted project's is for those who may know of it, and for builds.
    let restricted = json!({ "restricted": true });
    farm.admin().ok(Method::PUT, "/project/demo/put.json", restricted).await;
    for path in ["/repo/demo/", path, &format!("{path}a.rpm")] {
        assert_eq!(get(&farm, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(!get(&farm, "/repo/").await.1.contains("demo"));
    let Caller { http, url, key } = farm.admin();
    let basic = http.get(format!("{url}{path}a.rpm")).basic_auth("admin", Some(key));
    assert_eq!(basic.send().await.unwrap().text().await.unwrap(), "a");
    farm.build_with("two", json!({ "label": "b4" })).await;
    let claim = worker.take("b4").await;
    let signed = &claim.job.repositories[0].path;
    assert_eq!(get(&farm, &format!("{signed}a.rpm")).await, (StatusCode::OK, "a".into()));
    let elsewhere = signed.replace("/demo/testing/", "/demo/stable/");
    assert_eq!(get(&farm, &elsewhere).await.0, StatusCode::FORBIDDEN);
    assert_eq!(get(&farm, "/repo/~1.aa/demo/testing/").await.0, StatusCode::FORBIDDEN);
}
