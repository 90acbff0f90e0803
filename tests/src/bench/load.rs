//! A client that costs less than the server: raw HTTP/1.1 over connections
//! that stay open, each with one request under way.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::percentile;

/// Connections, as promised for.
pub const CONNECTIONS: usize = 32;
/// Threads that serve them.
const THREADS: usize = 2;
/// How long requests are sent, where nothing else is said.
pub const TIME: Duration = Duration::from_secs(1);

/// A buffer for answers, at first and at most.
const SHORTEST: usize = 4 << 10;
const LONGEST: usize = 1 << 20;

/// Numbers of requests: none has that of another, in any run.
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// A number that no other request has.
pub fn number() -> u64 {
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// What a server bore.
pub struct Rate {
    /// Answers in a second.
    pub per_second: f64,
    /// How long 99 of 100 requests took at most.
    pub p99: Duration,
}

/// Writes the request of a number, which no other request has.
pub type Make = dyn Fn(u64, &mut Vec<u8>) + Sync;

/// Sends requests for a while, over so many connections.
///
/// # Errors
/// The server answered with anything but 200.
pub fn run(address: &str, make: &Make, connections: usize, time: Duration) -> anyhow::Result<Rate> {
    let begin = Instant::now();
    let times = std::thread::scope(|scope| {
        let serve = || serve(address, make, connections / THREADS, begin + time);
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(serve)).collect();
        let mut times = Vec::new();
        for thread in threads {
            times.extend(thread.join().map_err(|_| anyhow::anyhow!("a client panicked"))??);
        }
        anyhow::Ok(times)
    })?;
    let per_second = times.len() as f64 / begin.elapsed().as_secs_f64();
    Ok(Rate { per_second, p99: percentile(&times, 99) })
}

/// One request, and the body of its answer.
///
/// # Errors
/// As [`run`].
pub fn once(address: &str, make: &Make) -> anyhow::Result<Vec<u8>> {
    let mut connection = Connection::open(TcpStream::connect(address)?)?;
    connection.send(make, 0)?;
    connection.answer().map(<[u8]>::to_vec)
}

fn serve(
    address: &str,
    make: &Make,
    connections: usize,
    until: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let next = number;
    let open = |_| Connection::open(TcpStream::connect(address)?);
    let mut open: Vec<_> = (0..connections).map(open).collect::<anyhow::Result<_>>()?;
    for connection in &mut open {
        connection.send(make, next())?;
    }
    let mut times = Vec::new();
    while Instant::now() < until {
        for connection in &mut open {
            connection.answer()?;
            times.push(connection.sent.elapsed());
            connection.send(make, next())?;
        }
    }
    Ok(times)
}

/// A connection with one request under way.
pub struct Connection {
    stream: TcpStream,
    sent: Instant,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Connection {
    /// Uses a connection that has been made.
    ///
    /// # Errors
    /// The socket is none any more.
    pub fn open(stream: TcpStream) -> anyhow::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, sent: Instant::now(), request: Vec::new(), answer: Vec::new() })
    }

    /// What it goes over.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends one request.
    ///
    /// # Errors
    /// The server is gone.
    pub fn send(&mut self, make: &Make, number: u64) -> anyhow::Result<()> {
        self.request.clear();
        make(number, &mut self.request);
        self.sent = Instant::now();
        Ok(self.stream.write_all(&self.request)?)
    }

    /// Waits for the whole answer; its body.
    ///
    /// # Errors
    /// It is no 200, or has no length.
    pub fn answer(&mut self) -> anyhow::Result<&[u8]> {
        let mut filled = 0;
        let (start, end) = loop {
            if filled == self.answer.len() {
                ensure!(filled < LONGEST, "an answer is longer than {LONGEST} bytes");
                // As large as answers are, and no larger: the buffers of all
                // connections have to stay in the processor's cache.
                self.answer.resize((2 * filled).max(SHORTEST), 0);
            }
            let got = self.stream.read(&mut self.answer[filled..])?;
            ensure!(got > 0, "the server hung up");
            filled += got;
            if let Some((start, end)) = place(&self.answer[..filled])?
                && end <= filled
            {
                break (start, end);
            }
        };
        if !self.answer.starts_with(b"HTTP/1.1 200") {
            bail!("{}", String::from_utf8_lossy(&self.answer[..end]));
        }
        Ok(&self.answer[start..end])
    }
}

/// Where the body begins and ends, once the head is whole.
fn place(answer: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&answer[..end])?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.context("an answer without a length")?.parse()?;
    Ok(Some((end + 4, end + 4 + length)))
}
