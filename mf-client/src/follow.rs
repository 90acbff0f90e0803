//! Events, and logs that grow. Both resume where they were when the connection
//! or the hub comes back.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use mf_core::task::ATTEMPT_HEADER;
use mf_core::wire::Event;
use reqwest::Method;
use reqwest::header::HeaderName;

use crate::handler::Chunks;
use crate::retry::Outage;
use crate::sse::Parser;
use crate::{Error, Hub};

/// The hub says something at least every 15 s; after this long it is gone.
const SILENCE: Duration = Duration::from_secs(45);

/// What comes next from [`Events`].
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Something happened.
    Event(Box<Event>),
    /// The connection was lost and is back, and nothing tells what happened
    /// in between, or the hub has another past than it had: look again at what
    /// is watched.
    Resumed,
}

/// The hub's events, from the moment it was opened.
///
/// ```no_run
/// # async fn example(hub: mf_client::Hub) -> Result<(), mf_client::Error> {
/// use mf_client::{Events, Next};
///
/// let mut events = Events::open(&hub, &[("project_label", "ius")]).await?;
/// while let Next::Event(event) = events.next().await? {
///     println!("{} {} {}", event.verb, event.resource, event.label);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Events {
    hub: Hub,
    filters: Vec<(String, String)>,
    chunks: Option<Chunks>,
    parser: Parser,
    last_id: Option<String>,
    ready: VecDeque<Next>,
    outage: Outage,
}

impl Events {
    /// Starts listening; what happens after this has returned is heard.
    /// Filters are those of `/util/events`: `project_label`, `build_label`,
    /// `task_label`, `resource`.
    ///
    /// # Errors
    /// The hub refuses, or cannot be reached.
    pub async fn open(hub: &Hub, filters: &[(&str, &str)]) -> Result<Self, Error> {
        let filters = filters.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let mut events = Self {
            hub: hub.clone(),
            filters,
            chunks: None,
            parser: Parser::default(),
            last_id: None,
            ready: VecDeque::new(),
            outage: Outage::default(),
        };
        events.connect().await?;
        Ok(events)
    }

    /// The next event; waits for it, and for a hub that is away.
    ///
    /// # Errors
    /// The hub refuses to go on, or says what is no event.
    pub async fn next(&mut self) -> Result<Next, Error> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            let Some(chunks) = &mut self.chunks else {
                self.outage.wait().await;
                match self.connect().await {
                    // With an id the hub tells what was missed.
                    Ok(()) if self.last_id.is_none() => return Ok(Next::Resumed),
                    Ok(()) => {}
                    Err(error) if error.retryable() => self.outage.failed(&error),
                    Err(error) => return Err(error),
                }
                continue;
            };
            match tokio::time::timeout(SILENCE, chunks.next()).await {
                Ok(Some(Ok(bytes))) => self.take(&bytes)?,
                // Silence, a broken connection, or a hub that stops.
                Err(_) | Ok(Some(Err(_)) | None) => self.chunks = None,
            }
        }
    }

    async fn connect(&mut self) -> Result<(), Error> {
        let mut request = self.hub.request(Method::GET, &["util", "events"])?.query(&self.filters);
        if let Some(id) = &self.last_id {
            request = request.header(HeaderName::from_static("last-event-id"), id);
        }
        self.parser = Parser::default();
        self.chunks = Some(request.stream().await?);
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let wrong = |why: String| Error::Protocol { url: self.hub.url().to_owned(), why };
        let frames = self.parser.push(bytes).ok_or_else(|| wrong("an event has no end".into()))?;
        for frame in frames {
            if frame.event == "reset" {
                self.ready.push_back(Next::Resumed);
                continue;
            }
            let event: Event = serde_json::from_str(&frame.data)
                .map_err(|e| wrong(format!("an event cannot be read: {e}")))?;
            self.ready.push_back(Next::Event(Box::new(event)));
        }
        if let Some(id) = self.parser.last_id() {
            self.last_id = Some(id.to_owned());
        }
        self.outage.over();
        Ok(())
    }
}

/// A log of a task, byte by byte as it is written, each exactly once.
///
/// ```no_run
/// # async fn example(hub: mf_client::Hub) -> Result<(), mf_client::Error> {
/// let mut log = mf_client::Log::open(&hub, "php-build1.el6-x86_64", "ius", "build.log");
/// while let Some(bytes) = log.next().await? {
///     print!("{}", String::from_utf8_lossy(&bytes));
/// }
/// # Ok(())
/// # }
/// ```
pub struct Log {
    hub: Hub,
    task: String,
    project: String,
    name: String,
    /// The attempt whose log it is, once the hub has said so.
    attempt: Option<String>,
    offset: u64,
    chunks: Option<Chunks>,
    lost: bool,
    outage: Outage,
}

impl Log {
    /// A log that is followed until the task's attempt has ended; nothing is
    /// sent before the first [`Log::next`].
    pub fn open(hub: &Hub, task: &str, project: &str, name: &str) -> Self {
        Self::open_at(hub, task, project, name, 0)
    }

    /// As [`Log::open`], from byte `offset` on.
    pub fn open_at(hub: &Hub, task: &str, project: &str, name: &str, offset: u64) -> Self {
        Self {
            hub: hub.clone(),
            task: task.to_owned(),
            project: project.to_owned(),
            name: name.to_owned(),
            attempt: None,
            offset,
            chunks: None,
            lost: false,
            outage: Outage::default(),
        }
    }

    /// More of it; `None` when the attempt has ended and all was read.
    ///
    /// # Errors
    /// There is no such log, or the hub refuses to go on.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let Some(chunks) = &mut self.chunks else {
                if self.lost {
                    self.outage.wait().await;
                }
                match self.connect().await {
                    Ok(()) => {}
                    Err(error) if error.retryable() => {
                        self.outage.failed(&error);
                        self.lost = true;
                    }
                    Err(error) => return Err(error),
                }
                continue;
            };
            match chunks.next().await {
                None => return Ok(None),
                Some(Ok(bytes)) => {
                    self.offset += bytes.len() as u64;
                    self.lost = false;
                    self.outage.over();
                    return Ok(Some(bytes));
                }
                // Cut off in the middle: ask for the rest.
                Some(Err(_)) => {
                    self.chunks = None;
                    self.lost = true;
                }
            }
        }
    }

    /// How many bytes of it have been read.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    async fn connect(&mut self) -> Result<(), Error> {
        let path = ["task", &self.task, "log", &self.name];
        let offset = self.offset.to_string();
        let mut query =
            vec![("project_label", self.project.as_str()), ("follow", "1"), ("offset", &offset)];
        // Not another attempt, which may have begun since, from that offset on.
        query.extend(self.attempt.as_deref().map(|attempt| ("attempt", attempt)));
        let request = self.hub.request(Method::GET, &path)?.query(&query);
        let response = request.send().await?;
        let attempt = response.headers.get(ATTEMPT_HEADER).and_then(|n| n.to_str().ok());
        self.attempt = attempt.map(str::to_owned).or(self.attempt.take());
        self.chunks = Some(response.body);
        Ok(())
    }
}
