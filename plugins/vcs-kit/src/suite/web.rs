//! A web server: for files, or in front of a program that speaks CGI.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::listen;
use super::tls::Identity;

/// What a web server has.
#[derive(Clone, Debug)]
pub struct Site {
    /// What it serves.
    pub content: Content,
    /// The one `Authorization` that it takes; nothing: everybody's.
    pub authorization: String,
}

/// What a web server serves.
#[derive(Clone, Debug)]
pub enum Content {
    /// The files below a directory.
    Files(PathBuf),
    /// What `git http-backend` makes of the repositories below a directory.
    Git(PathBuf),
}

/// A request, read.
struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Starts it.
pub fn serve(site: Site) -> SocketAddr {
    let site = Arc::new(site);
    listen(move |mut connection| {
        // Who hangs up in the middle does not want the rest.
        let _ = answer(&site, &mut connection);
    })
}

/// Starts it, for https.
pub fn serve_tls(site: Site, identity: &Identity) -> SocketAddr {
    let (site, config) = (Arc::new(site), identity.config.clone());
    listen(move |connection| {
        let session = rustls::ServerConnection::new(config.clone()).unwrap();
        let mut stream = rustls::StreamOwned::new(session, connection);
        // As above; who does not believe the certificate does so, too.
        let _ = answer(&site, &mut stream);
        stream.conn.send_close_notify();
        let _ = stream.flush();
    })
}

fn answer(site: &Site, connection: &mut (impl Read + Write)) -> std::io::Result<()> {
    let Some(request) = read(connection)? else { return Ok(()) };
    let reply = if !site.authorization.is_empty()
        && request.header("authorization") != Some(&site.authorization)
    {
        b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
          Content-Length: 0\r\nConnection: close\r\n\r\n"
            .to_vec()
    } else {
        match &site.content {
            Content::Files(dir) => file(dir, &request),
            Content::Git(dir) => backend(dir, &request),
        }
    };
    connection.write_all(&reply)
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

fn read(connection: &mut impl Read) -> std::io::Result<Option<Request>> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(None) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = Vec::new();
    for header in reader.by_ref().lines() {
        let header = header?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
    let mut request = Request { method, path, query, headers, body: Vec::new() };
    let length = request.header("content-length").and_then(|length| length.parse().ok());
    request.body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}

fn reply(status: &str, body: &[u8], with_body: bool) -> Vec<u8> {
    let mut reply =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())
            .into_bytes();
    reply.extend_from_slice(if with_body { body } else { b"" });
    reply
}

/// A file as it is; the program that asks may be one that is only tested.
fn file(dir: &Path, request: &Request) -> Vec<u8> {
    let path = request.path.replace("%40", "@").replace("%2D", "-");
    let inside = Path::new(path.trim_start_matches('/'));
    let plain = inside.components().all(|part| matches!(part, std::path::Component::Normal(_)));
    let body = fs::read(dir.join(inside)).ok().filter(|_| plain);
    match (request.method.as_str(), body) {
        ("GET", Some(body)) => reply("200 OK", &body, true),
        ("HEAD", Some(body)) => reply("200 OK", &body, false),
        _ => reply("404 Not Found", b"", true),
    }
}

fn backend(repositories: &Path, request: &Request) -> Vec<u8> {
    let mut backend = Command::new("git");
    backend.arg("http-backend").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    backend.env("GIT_PROJECT_ROOT", repositories).env("GIT_HTTP_EXPORT_ALL", "1");
    backend.env("REQUEST_METHOD", &request.method).env("PATH_INFO", &request.path);
    backend.env("QUERY_STRING", &request.query);
    backend.env("CONTENT_LENGTH", request.body.len().to_string());
    for (header, variables) in [
        ("Content-Type", &["CONTENT_TYPE"][..]),
        ("Content-Encoding", &["HTTP_CONTENT_ENCODING"]),
        ("Git-Protocol", &["HTTP_GIT_PROTOCOL", "GIT_PROTOCOL"]),
    ] {
        for variable in variables {
            request.header(header).map(|value| backend.env(variable, value));
        }
    }
    let mut backend = backend.spawn().unwrap();
    // A backend that has heard enough ends by itself.
    let _ = backend.stdin.take().unwrap().write_all(&request.body);
    let said = backend.wait_with_output().unwrap().stdout;
    let status = if said.starts_with(b"Status: 404") { "404 Not Found" } else { "200 OK" };
    let mut reply = format!("HTTP/1.1 {status}\r\nConnection: close\r\n").into_bytes();
    reply.extend_from_slice(&said);
    reply
}
