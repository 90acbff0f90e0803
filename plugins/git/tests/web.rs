//! Checkouts over http, from git's own server program, with and without a
//! password.
#![allow(clippy::unwrap_used)]

mod world;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use monkeyfarm_plugin_api::VcsHandler;
use monkeyfarm_plugin_api::kit::Recorder;
use world::{World, serve};

/// A web server for all repositories of a world; it takes `authorization`
/// only, unless that is empty.
fn web(world: &World, authorization: &'static str) -> SocketAddr {
    let repos = world.repos();
    serve(move |connection| answer(&repos, authorization, connection))
}

fn answer(repos: &Path, authorization: &str, mut connection: TcpStream) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut backend = Command::new("git");
    backend.arg("http-backend").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    backend.env("GIT_PROJECT_ROOT", repos).env("GIT_HTTP_EXPORT_ALL", "1");
    backend.envs([("REQUEST_METHOD", method), ("PATH_INFO", path), ("QUERY_STRING", query)]);
    let (mut length, mut given) = (0, String::new());
    for header in reader.by_ref().lines().map(Result::unwrap).take_while(|line| !line.is_empty()) {
        let (name, value) = header.split_once(": ").unwrap();
        match name {
            "Authorization" => given = value.to_owned(),
            "Content-Length" => length = value.parse().unwrap(),
            "Content-Type" => _ = backend.env("CONTENT_TYPE", value),
            "Content-Encoding" => _ = backend.env("HTTP_CONTENT_ENCODING", value),
            "Git-Protocol" => {
                _ = backend.env("HTTP_GIT_PROTOCOL", value).env("GIT_PROTOCOL", value)
            }
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    if !authorization.is_empty() && given != authorization {
        let no = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
                  Content-Length: 0\r\nConnection: close\r\n\r\n";
        return connection.write_all(no.as_bytes()).unwrap();
    }
    let mut backend = backend.env("CONTENT_LENGTH", length.to_string()).spawn().unwrap();
    backend.stdin.take().unwrap().write_all(&body).unwrap();
    let reply = backend.wait_with_output().unwrap().stdout;
    let missing = reply.starts_with(b"Status: 404");
    let status = if missing { "404 Not Found" } else { "200 OK" };
    write!(connection, "HTTP/1.1 {status}\r\nConnection: close\r\n").unwrap();
    connection.write_all(&reply).unwrap();
}

/// joe:s3cret
const JOE: &str = "Basic am9lOnMzY3JldA==";

#[test]
fn a_web_server_is_as_good_as_any() {
    let world = World::new();
    let repo = world.repo("r");
    let first = repo.commit("a", "1");
    let second = repo.commit("a", "2");
    let url = format!("HTTP://{}//r/", web(&world, ""));
    assert_eq!(world.checkout(&url, "main").1, second);
    assert_eq!(world.checkout(&url, &first).1, first);
    let missing = format!("http://{}/missing.git", web(&world, ""));
    assert_eq!(
        world.refusal(&missing, "main"),
        format!("there is no repository at {missing}, or none that this worker may see")
    );
}

#[test]
fn a_password_reaches_the_server_and_nobody_else() {
    let world = World::new();
    let repo = world.repo("r");
    let hash = repo.commit("a", "1");
    let server = web(&world, JOE);
    let (dir, revision) = world.checkout(&format!("http://joe:s3cret@{server}/r"), "main");
    assert_eq!(revision, hash);
    let last = world.farm.log().pop().unwrap();
    assert_eq!(last, format!("`main` of http://***@{server}/r is {hash}"));

    assert!(!world.farm.log().concat().contains("s3cret"));
    assert!(!world.farm.progress().concat().contains("s3cret"));
    for place in [dir, world.cache()] {
        let found = Command::new("grep").args(["-rl", "s3cret"]).arg(place).output().unwrap();
        assert_eq!(String::from_utf8(found.stdout).unwrap(), "");
    }
    // The mirror is there now, and still not for everybody.
    for url in [format!("http://{server}/r"), format!("http://joe:wrong@{server}/r")] {
        let sentence = world.refusal(&url, "main");
        assert!(
            sentence
                .ends_with("/r wants to know who asks, and this worker has no key that it takes")
                && !sentence.contains("wrong"),
            "{sentence}"
        );
    }
}

#[test]
fn the_hosts_own_password_goes_to_the_server_it_is_for() {
    let world = World::new();
    world.repo("r").commit("a", "1");
    let (server, other) = (web(&world, JOE), web(&world, JOE));
    let farm = Recorder::new().with_secret("credentials", format!("http://joe:s3cret@{server}"));
    let checkout = |server| {
        let job = world.job(&format!("http://{server}/r"), "main");
        mf_plugin_git::Git.checkout(&job, &farm.context())
    };
    checkout(server).unwrap();
    assert!(checkout(other).unwrap_err().sentence.contains("wants to know who asks"));
    assert!(world.cached("home").is_empty());
}
