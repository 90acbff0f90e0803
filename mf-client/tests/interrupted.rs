//! What a hub that stops in the middle of an answer leads to. A real hub
//! cannot be made to stop at an exact byte, so answers are written here byte
//! by byte, over a real connection.

// A test that cannot go on says where.
#![allow(clippy::unwrap_used)]

use mf_client::{Error, Events, Hub, Key, Log, Next};
use mf_core::error::Code;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Answers one request for each text, each on a connection of its own that is
/// closed after it; gives what was asked.
async fn answers(texts: &[&str]) -> (Hub, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let key: Key = "mf_1_secret".parse().unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        for text in texts {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(socket.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            socket.read_exact(&mut body).await.unwrap();
            asked.push(head);
            socket.write_all(text.as_bytes()).await.unwrap();
            socket.shutdown().await.unwrap();
        }
        asked
    });
    (Hub::new(&url, Some(key)).unwrap(), asked)
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

#[tokio::test]
async fn a_log_goes_on_at_the_byte_where_it_was_cut() {
    let first = format!("{CHUNKED}{}", chunk("hello"));
    // Cut in the middle of a piece.
    let second = format!("{CHUNKED}20\r\n, my");
    let third = format!("{CHUNKED}{}0\r\n\r\n", chunk(" world"));
    let (hub, asked) = answers(&[&first, &second, &third]).await;
    let mut log = Log::open(&hub, "b.t", "p", "build.log");
    let mut text = String::new();
    while let Some(bytes) = log.next().await.unwrap() {
        text += std::str::from_utf8(&bytes).unwrap();
    }
    assert_eq!((text.as_str(), log.offset()), ("hello, my world", 15));
    let asked = asked.await.unwrap();
    for (request, offset) in asked.iter().zip(["offset=0", "offset=5", "offset=9"]) {
        assert!(request.starts_with("get /task/b.t/log/build.log?project_label=p&"), "{request}");
        assert!(request.contains(offset), "{offset} is not in {request}");
    }
}

#[tokio::test]
async fn events_go_on_after_the_last_one_that_came() {
    let event = |id: i64| chunk(&format!("id: {id}\ndata: {{\"id\": {id}}}\n\n"));
    let first = format!("{CHUNKED}{}{}", chunk(": welcome\n\n"), event(7));
    // Cut in the middle of an event, which does not count.
    let second = format!("{CHUNKED}{}{}", event(8), chunk("id: 9\ndata: {\"id"));
    let third = format!("{CHUNKED}{}", event(9));
    let (hub, asked) = answers(&[&first, &second, &third]).await;
    let mut events = Events::open(&hub, &[("build_label", "b")]).await.unwrap();
    for id in [7, 8, 9] {
        let Next::Event(event) = events.next().await.unwrap() else { panic!("no event {id}") };
        assert_eq!(event.id, id);
    }
    let asked = asked.await.unwrap();
    assert!(!asked[0].contains("last-event-id"));
    assert!(asked[1].contains("\r\nlast-event-id: 7\r\n"), "{}", asked[1]);
    assert!(asked[2].contains("\r\nlast-event-id: 8\r\n"), "{}", asked[2]);
}

#[tokio::test]
async fn without_an_event_one_is_told_to_look_again() {
    let silent = format!("{CHUNKED}{}", chunk(": welcome\n\n"));
    let (hub, _asked) = answers(&[&silent, &silent]).await;
    let mut events = Events::open(&hub, &[]).await.unwrap();
    assert_eq!(events.next().await.unwrap(), Next::Resumed);
}

#[tokio::test]
async fn a_hub_with_another_past_is_told_of() {
    let event = |id: i64| chunk(&format!("id: {id}\ndata: {{\"id\": {id}}}\n\n"));
    let first = format!("{CHUNKED}{}", event(7));
    let reset = chunk("event: reset\nid: 3\ndata: {}\n\n");
    let second = format!("{CHUNKED}{reset}{}", event(4));
    let (hub, _asked) = answers(&[&first, &second]).await;
    let mut events = Events::open(&hub, &[]).await.unwrap();
    assert!(matches!(events.next().await.unwrap(), Next::Event(event) if event.id == 7));
    assert_eq!(events.next().await.unwrap(), Next::Resumed);
    assert!(matches!(events.next().await.unwrap(), Next::Event(event) if event.id == 4));
}

#[tokio::test]
async fn what_was_asked_for_is_asked_again_by_the_same_key_until_it_is_answered() {
    let torn = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"data\":";
    let away = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
    let body = r#"{"data":{"arch":{"label":"a"}},"errors":{}}"#;
    let done = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let (hub, asked) = answers(&[torn, "", away, &done, &done]).await;
    for _ in 0..2 {
        let fields = serde_json::json!({ "label": "a" });
        let made: serde_json::Value = hub.create("arch", &fields).await.unwrap();
        assert_eq!(made["label"], "a");
    }
    let asked = asked.await.unwrap();
    let key = |head: &str| -> String {
        let line = head.lines().find(|line| line.starts_with("idempotency-key: "));
        line.unwrap_or_else(|| panic!("no key in {head}")).to_owned()
    };
    let keys: Vec<String> = asked.iter().map(|head| key(head)).collect();
    assert!(keys[..4].iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_ne!(keys[3], keys[4], "another request has another key");
}

#[tokio::test]
async fn a_refusal_ends_it() {
    let body = r#"{"data":{},"errors":{"Unauthorized":"the key is revoked"}}"#;
    let refusal =
        format!("HTTP/1.1 401 Unauthorized\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let (hub, _asked) = answers(&[&format!("{CHUNKED}{}", chunk("x")), &refusal]).await;
    let mut log = Log::open(&hub, "b.t", "p", "build.log");
    assert!(log.next().await.unwrap().is_some());
    let error = log.next().await.unwrap_err();
    assert!(error.is(Code::Unauthorized), "{error:?}");
    assert_eq!(error.to_string(), "the key is revoked");
}

#[tokio::test]
async fn a_key_goes_nowhere_else() {
    let elsewhere = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n";
    let (hub, asked) = answers(&[elsewhere]).await;
    let error = hub.version().await.unwrap_err();
    assert!(matches!(&error, Error::Protocol { .. }), "{error:?}");
    assert!(error.to_string().contains("redirects"), "{error}");
    assert!(asked.await.unwrap()[0].contains("authorization: bearer mf_1_secret"));
    assert!(!format!("{hub:?}").contains("secret"));
}

#[tokio::test]
async fn what_is_no_hub_is_said_to_be_none() {
    let page = "<html>It works!</html>";
    let served = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{page}", page.len());
    let torn = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"data\":";
    let missing = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    let away = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
    let (hub, _asked) = answers(&[&served, torn, missing, away]).await;
    assert!(matches!(hub.version().await, Err(Error::Protocol { .. })));
    assert!(matches!(hub.version().await, Err(Error::Unreachable { .. })));
    assert!(matches!(hub.version().await, Err(Error::Protocol { .. })));
    assert!(hub.version().await.unwrap_err().retryable());
}

#[tokio::test]
async fn a_label_stays_one_segment_of_the_path() {
    let (hub, asked) = answers(&["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"]).await;
    let label = "a/../b?c#d%2e é";
    assert!(hub.get_one::<serde_json::Value>("user", label, None).await.is_err());
    let asked = asked.await.unwrap();
    let path = asked[0].split(' ').nth(1).unwrap();
    assert_eq!(path, "/user/a%2f..%2fb%3fc%23d%252e%20%c3%a9/get_one.json");
    for label in ["", ".", ".."] {
        let error = hub.get_one::<serde_json::Value>("user", label, None).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{label:?}: {error:?}");
    }
}
