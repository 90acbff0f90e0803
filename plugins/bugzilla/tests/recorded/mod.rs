//! The stand-in is held to what a Bugzilla was recorded to answer.

use std::io::{Read, Write};
use std::net::TcpStream;

use monkeyfarm_bug_kit::suite::World;
use serde_json::Value;

use crate::stand_in::{KEY, world};

const RECORDED: &str = include_str!("replies.txt");

/// A request as it was recorded: `-X POST -d {…} -H name: value /path`.
fn request(line: &str) -> String {
    let line = &line.replace("\"KEY\"", &format!("\"{KEY}\"")).replace("=KEY", &format!("={KEY}"));
    let line = &line.replace(": KEY ", &format!(": {KEY} "));
    let (method, rest) = match line.strip_prefix("-X ") {
        Some(rest) => rest.split_once(' ').unwrap(),
        None => ("GET", line.as_str()),
    };
    let (before, path) = rest.split_at(rest.find("/rest/").unwrap());
    let (before, header) = before.split_once(" -H ").unwrap_or((before, ""));
    let body = before.trim().strip_prefix("-d ").unwrap_or_default();
    let header = if header.is_empty() { String::new() } else { format!("{}\r\n", header.trim()) };
    format!(
        "{method} {path} HTTP/1.1\r\nhost: b\r\n{header}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// What differs from one Bugzilla and one day to the next.
fn settle(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let day = ["time", "creation_time", "last_change_time", "update_token"];
                if day.contains(&name.as_str()) && value.is_string() {
                    *value = "…".into();
                }
                if name == "message" && value.as_str().is_some_and(|m| m.contains("valid JSON")) {
                    *value = "…".into();
                }
                settle(value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        _ => {}
    }
}

#[test]
fn the_stand_in_answers_as_a_bugzilla_was_recorded_to() {
    let world = world();
    let bug = world.make("tiny fails to build");
    let url = world.server().url();
    let address = url.trim_start_matches("http://");
    let say = |text: &str| {
        format!("-X POST -d {{\"comment\":\"{text}\"}} /rest/bug/{bug}/comment?api_key=KEY")
    };
    let ask = |line: &str| -> (String, Value) {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(request(line).as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut body = serde_json::from_str(body).unwrap();
        settle(&mut body);
        (head.split(' ').nth(1).unwrap().to_owned(), body)
    };
    // Its description is a bug's first comment.
    ask(&say("first comment"));
    let mut compared = 0;
    for pair in RECORDED.split("\n> ").skip(1) {
        let (line, reply) = pair.split_once('\n').unwrap();
        let (status, body) = reply.trim_end().split_once(' ').unwrap();
        let mut expected: Value = serde_json::from_str(body).unwrap();
        settle(&mut expected);
        assert_eq!(ask(line), (status.to_owned(), expected), "{line}");
        compared += 1;
    }
    assert!(compared >= 18, "{compared}");
}
