//! Paths and methods that are none, and limits of connections.

use std::io::{Read, Write};

use reqwest::Method;
use serde_json::json;

use crate::farm::Farm;

#[tokio::test]
async fn unknown_paths_and_wrong_methods_answer_in_the_envelope() {
    let farm = Farm::start().await;
    for path in [
        "/nonsense/get_all.json",
        "/arch/x86_64/explode",
        "/arch/get_all.xml",
        "/arch/%ff/get_one.json",
    ] {
        farm.get(path).await.refused(404, "NotFound");
    }
    for (method, path) in [
        (Method::GET, "/arch/post.json"),
        (Method::DELETE, "/arch/get_all.json"),
        (Method::POST, "/arch/x86_64/put.json"),
        (Method::PATCH, "/arch/x86_64/get_one.json"),
    ] {
        let reply = farm.send(None, farm.request(method, path)).await;
        reply.refused(405, "MethodNotAllowed");
    }
    farm.stop().await;
}

#[tokio::test]
async fn what_is_no_http_harms_nobody() {
    let farm = Farm::start().await;
    let address = farm.url.strip_prefix("http://").unwrap().to_owned();
    let torn = tokio::task::spawn_blocking(move || {
        let mut socket = std::net::TcpStream::connect(address).unwrap();
        socket.write_all(b"\x16\x03\x01 no http at all\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    });
    assert!(torn.await.unwrap().starts_with("HTTP/1.1 400"));
    assert_eq!(farm.get("/arch/x86_64/get_one.json").await.ok()["arch"]["label"], json!("x86_64"));
    farm.stop().await;
}

#[tokio::test]
async fn a_second_start_goes_on_where_the_first_was() {
    let farm = Farm::start().await;
    farm.post("arch", json!({ "label": "s390x" })).await.ok();
    let admin = farm.admin.clone();
    let farm = Farm::start_in(farm.stop().await).await;
    assert_eq!(farm.admin, admin, "a used farm gets no new keys");
    assert_eq!(farm.get("/arch/s390x/get_one.json").await.ok()["arch"]["label"], json!("s390x"));
    farm.post("arch", json!({ "label": "ppc64le" })).await.ok();
    farm.stop().await;
}

#[tokio::test]
async fn keys_that_a_first_start_left_behind_become_the_farms() {
    let dir = tempfile::tempdir().unwrap();
    let known = mf_hub::store::key::NewKey::random();
    std::fs::create_dir(dir.path().join("keys")).unwrap();
    std::fs::write(dir.path().join("keys/admin"), known.text()).unwrap();
    std::fs::write(dir.path().join("keys/worker"), "torn").unwrap();
    let farm = Farm::start_in(dir).await;
    assert_eq!(farm.admin, known.text());
    farm.post("arch", json!({ "label": "s390x" })).await.ok();
    let worker = std::fs::read_to_string(farm.dir.path().join("keys/worker")).unwrap();
    let whoami = farm.get_as(worker.trim(), "/util/whoami").await.ok();
    assert_eq!(whoami["whoami"]["kind"], json!("system"));
    farm.stop().await;
}
