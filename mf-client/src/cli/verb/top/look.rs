//! The farm as it is now: what the hub says about queue, systems and tasks.

use std::collections::BTreeMap;
use std::time::Duration;

use mf_core::resource::Task;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::Sender;

use super::News;
use crate::{Error, Events, Hub};

/// Most tasks of a kind that are asked for: more than a screen has lines.
const MOST: &str = "100";
/// Tasks that wait of which it is asked why.
const EXPLAINED: usize = 8;
/// A hub that takes longer is said to be away.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is watched.
#[derive(Clone)]
pub struct Watched {
    /// The hub.
    pub hub: Hub,
    /// The only project whose tasks are shown.
    pub project: Option<String>,
}

/// The farm at one moment.
#[derive(Clone, Debug, Default)]
pub struct Farm {
    /// `queue` and `systems`, as the hub's status has them.
    pub status: Value,
    /// Tasks that are built, the oldest first.
    pub running: Vec<Task>,
    /// Tasks that wait, the oldest first.
    pub waiting: Vec<Task>,
    /// Why the first of them do, by their labels.
    pub why: BTreeMap<String, String>,
}

impl Farm {
    /// The same for programs.
    pub fn value(&self) -> Value {
        json!({
            "queue": self.status.get("queue"),
            "systems": self.status.get("systems"),
            "running": self.running,
            "waiting": self.waiting,
            "why": self.why,
        })
    }
}

impl Watched {
    /// Asks the hub.
    ///
    /// # Errors
    /// It cannot be reached, or refuses.
    pub async fn look(&self) -> Result<Farm, Error> {
        let brief = Map::from_iter([("brief".to_owned(), Value::Bool(true))]);
        let mut status = self.hub.call("util", None, "status", &brief).await?;
        let status = status.get_mut("status").map(Value::take).unwrap_or_default();
        let (running, waiting) = (self.tasks("Building").await?, self.tasks("Queued").await?);
        let mut why = BTreeMap::new();
        for task in waiting.iter().take(EXPLAINED) {
            let project = Map::from_iter([("project_label".into(), json!(task.project_label))]);
            // It may be no more; then there is nothing to say of it.
            let told = self.hub.call("task", Some(&task.label), "why", &project).await;
            let sentence = told.ok().and_then(|mut told| Some(told.get_mut("sentence")?.take()));
            if let Some(Value::String(sentence)) = sentence {
                why.insert(task.label.clone(), sentence);
            }
        }
        Ok(Farm { status, running, waiting, why })
    }

    async fn tasks(&self, status: &str) -> Result<Vec<Task>, Error> {
        let mut filters = vec![("status_label", status), ("limit", MOST), ("order", "id")];
        filters.extend(self.project.as_deref().map(|label| ("project_label", label)));
        self.hub.get_all("task", &filters).await
    }

    /// The hub's events, from now on.
    ///
    /// # Errors
    /// It cannot be reached, or refuses.
    pub async fn events(&self) -> Result<Events, Error> {
        Events::open(&self.hub, &[("resource", "task,system,util")]).await
    }

    /// Says whenever something happens, for as long as somebody listens.
    pub fn listen(&self, mut events: Events, say: Sender<News>) {
        tokio::spawn(async move {
            loop {
                let news = match events.next().await {
                    Ok(_) => News::Happened,
                    Err(error) => News::Looked(Err(error.into())),
                };
                if say.send(news).await.is_err() {
                    return;
                }
            }
        });
    }

    /// Asks the hub, while the picture goes on.
    pub fn ask(&self, say: Sender<News>) {
        let watched = self.clone();
        tokio::spawn(async move {
            let news = match tokio::time::timeout(PATIENCE, watched.look()).await {
                Ok(Ok(farm)) => News::Looked(Ok(farm)),
                Ok(Err(error)) if error.retryable() => News::Away(error.to_string()),
                Ok(Err(error)) => News::Looked(Err(error.into())),
                Err(_) => News::Away(format!("{} takes its time to answer", watched.hub.url())),
            };
            // Nobody listens any more when the screen was left.
            let _ = say.send(news).await;
        });
    }
}
