//! What `mf` says when the way to its hub does not work, or what is there is
//! no hub that it understands. A hub can not be made to be of another version,
//! or to be silent, so these answers are written here, over real connections.

// A test that cannot go on says where.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};

/// Answers every request, each on a connection of its own, by its path; gives
/// where it listens. It ends with the test's process.
fn hub(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let Some(path) = asked(&mut socket) else { continue };
            // Whoever asked may have gone.
            let _ = socket.write_all(answer(&path).as_bytes());
        }
    });
    url
}

/// The path of a request without a body.
fn asked(socket: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        socket.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    head.split(' ').nth(1).map(str::to_owned)
}

fn reply(status: &str, more: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n{body}"
    )
}

fn data(body: &str) -> String {
    reply("200 OK", "", &format!(r#"{{"data":{body},"errors":{{}}}}"#))
}

fn error(status: &str, code: &str, sentence: &str) -> String {
    reply(status, "", &format!(r#"{{"data":{{}},"errors":{{"{code}":"{sentence}"}}}}"#))
}

/// A hub of that version, which refuses all else.
fn hub_of(version: &'static str, refusal: String) -> String {
    hub(move |path| match path.starts_with("/util/version") {
        true => data(&format!(r#"{{"version":"{version}"}}"#)),
        false => refusal.clone(),
    })
}

fn mf(url: &str, words: &[&str]) -> (i32, String) {
    let home = tempfile::tempdir().unwrap();
    let mut mf = Command::new(env!("CARGO_BIN_EXE_mf"));
    mf.env_clear().env("HOME", home.path()).env("PATH", "/usr/bin:/bin").env("MF_URL", url);
    let Output { status, stdout, stderr } = mf.args(words).stdin(Stdio::null()).output().unwrap();
    let text = [stdout, stderr].concat();
    (status.code().unwrap(), String::from_utf8(text).unwrap())
}

#[track_caller]
fn told(url: &str, words: &[&str], code: i32, said: &[&str]) {
    let (exit, text) = mf(url, words);
    assert_eq!(exit, code, "{words:?}: {text}");
    for part in said {
        assert!(text.contains(part), "{words:?}: {part:?} is not in {text}");
    }
}

const LIST: &[&str] = &["arch", "list"];

#[test]
fn nobody_there_is_told_from_no_answer() {
    told(
        "http://127.0.0.1:1",
        LIST,
        8,
        &["connection refused: nothing listens there", "mf doctor"],
    );
    let cut = hub(|_| String::new());
    told(&cut, LIST, 8, &["cannot be reached: "]);
    for away in ["502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"] {
        let url = hub(move |_| reply(away, "", ""));
        told(&url, LIST, 8, &[&away[..3]]);
    }
}

#[test]
fn a_host_that_is_silent_times_out() {
    // Nobody takes what waits, and there is room for little of it: what comes
    // then is never answered.
    let full = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::STREAM,
        None,
    )
    .unwrap();
    let any = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 0);
    rustix::net::bind(&full, &any).unwrap();
    rustix::net::listen(&full, 0).unwrap();
    let listener = TcpListener::from(full);
    let address = listener.local_addr().unwrap();
    let waits = TcpStream::connect(address).unwrap();
    told(&format!("http://{address}"), LIST, 8, &["it timed out"]);
    drop((listener, waits));
}

#[test]
fn what_is_no_hub_is_said_to_be_none() {
    let page = "<html>It works!</html>";
    let url = hub(move |_| reply("200 OK", "", page));
    told(&url, LIST, 70, &["does not answer as a hub does"]);
    let url = hub(|_| reply("302 Found", "location: http://127.0.0.1:1/\r\n", ""));
    told(&url, LIST, 70, &["does not answer as a hub does", "redirects"]);
    let url = hub(|_| error("500 Internal", "Internal", "its messages say why"));
    told(&url, LIST, 70, &["its messages say why"]);
}

#[test]
fn the_older_of_two_that_do_not_understand_each_other_is_named() {
    let unknown = || error("404 Not Found", "NotFound", "there is nothing at /task/b.t/why");
    let ask = &["why", "b.t", "--project", "p"][..];
    let old = ["older than this mf", "upgrade the hub"];
    told(&hub_of("0.0.1", unknown()), ask, 6, &old);
    let field = || error("400 Bad Request", "UnknownField", "a build has no field colour");
    let make = &["arch", "create", "x"][..];
    let new = ["this mf is of version", "older than the hub (99.0.0): upgrade mf"];
    told(&hub_of("99.0.0", field()), make, 9, &new);
    // What neither has to do with is not said to be so.
    let (_, text) = mf(&hub_of(mf_core::VERSION, field()), make);
    assert!(!text.contains("upgrade"), "{text}");
    let found = mf(&hub_of("0.0.1", error("200 OK", "x", "y")), &["doctor"]).1;
    assert!(found.contains("older than this mf"), "the doctor looks for it: {found}");
}

#[test]
fn a_clock_that_is_wrong_is_noticed() {
    for (ahead, said) in [(7_200, "2h 00m behind the hub's"), (-7_200, "2h 00m ahead of the hub's")]
    {
        let url = hub(move |_| {
            let date = http_date(ahead);
            let body = format!(r#"{{"data":{{"version":"{}"}},"errors":{{}}}}"#, mf_core::VERSION);
            reply("200 OK", &format!("date: {date}\r\n"), &body)
        });
        let (_, text) = mf(&url, &["doctor"]);
        // A second may pass meanwhile.
        let near = said.replace("2h 00m", "1h 59m");
        assert!(text.contains(said) || text.contains(&near), "{said:?} is not in {text}");
        assert!(text.contains("timedatectl set-ntp true"), "{text}");
    }
}

/// A time as HTTP has it, so many seconds from now.
fn http_date(ahead: i64) -> String {
    let output = Command::new("date")
        .args(["-u", "-R", "-d", &format!("@{}", mf_core::time::unix_now() + ahead)])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().replace("+0000", "GMT")
}
