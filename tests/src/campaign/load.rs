//! The load: builds are submitted and tags made, each entered into the ledger
//! before it is asked for and after it is acknowledged.

use std::sync::Arc;

use mf_core::resource::{Build, Tag};
use serde_json::json;

use super::ledger::{Asked, Ledger};
use super::listen::Reader;
use super::world::{self, PROJECT, TARGET};

/// How many tags are made in a case.
const TAGS: u64 = 12;

/// Who asks a farm for things.
#[derive(Clone)]
pub struct Load {
    pub reader: Reader,
    pub ledger: Arc<Ledger>,
    /// Number of the case, which is in every name.
    pub case: u64,
}

/// Somebody who asks or follows; dropped, it does so no longer.
struct Busy(Arc<Ledger>);

impl Busy {
    fn new(ledger: &Arc<Ledger>) -> Self {
        ledger.write(|book| book.busy += 1);
        Self(ledger.clone())
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let broken =
            std::thread::panicking().then(|| "the load has panicked; see above".to_owned());
        self.0.write(|book| {
            book.busy -= 1;
            book.broken.extend(broken);
        });
    }
}

impl Load {
    /// Begins to submit builds of the free packages, `each` of them so often,
    /// and to make tags, all at the same time.
    pub fn begin(&self, each: u64) {
        for package in world::FREE {
            let (load, busy) = (self.clone(), Busy::new(&self.ledger));
            tokio::spawn(async move {
                for number in 0..each {
                    if let Some(build) = load.submit(package, number).await {
                        let (load, busy) = (load.clone(), Busy::new(&load.ledger));
                        tokio::spawn(async move {
                            load.follow(&build).await;
                            drop(busy);
                        });
                    }
                }
                drop(busy);
            });
        }
        let (load, busy) = (self.clone(), Busy::new(&self.ledger));
        tokio::spawn(async move {
            for number in 0..TAGS {
                load.tag(number).await;
            }
            drop(busy);
        });
    }

    /// Submits a build; its label, if that was acknowledged.
    pub async fn submit(&self, package: &str, number: u64) -> Option<String> {
        let notes = format!("case {} {package} {number}", self.case);
        self.ask(|book| drop(book.builds.insert(notes.clone(), Asked::Unanswered)));
        let branch = world::branch(package);
        let fields =
            json!({"project_label": PROJECT, "package_branch_label": branch, "notes": notes});
        let answer = self.reader.hub.create::<Build>("build", &fields).await;
        let label = self.answered(answer).await?.label;
        let known = Asked::Acknowledged(label.clone());
        self.ledger.write(|book| drop(book.builds.insert(notes, known)));
        Some(label)
    }

    /// Label of a tag of this case.
    pub fn tag_label(&self, number: u64) -> String {
        format!("tag-{}-{number}", self.case)
    }

    /// Makes a tag.
    pub async fn tag(&self, number: u64) {
        let label = self.tag_label(number);
        self.ask(|book| drop(book.tags.insert(label.clone(), Asked::Unanswered)));
        let fields = json!({"label": label, "project_label": PROJECT});
        let answer = self.reader.hub.create::<Tag>("tag", &fields).await;
        if self.answered(answer).await.is_some() {
            let known = Asked::Acknowledged(label.clone());
            self.ledger.write(|book| drop(book.tags.insert(label, known)));
        }
    }

    fn ask(&self, entry: impl FnOnce(&mut super::ledger::Book)) {
        self.ledger.write(|book| {
            book.unanswered += 1;
            entry(book);
        });
    }

    /// An answer, if one came; else waits until the hub is back. What is asked
    /// here is right, so that a refusal is a fault of the hub's.
    async fn answered<T>(&self, answer: Result<T, mf_client::Error>) -> Option<T> {
        self.ledger.write(|book| book.unanswered -= 1);
        match answer {
            Ok(done) => Some(done),
            Err(error) if error.retryable() => {
                self.reader.sure(|| self.reader.hub.version()).await;
                None
            }
            Err(error) => {
                let told = format!("the hub refuses what is right: {error}");
                self.ledger.write(|book| book.broken.push(told));
                None
            }
        }
    }

    /// Cancels a build.
    pub async fn cancel(&self, build: &str) {
        let fields = serde_json::Map::from_iter([("project_label".into(), PROJECT.into())]);
        let hub = &self.reader.hub;
        match hub.call("build", Some(build), "cancel", &fields).await {
            Ok(_) => {
                self.ledger.write(|book| book.cancelled.insert(build.to_owned(), true));
            }
            Err(error) if error.retryable() => {}
            Err(error) => {
                let told = format!("the hub does not cancel {build}: {error}");
                self.ledger.write(|book| book.broken.push(told));
            }
        }
    }

    /// Follows a build's log until the build has ended.
    pub async fn follow(&self, build: &str) {
        self.reader.follow(&task_of(build), &self.ledger).await;
    }
}

/// The one task of a build.
pub fn task_of(build: &str) -> String {
    format!("{build}.{TARGET}")
}
