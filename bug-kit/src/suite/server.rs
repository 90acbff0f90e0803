//! A web server for stand-ins, which can be told to misbehave.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::Value;

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
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Answer,
    faults: Mutex<VecDeque<Option<Fault>>>,
    seen: Mutex<Vec<Request>>,
}

impl Server {
    /// Starts one on a free port of this host; each request is answered by
    /// `answer`.
    pub fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            faults: Mutex::default(),
            seen: Mutex::default(),
        });
        let server = Self { address, shared: shared.clone() };
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let shared = shared.clone();
                // Who hangs up in the middle does not want the rest.
                thread::spawn(move || shared.serve(&connection).ok());
            }
        });
        server
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
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
    /// Answers one request; the connection ends with it.
    fn serve(&self, connection: &TcpStream) -> io::Result<()> {
        let request = read(connection)?;
        lock(&self.seen).push(request.clone());
        let fault = lock(&self.faults).pop_front().flatten();
        match fault {
            None => write(connection, &(self.answer)(&request)),
            Some(Fault::Answer(response)) => write(connection, &response),
            Some(Fault::LoseReply) => {
                (self.answer)(&request);
                Ok(())
            }
            Some(Fault::Hang) => io::copy(&mut { connection }, &mut io::sink()).map(drop),
        }
    }
}

fn read(connection: &TcpStream) -> io::Result<Request> {
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

fn write(mut connection: &TcpStream, response: &Response) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Status\r\nconnection: close\r\n", response.status);
    head += "content-type: application/json; charset=UTF-8\r\n";
    head += &format!("content-length: {}\r\n", response.body.len());
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    connection.write_all(head.as_bytes())?;
    connection.write_all(&response.body)
}
