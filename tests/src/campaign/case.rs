//! One case of a campaign: the farm at work, and the moment of the fault.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mf_client::Events;
use mf_core::resource::{Build, Tag};
use mf_core::time::{now, seconds_between};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::check::{Check, Expect};
use super::dice::Dice;
use super::ledger::{Asked, Book, Ledger};
use super::listen::{Reader, TOLD};
use super::load::{Load, task_of};
use super::run::Tally;
use super::site::Site;
use super::world::{ANCHORS, PROJECT};
use crate::farm::PATIENCE;

/// Builds of each free package.
const EACH: u64 = 2;
/// How many steps of the ledger may pass before the fault, at most: about as
/// many as there are until only the builds at the gate are left.
const STEPS: u64 = 220;
/// Longest pause after the last of them, in microseconds.
const PAUSE: u64 = 4_000;

/// One case: a farm at work, with builds at the gate.
pub struct Case<'a> {
    /// The farm.
    pub site: &'a mut Site,
    /// What it was asked for, and told.
    pub ledger: Arc<Ledger>,
    /// The case's own chance.
    pub dice: Dice,
    /// Labels of the builds at the gate.
    pub anchors: Vec<String>,
    load: Load,
    following: Vec<JoinHandle<()>>,
    listening: JoinHandle<()>,
    struck: u64,
}

/// The last rows that there were when a case began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Before {
    /// Id of the last build.
    pub build: i64,
    /// Id of the last tag.
    pub tag: i64,
}

impl<'a> Case<'a> {
    /// Sets the farm to work; returns when the builds at the gate run.
    pub async fn begin(site: &'a mut Site, number: u64, dice: Dice) -> Self {
        let ledger = Arc::new(Ledger::default());
        let reader = Reader::new(&site.client, site.url(), site.key());
        // What happens from here on is heard.
        let events = Events::open(&site.client, &[]).await.unwrap();
        let listening = tokio::spawn({
            let (reader, ledger) = (reader.clone(), ledger.clone());
            async move { reader.events(events, ledger).await }
        });
        site.scratch.close_gate();
        let load = Load { reader, ledger: ledger.clone(), case: number };
        let (mut anchors, mut following) = (Vec::new(), Vec::new());
        for package in ANCHORS {
            let build = load.submit(package, 0).await.expect("nothing has been struck yet");
            following.push(tokio::spawn({
                let (load, build) = (load.clone(), build.clone());
                async move { load.follow(&build).await }
            }));
            anchors.push(build);
        }
        for build in &anchors {
            ledger.until(|book| book.began(&task_of(build), 1)).await;
        }
        load.begin(EACH);
        Self { site, ledger, dice, anchors, load, following, listening, struck: 0 }
    }

    /// Waits for the moment of a fault: so many more entries of the ledger as
    /// chance says, and a little more; earlier when there is nothing left but
    /// the builds at the gate. Work is in flight then.
    pub async fn moment(&mut self) {
        let (steps, pause) = (self.dice.roll(STEPS), self.dice.roll(PAUSE));
        let reached = self.ledger.steps() + steps;
        tokio::select! {
            () = self.ledger.reach(reached) => {}
            () = self.ledger.until(|book| book.busy == 0) => {}
        }
        if self.dice.one_in(2) {
            // The moment between two steps is what is random here.
            tokio::time::sleep(Duration::from_micros(pause)).await;
        }
        self.in_flight();
    }

    /// Work is in flight: the builds at the gate have begun and not ended.
    fn in_flight(&mut self) {
        for build in &self.anchors {
            let runs = self.site.scratch.runs(&task_of(build));
            assert!(
                !runs.began.is_empty() && runs.ended.is_empty(),
                "the fault does not strike while {build} runs: {runs:?}"
            );
        }
        self.struck += 1;
    }

    /// Cancels a build; asks once, whatever comes of it.
    pub fn cancel(&self, build: &str) -> JoinHandle<()> {
        self.ledger.write(|book| book.cancelled.insert(build.to_owned(), false));
        let (load, build) = (self.load.clone(), build.to_owned());
        tokio::spawn(async move { load.cancel(&build).await })
    }

    /// Waits until a build that was cancelled has ended. If the hub never took
    /// that, it is only known to stand at the gate.
    pub async fn wait_until_cancelled(&self, build: &str) {
        let (reader, task) = (&self.load.reader, task_of(build));
        let task = reader.sure(|| reader.hub.task(&task, PROJECT)).await;
        let taken = self.ledger.read().cancelled.get(build) == Some(&true)
            || task.message.starts_with("cancelled by");
        if taken {
            self.ledger.write(|book| book.cancelled.insert(build.to_owned(), true));
            // What is not told by then is found in the end.
            let _ = timeout(PATIENCE / 4, self.ledger.until(|book| book.told_end(build))).await;
        }
    }

    /// Makes a tag, whose date must be so many seconds from now.
    pub async fn tag_dated(&self, seconds: i64) {
        let number = self.ledger.steps();
        self.load.tag(1_000 + number).await;
        let label = self.load.tag_label(1_000 + number);
        let reader = &self.load.reader;
        let tag: Tag = reader.sure(|| reader.hub.get_one("tag", &label, Some(PROJECT))).await;
        let off = seconds_between(&now(), &tag.create_date).unwrap();
        assert!((off - seconds).abs() < 600, "the hub's clock is {off} s off, not {seconds}");
    }

    /// Waits until what is built on a worker's host has ended, and is sealed.
    pub fn wait_until_sealed(&self, worker: usize) {
        super::outbox::wait_until_sealed(&self.site.outbox(worker));
    }

    /// The system that works on a build now.
    pub async fn system_of(&self, build: &str) -> String {
        let task = task_of(build);
        let reader = &self.load.reader;
        reader.sure(|| reader.hub.task(&task, PROJECT)).await.system_label
    }

    /// Waits until a build is in its `attempt`th attempt, which has begun to
    /// write.
    pub async fn wait_for_attempt(&self, build: &str, attempt: i64) {
        self.ledger.until(|book| book.began(&task_of(build), attempt)).await;
    }

    /// Waits until a run of a build has ended, with or without its worker.
    pub fn wait_for_end(&self, build: &str) {
        self.site.scratch.wait_for_end(&task_of(build));
    }

    /// Waits until everything has ended, and compares.
    pub async fn end(self, expect: Expect, before: &mut Before) -> Tally {
        self.site.scratch.open_gate();
        let followed = async {
            for following in self.following {
                following.await.unwrap();
            }
            self.ledger.until(|book| book.busy == 0).await;
        };
        // What does not come to its end is compared all the same: it tells why.
        let ends = timeout(PATIENCE / 2, followed).await.is_ok();
        let reader = &self.load.reader;
        let after = [before.build.to_string(), before.tag.to_string()];
        let builds =
            || async { reader.sure(|| rows::<Build>(&reader.hub, "build", &after[0])).await };
        let tags: Vec<Tag> = reader.sure(|| rows(&reader.hub, "tag", &after[1])).await;
        // What was asked for without an answer, and is there, is built too.
        let asked: BTreeMap<String, Asked> = self.ledger.read().builds.clone();
        for build in builds().await {
            if ends && asked.get(&build.notes) == Some(&Asked::Unanswered) {
                self.load.follow(&build.label).await;
            }
        }
        let builds = builds().await;
        let told = |book: &Book| builds.iter().all(|build| book.told_end(&build.label));
        // What is not told by then is found missing.
        let _ = timeout(TOLD, self.ledger.until(told)).await;
        self.listening.abort();
        before.build = builds.iter().map(|row| row.id).fold(before.build, i64::max);
        before.tag = tags.iter().map(|row| row.id).fold(before.tag, i64::max);
        let data = self.site.data();
        let check = Check::new(reader, &self.site.scratch, &self.ledger, &data, expect);
        let mut tally = check.all(&builds, &tags).await;
        let killed = std::mem::take(&mut self.site.killed);
        tally.first_claims = self.ledger.read().first_claims(&killed);
        assert!(ends || !tally.flaws.is_empty(), "something does not come to its end");
        tally.faults = self.struck;
        tally
    }
}

async fn rows<T: serde::de::DeserializeOwned>(
    hub: &mf_client::Hub,
    of: &str,
    after: &str,
) -> Result<Vec<T>, mf_client::Error> {
    hub.get_all(of, &[("project_label", PROJECT), ("after", after), ("limit", "1000")]).await
}
