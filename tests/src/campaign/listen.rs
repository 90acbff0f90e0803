//! What a farm tells while it works: its events, and its logs.

use std::sync::Arc;
use std::time::Duration;

use mf_client::{Backoff, Error, Events, Hub, Next};
use mf_core::error::Code;
use mf_core::task::State;
use mf_core::wire::Event;
use reqwest::StatusCode;
use tokio::time::timeout;

use super::ledger::Ledger;
use super::world::PROJECT;

/// How long what has happened may take to be told.
pub const TOLD: Duration = Duration::from_secs(20);
/// How long a hub may say nothing; a log that does not grow is asked for again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who reads of a farm.
#[derive(Clone)]
pub struct Reader {
    /// A client.
    pub hub: Hub,
    http: reqwest::Client,
    url: String,
    key: String,
}

impl Reader {
    /// A reader of the farm at `url`.
    pub fn new(hub: &Hub, url: String, key: String) -> Self {
        crate::farm::choose_tls();
        // Where a hub that is killed says nothing more, it is asked again.
        let http = reqwest::Client::builder().no_proxy().read_timeout(PATIENCE).build().unwrap();
        Self { hub: hub.clone(), http, url, key }
    }

    /// Calls until the hub answers.
    pub async fn sure<T, F>(&self, mut call: impl FnMut() -> F) -> T
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut backoff = Backoff::default();
        loop {
            match call().await {
                Err(error) if error.retryable() => backoff.wait().await,
                answer => return answer.unwrap(),
            }
        }
    }

    /// Enters every event from now on, for as long as it is polled.
    pub async fn events(&self, mut events: Events, ledger: Arc<Ledger>) {
        loop {
            match events.next().await.unwrap() {
                Next::Event(event) => ledger.write(|book| book.hear(*event)),
                // Nothing had been heard yet, so there is nothing to go on from.
                Next::Resumed => {}
            }
        }
    }

    /// The events from one to another, as the hub keeps them; if the last is
    /// none of them, those that there are.
    pub async fn kept_events(&self, first: i64, last: i64) -> Vec<Event> {
        let after = (first - 1).to_string();
        let after = [("after", after.as_str())];
        let mut events = self.sure(|| Events::open(&self.hub, &after)).await;
        let mut kept = Vec::new();
        while kept.last().is_none_or(|event: &Event| event.id < last) {
            match timeout(TOLD, events.next()).await.map(Result::unwrap) {
                Ok(Next::Event(event)) => kept.push(*event),
                Ok(Next::Resumed) => {}
                Err(_) => break,
            }
        }
        kept
    }

    /// Enters a task's logs as they grow, attempt after attempt, until the
    /// task has ended.
    pub async fn follow(&self, task: &str, ledger: &Ledger) {
        let mut backoff = Backoff::default();
        let (mut attempt, mut offset) = (1, 0);
        loop {
            match self.pieces(task, attempt, &mut offset, ledger).await {
                Ok(true) => backoff.reset(),
                Ok(false) => {
                    let asked = || async {
                        match self.hub.task(task, PROJECT).await {
                            Err(error) if error.is(Code::NotFound) => Ok(None),
                            answer => answer.map(Some),
                        }
                    };
                    match self.sure(asked).await {
                        Some(now) if !ended(&now.status_label) => {
                            (attempt, offset) = (attempt + 1, 0);
                        }
                        // One that is gone is found missing in the end.
                        _ => return,
                    }
                }
                Err(_) => backoff.wait().await,
            }
        }
    }

    /// A log from `offset` on, as long as it grows; whether it was cut off.
    async fn pieces(
        &self,
        task: &str,
        attempt: i64,
        offset: &mut usize,
        ledger: &Ledger,
    ) -> reqwest::Result<bool> {
        let mut answer = self.log(task, attempt, *offset, true).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        answer.error_for_status_ref()?;
        loop {
            match answer.chunk().await {
                Ok(Some(bytes)) => {
                    *offset += bytes.len();
                    ledger.write(|book| {
                        let seen = book.logs.entry((task.to_owned(), attempt)).or_default();
                        seen.extend_from_slice(&bytes);
                    });
                }
                Ok(None) => return Ok(false),
                Err(_) => return Ok(true),
            }
        }
    }

    /// A log as it is; empty if the attempt had none.
    pub async fn whole_log(&self, task: &str, attempt: i64) -> Vec<u8> {
        let answer = self.log(task, attempt, 0, false).await.unwrap();
        if answer.status() == StatusCode::NOT_FOUND {
            return Vec::new();
        }
        answer.error_for_status().unwrap().bytes().await.unwrap().to_vec()
    }

    async fn log(
        &self,
        task: &str,
        attempt: i64,
        offset: usize,
        follow: bool,
    ) -> reqwest::Result<reqwest::Response> {
        let url = format!("{}/task/{task}/log/build.log", self.url);
        let (attempt, offset) = (attempt.to_string(), offset.to_string());
        let mut query = vec![("project_label", PROJECT), ("attempt", &attempt)];
        query.push(("offset", &offset));
        if follow {
            query.push(("follow", "1"));
        }
        self.http.get(url).query(&query).bearer_auth(&self.key).send().await
    }

    /// A file that a task made.
    pub async fn file(&self, task: &str, name: &str) -> Vec<u8> {
        let url = format!("{}/task/{task}/file/{name}", self.url);
        let asked = self.http.get(url).query(&[("project_label", PROJECT)]).bearer_auth(&self.key);
        let answer = asked.send().await.unwrap().error_for_status().unwrap();
        answer.bytes().await.unwrap().to_vec()
    }
}

/// Whether a task or build of that status has ended.
pub fn ended(status: &str) -> bool {
    State::named(status).is_some_and(State::ended)
}
