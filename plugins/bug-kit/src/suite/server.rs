//! A web server for stand-ins, which can be told to misbehave.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// A request, read.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET` and the like.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// Headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// A parameter of the query; empty where there is none.
    pub fn parameter(&self, name: &str) -> &str {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// A response.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers beside the usual ones.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// JSON of that status.
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// How the server misbehaves with one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It does what is asked, and hangs up without a word.
    LoseReply,
    /// It says nothing until the other side hangs up.
    Hang,
    /// It answers this instead of what it would.
    Answer(Response),
}

type Answer = Box<dyn Fn(&Request) -> Response + Send + Sync>;

/// A running server. It ends with the process.
pub struct Server {
    scheme: &'static str,
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Answer,
    faults: Mutex<VecDeque<Option<Fault>>>,
    seen: Mutex<Vec<Request>>,
    /// How much has happened.
    turns: Mutex<usize>,
    turned: Condvar,
}

impl Server {
    /// Starts one on a free port of this host; each request is answered by
    /// `answer`.
    pub fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        Self::listen(None, Box::new(answer))
    }

    /// The same for https, with that identity.
    pub fn start_tls(
        identity: Arc<ServerConfig>,
        answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Some(identity), Box::new(answer))
    }

    fn listen(identity: Option<Arc<ServerConfig>>, answer: Answer) -> Self {
        let scheme = if identity.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answer,
            faults: Mutex::default(),
            seen: Mutex::default(),
            turns: Mutex::default(),
            turned: Condvar::new(),
        });
        let server = Self { scheme, address, shared: shared.clone() };
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (shared, identity) = (shared.clone(), identity.clone());
                // Who hangs up in the middle does not want the rest.
                thread::spawn(move || match identity {
                    None => shared.serve(&connection).ok(),
                    Some(identity) => {
                        let session = ServerConnection::new(identity).ok()?;
                        shared.serve(StreamOwned::new(session, connection)).ok()
                    }
                });
            }
        });
        server
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Misbehaves so with the next requests, in this order.
    pub fn misbehave(&self, faults: impl IntoIterator<Item = Fault>) {
        self.misbehave_at(faults.into_iter().map(Some).collect());
    }

    /// The same; with `None` it behaves with that one.
    pub fn misbehave_at(&self, faults: Vec<Option<Fault>>) {
        lock(&self.shared.faults).extend(faults);
    }

    /// Behaves from now on.
    pub fn behave(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Waits until something is true that requests bring about.
    pub fn wait_until(&self, right: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut turns = lock(&self.shared.turns);
        while !right() {
            let rest = deadline.checked_duration_since(Instant::now()).expect("nobody asks");
            let waited = self.shared.turned.wait_timeout(turns, rest);
            turns = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Request> {
        lock(&self.shared.seen).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An address at which nothing answers.
pub fn deserted() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

impl Shared {
    /// Something has happened.
    fn turn(&self) {
        *lock(&self.turns) += 1;
        self.turned.notify_all();
    }

    /// Answers one request; the connection ends with it.
    fn serve(&self, mut connection: impl Read + Write) -> io::Result<()> {
        let request = read(&mut connection)?;
        lock(&self.seen).push(request.clone());
        let fault = lock(&self.faults).pop_front().flatten();
        self.turn();
        match fault {
            None => {
                let response = (self.answer)(&request);
                self.turn();
                write(connection, &response)
            }
            Some(Fault::Answer(response)) => write(connection, &response),
            Some(Fault::LoseReply) => {
                (self.answer)(&request);
                Ok(())
            }
            Some(Fault::Hang) => io::copy(&mut connection, &mut io::sink()).map(drop),
        }
    }
}

fn read(connection: impl Read) -> io::Result<Request> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let mut request = Request { method, path, query, ..Request::default() };
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length: usize = request.header("content-length").parse().unwrap_or(0);
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    Ok(request)
}

fn write(mut connection: impl Write, response: &Response) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Status\r\nconnection: close\r\n", response.status);
    head += "content-type: application/json; charset=UTF-8\r\n";
    head += &format!("content-length: {}\r\n", response.body.len());
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    connection.write_all(head.as_bytes())?;
    connection.write_all(&response.body)?;
    connection.flush()
}
