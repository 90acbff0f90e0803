//! Following a build: its events, and the logs of its tasks.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use mf_core::error::Code;
use mf_core::resource::{Build, Task};
use mf_core::wire::Event;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::screen::Screen;
use crate::cli::cx::Cx;
use crate::cli::exit::Failure;
use crate::cli::verb::log::{self, ended};
use crate::{Error, Events, Hub, Log, Next};

/// Pieces of logs that wait to be shown: a slow terminal slows the reading
/// down, and nothing is kept for it.
const WAITING: usize = 16;

/// How often what is seen is brought up to date.
const SECOND: Duration = Duration::from_secs(1);
/// Beats from one question why a task waits to the next.
const ASK: u64 = 5;

/// A build that has ended.
pub struct Seen {
    /// The build.
    pub build: Build,
    /// Its tasks.
    pub tasks: Vec<Task>,
    /// Whether it had not ended before it was looked at.
    pub live: bool,
    /// Whether its logs were shown while they were written.
    pub logs: bool,
}

/// What a task's log says.
enum Said {
    Bytes(String, Bytes),
    /// Its attempt's log has ended; `false`: there is none yet.
    End(String, bool),
    Failed(Error),
    /// Why a task waits.
    Why(String, String),
}

/// What is known of the log of a task.
#[derive(Default)]
struct Reading {
    /// The attempt that is, or was, read.
    attempt: i64,
    /// Whether it is being read now.
    open: bool,
    /// Whether it was not there, and is to be looked for again.
    missing: bool,
    /// Whether the end of the task was said.
    end_said: bool,
}

/// Stays with a build until it has ended and its logs were shown.
///
/// # Errors
/// There is no such build, or the hub refuses to go on.
pub async fn follow(
    cx: &Cx,
    hub: &Hub,
    build: &str,
    project: &str,
    logs: bool,
) -> Result<Seen, Failure> {
    hub.build(build, project).await?;
    let filters = [("project_label", project), ("build_label", build)];
    let mut events = Events::open(hub, &filters).await?;
    let mut session = Session::begin(cx, hub, build, project, logs).await?;
    let live = !ended(&session.build.status_label);
    if live {
        session.run(&mut events).await?;
    }
    session.screen.end();
    let tasks = hub.tasks_of(build, project).await?;
    let logs = logs && live;
    Ok(Seen { build: hub.build(build, project).await?, tasks, live, logs })
}

struct Session<'a> {
    hub: &'a Hub,
    /// Whether logs are read.
    reads: bool,
    /// Why those tasks wait that do.
    why: BTreeMap<String, String>,
    /// Whether the hub is being asked that.
    asking: bool,
    build: Build,
    tasks: BTreeMap<String, Task>,
    logs: BTreeMap<String, Reading>,
    screen: Screen,
    said: mpsc::Receiver<Said>,
    say: mpsc::Sender<Said>,
}

impl<'a> Session<'a> {
    async fn begin(
        cx: &Cx,
        hub: &'a Hub,
        build: &str,
        project: &str,
        reads: bool,
    ) -> Result<Session<'a>, Failure> {
        let build = hub.build(build, project).await?;
        let tasks = hub.tasks_of(&build.label, project).await?;
        let screen = Screen::new(cx, &tasks, reads);
        let (say, said) = mpsc::channel(WAITING);
        let mut session = Session {
            hub,
            reads,
            why: BTreeMap::new(),
            asking: false,
            build,
            tasks: BTreeMap::new(),
            logs: BTreeMap::new(),
            screen,
            said,
            say,
        };
        if !ended(&session.build.status_label) {
            session.screen.progress(&session.build.label, &session.build.status_label, "")?;
        }
        for task in tasks {
            session.saw(task)?;
        }
        Ok(session)
    }

    async fn run(&mut self, events: &mut Events) -> Result<(), Failure> {
        let mut second = tokio::time::interval(SECOND);
        let mut beats = 0_u64;
        loop {
            self.read_logs();
            self.say_ends()?;
            self.screen.board(&self.build, &self.tasks, &self.why);
            if ended(&self.build.status_label) && !self.logs.values().any(|log| log.open) {
                return Ok(());
            }
            tokio::select! {
                next = events.next() => match next? {
                    Next::Event(event) => self.heard(&event).await?,
                    Next::Resumed => self.look_again().await?,
                },
                Some(said) = self.said.recv() => self.show(said)?,
                // Who waits is told for how long, and now and then for what.
                _ = second.tick(), if self.screen.says_why() => {
                    // Not at once: most wait for less than a second.
                    if beats % ASK == 1 {
                        self.ask_why();
                    }
                    beats += 1;
                }
            }
        }
    }

    /// Asks the hub why those tasks wait that do.
    fn ask_why(&mut self) {
        let waits = |task: &&Task| matches!(task.status_label.as_str(), "New" | "Queued");
        let waiting: Vec<Task> = self.tasks.values().filter(waits).cloned().collect();
        if self.asking || waiting.is_empty() {
            return;
        }
        self.asking = true;
        let (hub, say) = (self.hub.clone(), self.say.clone());
        tokio::spawn(async move {
            for task in waiting {
                let project = Map::from_iter([("project_label".into(), task.project_label.into())]);
                // A hub that cannot say so now is asked again.
                let told = hub.call("task", Some(&task.label), "why", &project).await.ok();
                let sentence = told.as_ref().and_then(|told| told.get("sentence")?.as_str());
                let said = Said::Why(task.label, sentence.unwrap_or_default().to_owned());
                if say.send(said).await.is_err() {
                    return;
                }
            }
        });
    }

    /// Takes over what an event says has changed.
    async fn heard(&mut self, event: &Event) -> Result<(), Failure> {
        let text = |name: &str| event.changes.get(name).and_then(Value::as_str).map(str::to_owned);
        if event.resource == "build" && event.label == self.build.label {
            if let Some(status) = text("status_label") {
                self.build.status_label = status;
            }
            return Ok(());
        }
        if event.resource != "task" {
            return Ok(());
        }
        let Some(known) = self.tasks.get(&event.label) else {
            return self.look_again().await;
        };
        let mut task = known.clone();
        for (name, field) in [
            ("status_label", &mut task.status_label),
            ("stage", &mut task.stage),
            ("system_label", &mut task.system_label),
            ("message", &mut task.message),
        ] {
            if let Some(value) = text(name) {
                *field = value;
            }
        }
        // What it says of times is when it was written down.
        if text("status_label").is_some_and(|status| ended(&status)) {
            task.end_date = event.date.clone();
        } else if event.changes.contains_key("attempt")
            || text("stage").is_some() && known.start_date.is_empty()
        {
            task.start_date = event.date.clone();
        }
        if let Some(attempt) = event.changes.get("attempt").and_then(Value::as_i64) {
            task.attempt = attempt;
        }
        if let Some(log) = self.logs.get_mut(&task.label) {
            log.missing = false;
        }
        self.saw(task)
    }

    async fn look_again(&mut self) -> Result<(), Failure> {
        let project = self.build.project_label.clone();
        for task in self.hub.tasks_of(&self.build.label, &project).await? {
            self.saw(task)?;
        }
        for log in self.logs.values_mut() {
            log.missing = false;
        }
        self.build = self.hub.build(&self.build.label, &project).await?;
        Ok(())
    }

    /// Says what is new of a task, and remembers it.
    fn saw(&mut self, task: Task) -> Result<(), Failure> {
        let empty = Task::default();
        let known = self.tasks.get(&task.label).unwrap_or(&empty);
        if known.status_label != task.status_label {
            let place = match task.status_label.as_str() {
                "Building" if !task.system_label.is_empty() => format!("on {}", task.system_label),
                _ => String::new(),
            };
            let again = if task.attempt > 1 && task.status_label == "Building" {
                format!("{place}, attempt {}", task.attempt)
            } else {
                place
            };
            // An end is said when the log has been shown to its end.
            if !ended(&task.status_label) {
                self.screen.progress(&task.target_label, &task.status_label, &again)?;
            }
        } else if known.stage != task.stage && task.status_label == "Building" {
            self.screen.progress(&task.target_label, &task.stage, "")?;
        }
        if *known != task {
            self.screen.changed(&task)?;
        }
        self.tasks.insert(task.label.clone(), task);
        Ok(())
    }

    /// Begins to read every log that there may be and that is not read yet.
    fn read_logs(&mut self) {
        for task in self.tasks.values() {
            let log = self.logs.entry(task.label.clone()).or_default();
            let begun = self.reads && task.attempt > 0 && task.status_label != "Queued";
            if log.open || log.missing || !begun || log.attempt >= task.attempt {
                continue;
            }
            *log = Reading { attempt: task.attempt, open: true, ..Reading::default() };
            let (hub, say) = (self.hub.clone(), self.say.clone());
            let (label, project) = (task.label.clone(), task.project_label.clone());
            tokio::spawn(async move { read(&hub, label, &project, &say).await });
        }
    }

    /// Says that a task has ended, once its log has been shown.
    fn say_ends(&mut self) -> Result<(), Failure> {
        for task in self.tasks.values().filter(|task| ended(&task.status_label)) {
            let log = self.logs.entry(task.label.clone()).or_default();
            if !log.open && !log.end_said {
                log.end_said = true;
                self.screen.progress(&task.target_label, &task.status_label, "")?;
            }
        }
        Ok(())
    }

    fn show(&mut self, said: Said) -> Result<(), Failure> {
        match said {
            Said::Bytes(task, bytes) => {
                let target = self.tasks.get(&task).map_or("", |task| &task.target_label);
                self.screen.log(target, &bytes)
            }
            Said::End(task, there) => {
                let Some(log) = self.logs.get_mut(&task) else { return Ok(()) };
                log.open = false;
                let over = self.tasks.get(&task).is_none_or(|task| ended(&task.status_label));
                if !there && !over {
                    // It is looked for again when something happens to the task.
                    log.missing = true;
                    log.attempt -= 1;
                }
                let target = self.tasks.get(&task).map_or("", |task| &task.target_label);
                self.screen.flush_line(target)
            }
            Said::Failed(error) => Err(error.into()),
            Said::Why(task, sentence) => {
                self.asking = false;
                let Some(waits) = self.tasks.get(&task) else { return Ok(()) };
                let news = self.why.get(&task) != Some(&sentence) && !sentence.is_empty();
                if news && matches!(waits.status_label.as_str(), "New" | "Queued") {
                    self.screen.progress(&waits.target_label, "waits:", &sentence)?;
                }
                self.why.insert(task, sentence);
                Ok(())
            }
        }
    }
}

/// Reads one attempt's log to its end.
async fn read(hub: &Hub, task: String, project: &str, say: &mpsc::Sender<Said>) {
    let mut log = Log::open(hub, &task, project, log::OWN);
    loop {
        let said = match log.next().await {
            Ok(Some(bytes)) => Said::Bytes(task.clone(), bytes),
            Ok(None) => Said::End(task.clone(), true),
            Err(error) if error.is(Code::NotFound) => Said::End(task.clone(), false),
            Err(error) => Said::Failed(error),
        };
        let last = !matches!(said, Said::Bytes(..));
        // Nobody listens any more when the watch was left.
        if say.send(said).await.is_err() || last {
            return;
        }
    }
}
