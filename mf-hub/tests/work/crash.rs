//! A farm whose hub is killed again and again, in the middle of what it was
//! asked: nothing is lost, and nothing is built twice.

use std::collections::BTreeSet;

use mf_core::wire::{Claim, Outcome};
use reqwest::Method;
use serde_json::json;

use crate::farm::{Caller, Farm};
use crate::worker::{Worker, held};

/// How many builds there are; each is one task.
const BUILDS: usize = 40;
/// How often the hub is killed.
const KILLS: usize = 8;
/// What each system builds at the same time.
const CAPACITY: usize = 2;

/// A small generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % below
    }
}

/// A system's worker, and what it holds.
struct Builder {
    worker: Worker,
    held: Vec<Claim>,
    asked: usize,
}

impl Builder {
    fn new(worker: Worker) -> Self {
        Self { worker, held: Vec::new(), asked: 0 }
    }

    /// Takes a claim on, and checks that the rules hold.
    fn take_on(&mut self, claim: Claim) {
        assert!(self.held.iter().all(|other| other.job.package != claim.job.package));
        self.held.push(claim);
        assert!(self.held.len() <= CAPACITY);
    }

    async fn claim(&mut self) {
        self.asked += 1;
        let nonce = self.asked.to_string();
        if let Some(claim) = self.worker.claim(&nonce, 0).await {
            self.take_on(claim);
        }
    }

    /// Moves to the address that the hub has now.
    fn follow(&mut self, farm: &Farm) {
        let Caller { http, key, .. } = &self.worker.0;
        let caller = Caller { url: farm.url.clone(), http: http.clone(), key: key.clone() };
        self.worker = Worker(caller);
    }
}

#[tokio::test]
async fn nothing_is_lost_and_nothing_is_built_twice() {
    let mut farm = Farm::new().await;
    let capacity = i64::try_from(CAPACITY).unwrap();
    let second = Builder::new(farm.second_worker(capacity).await);
    let mut builders = [Builder::new(farm.worker(capacity).await), second];
    let packages = ["two", "three"];
    for number in 0..BUILDS {
        farm.build(packages[number % packages.len()]).await;
    }
    let (mut dice, mut built, mut kills) = (Dice(3), BTreeSet::new(), 0);
    while built.len() < BUILDS {
        let builder = &mut builders[dice.roll(2)];
        match dice.roll(10) {
            0..4 => builder.claim().await,
            4..7 if !builder.held.is_empty() => {
                let claim = builder.held.swap_remove(dice.roll(builder.held.len()));
                builder.worker.append(&claim, 0, "built\n").await.done();
                builder.worker.complete(&claim, Outcome::Success, "").await.done();
                assert!(built.insert(claim.task_id), "it is built once");
            }
            7 if !builder.held.is_empty() => {
                let claim = builder.held.swap_remove(0);
                builder.worker.complete(&claim, Outcome::HandedBack, "").await.done();
            }
            8 if kills < KILLS => {
                kills += 1;
                kill_while_claiming(&mut farm, &mut builders, &mut dice).await;
            }
            9 if kills < KILLS && !builder.held.is_empty() => {
                kills += 1;
                let claim = kill_while_completing(&mut farm, &mut builders, &mut dice).await;
                built.extend(claim.map(|claim| claim.task_id));
            }
            _ => {}
        }
    }
    let status = farm.admin().ok(Method::GET, "/util/status.json", json!(null)).await;
    assert_eq!(status.json["data"]["status"]["builds"]["BuildSuccess"], BUILDS);
}

/// Kills the hub while it is asked something, and starts it again.
async fn kill(
    farm: &mut Farm,
    builders: &mut [Builder; 2],
    asked: reqwest::RequestBuilder,
    dice: &mut Dice,
) {
    let under_way = tokio::spawn(asked.send());
    // Answers to others are what lets the request come further or less far.
    for _ in 0..dice.roll(3) {
        farm.admin().ok(Method::GET, "/util/version.json", json!(null)).await;
    }
    farm.kill();
    // Whether it was answered, and how, is what nobody knows.
    let _ = under_way.await.unwrap();
    farm.start_again();
    for builder in builders {
        builder.follow(farm);
        let named: Vec<_> = builder.held.iter().map(held).collect();
        assert_eq!(builder.worker.heartbeat(&named, 0).await, []);
    }
}

async fn kill_while_claiming(farm: &mut Farm, builders: &mut [Builder; 2], dice: &mut Dice) {
    let which = dice.roll(2);
    builders[which].asked += 1;
    let nonce = builders[which].asked.to_string();
    let Caller { http, url, key } = &builders[which].worker.0;
    let asked = http.post(format!("{url}/system/claim.json")).bearer_auth(key);
    kill(farm, builders, asked.json(&json!({ "nonce": nonce })), dice).await;
    // The same nonce: what was given is given again, and nothing beside it.
    if let Some(claim) = builders[which].worker.claim(&nonce, 0).await {
        builders[which].take_on(claim);
    }
}

async fn kill_while_completing(
    farm: &mut Farm,
    builders: &mut [Builder; 2],
    dice: &mut Dice,
) -> Option<Claim> {
    let which = usize::from(builders[0].held.is_empty());
    let claim = builders[which].held.pop()?;
    let asked = builders[which].worker.request(&claim, "complete.json");
    kill(farm, builders, asked.json(&json!({ "outcome": "success" })), dice).await;
    builders[which].worker.complete(&claim, Outcome::Success, "").await.done();
    Some(claim)
}
