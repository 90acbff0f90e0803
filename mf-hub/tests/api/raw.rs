//! What no client of good will sends, byte for byte.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::farm::Farm;

/// Far longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A connection on which bytes are sent as they are.
pub struct Raw(TcpStream);

impl Raw {
    pub async fn to(farm: &Farm) -> Self {
        let address = farm.url.split_once("://").unwrap().1;
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Sends bytes; the other end may have hung up.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// All that comes until the other end hangs up.
    pub async fn rest(mut self) -> String {
        let mut all = Vec::new();
        let read = tokio::time::timeout(LIMIT, self.0.read_to_end(&mut all)).await;
        // Hanging up while we still send is hanging up too.
        let _ = read.expect("the hub hangs up");
        String::from_utf8_lossy(&all).into_owned()
    }

    /// What comes next.
    pub async fn some(&mut self) -> String {
        let mut piece = vec![0; 4096];
        let read = tokio::time::timeout(LIMIT, self.0.read(&mut piece)).await;
        let read = read.expect("the hub answers").unwrap();
        String::from_utf8_lossy(&piece[..read]).into_owned()
    }
}

async fn impatient() -> Farm {
    Farm::start_with(|config| config.request_seconds = 1).await
}

/// Asserts that the answer is an error in the envelope, and that it is the last.
#[track_caller]
fn refused(answer: &str, status: u16, code: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert!(body["errors"][code].is_string(), "{answer}");
}

#[tokio::test]
async fn a_head_that_does_not_come_and_a_connection_that_says_nothing_are_closed() {
    let farm = impatient().await;
    let silent = Raw::to(&farm).await;
    let mut slow = Raw::to(&farm).await;
    slow.send("GET /arch/get_all.json HTTP/1.1\r\nhost: x\r\n").await;
    let (silent, slow) = tokio::join!(silent.rest(), slow.rest());
    assert_eq!((silent.as_str(), slow.contains("200")), ("", false));
    farm.get("/arch/get_all.json").await.ok();
    farm.stop().await;
}

#[tokio::test]
async fn half_a_body_is_answered_and_closed_wherever_it_goes() {
    let farm = impatient().await;
    let json = "content-type: application/json\r\ncontent-length: 100\r\n\r\n{\"label\":";
    let key = format!("authorization: Bearer {}\r\n", farm.admin);
    for (line, status, code) in [
        (format!("POST /arch/post.json HTTP/1.1\r\n{key}"), 400, "BrokenOff"),
        ("GET /arch/get_all.json HTTP/1.1\r\n".into(), 400, "BrokenOff"),
        ("POST /nowhere HTTP/1.1\r\n".into(), 404, "NotFound"),
        ("POST /arch/get_all.json HTTP/1.1\r\n".into(), 405, "MethodNotAllowed"),
    ] {
        let mut raw = Raw::to(&farm).await;
        raw.send(format!("{line}host: x\r\n{json}")).await;
        refused(&raw.rest().await, status, code);
    }
    farm.stop().await;
}

#[tokio::test]
async fn a_body_of_a_gigabyte_is_refused_at_its_first_megabytes() {
    let farm = Farm::start().await;
    let mut raw = Raw::to(&farm).await;
    let head = format!(
        "POST /arch/post.json HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 1073741824\r\n\r\n",
        farm.admin
    );
    raw.send(head).await;
    let megabyte = vec![b' '; 1 << 20];
    for _ in 0..8 {
        raw.send(&megabyte).await;
    }
    let answer = raw.rest().await;
    // What is still on its way when the hub hangs up may cost the answer.
    if !answer.is_empty() {
        refused(&answer, 413, "TooLarge");
    }
    farm.stop().await;
}

#[tokio::test]
async fn two_lengths_never_make_two_requests_of_one() {
    let farm = Farm::start().await;
    let hidden = "GET /util/version.json HTTP/1.1\r\nhost: x\r\n\r\n";
    for lengths in [
        format!("content-length: {}\r\ntransfer-encoding: chunked\r\n", 5 + hidden.len()),
        format!("transfer-encoding: chunked\r\ncontent-length: {}\r\n", 5 + hidden.len()),
    ] {
        let mut raw = Raw::to(&farm).await;
        let head = format!("GET /arch/get_all.json HTTP/1.1\r\nhost: x\r\n{lengths}\r\n");
        raw.send(format!("{head}0\r\n\r\n{hidden}")).await;
        let answer = raw.rest().await;
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
        assert!(!answer.contains("version"), "{answer}");
    }
    let mut raw = Raw::to(&farm).await;
    raw.send("GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd")
        .await;
    assert!(raw.rest().await.starts_with("HTTP/1.1 400 "));
    farm.stop().await;
}

#[tokio::test]
async fn what_is_no_http_gets_the_status_for_it_and_others_are_served() {
    let farm = impatient().await;
    let head = |line: &str, more: &str| format!("{line}\r\nhost: x\r\n{more}\r\n");
    let long = "x".repeat(70_000);
    let many = "a: b\r\n".repeat(200);
    let get = "GET /arch/get_all.json HTTP/1.1";
    for (bytes, status) in [
        ("\u{0}\u{1}\u{2} hello\r\n\r\n".to_owned(), "400"),
        (head("GET /arch/get_all.json HTTP/9.9", ""), "400"),
        (head(get, &format!("x: {long}\r\n")), "431"),
        (head(get, &many), "431"),
        (head(&format!("GET /{long} HTTP/1.1"), ""), "4"),
        (head("POST /arch/post.json HTTP/1.1", "transfer-encoding: chunked\r\n") + "zz\r\n", "4"),
        (head("POST /arch/post.json HTTP/1.1", "transfer-encoding: gzip\r\n"), "400"),
        (head("POST /arch/post.json HTTP/1.1", "content-length: -5\r\n"), "400"),
    ] {
        let mut raw = Raw::to(&farm).await;
        raw.send(&bytes).await;
        let answer = raw.rest().await;
        let first = answer.lines().next().unwrap_or_default();
        let asked: String = bytes.chars().take(60).collect();
        assert!(first.starts_with(&format!("HTTP/1.1 {status}")), "{asked:?}: {answer}");
    }
    farm.get("/arch/get_all.json").await.ok();
    farm.stop().await;
}

#[tokio::test]
async fn connections_and_streams_have_a_limit_and_who_is_over_it_is_told() {
    let farm = Farm::start_with(|config| {
        (config.connections_per_address, config.streams) = (3, 1);
    })
    .await;
    let mut watching = Raw::to(&farm).await;
    watching.send("GET /util/events HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(watching.some().await.starts_with("HTTP/1.1 200"));
    let mut second = Raw::to(&farm).await;
    second.send("GET /util/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let answer = second.rest().await;
    refused(&answer, 429, "TooMany");
    assert!(answer.contains("retry-after: 1"), "{answer}");
    let (mut one, mut two) = (Raw::to(&farm).await, Raw::to(&farm).await);
    let version = "GET /util/version.json HTTP/1.1\r\nhost: x\r\n\r\n";
    for served in [&mut one, &mut two] {
        served.send(version).await;
        assert!(served.some().await.starts_with("HTTP/1.1 200"));
    }
    let mut over = Raw::to(&farm).await;
    over.send(version).await;
    let answer = over.rest().await;
    refused(&answer, 429, "TooMany");
    assert!(answer.contains("retry-after: 1"), "{answer}");
    drop((watching, one, two));
    // As soon as the hub has seen that they are gone, others have room.
    let served = async {
        loop {
            let mut again = Raw::to(&farm).await;
            again.send("GET /util/events HTTP/1.1\r\nhost: x\r\n\r\n").await;
            if again.some().await.starts_with("HTTP/1.1 200") {
                break;
            }
        }
    };
    tokio::time::timeout(LIMIT, served).await.unwrap();
    farm.stop().await;
}

#[tokio::test]
async fn a_hub_with_a_hundred_open_streams_stops_in_order() {
    let farm = Farm::start().await;
    let mut open = Vec::new();
    for _ in 0..100 {
        let mut raw = Raw::to(&farm).await;
        raw.send("GET /util/events HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(raw.some().await.starts_with("HTTP/1.1 200"));
        open.push(raw);
    }
    let limit = Duration::from_secs(10);
    tokio::time::timeout(limit, farm.stop()).await.expect("it stops within its promise");
    for raw in open {
        assert!(raw.rest().await.ends_with("0\r\n\r\n"), "a stream ends as one does");
    }
}
