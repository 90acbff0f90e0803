//! The rules of dispatch, against farms that are random and the same in every
//! run: whatever happens to one, it does what the plain rules say.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::dice::{Dice, cases};
use super::model::{self, Gets, Model};
use super::{enabled, facts, farm, heavy, held, system, take};
use crate::dispatch::Offer;
use crate::dispatch::farm::Farm;
use crate::dispatch::lane::Facts;
use crate::dispatch::pick::{Reason, TURN};
use crate::dispatch::place::{Chosen, Place, Snapshot};
use crate::dispatch::why::{Answer, Says, Why};

/// A farm, what the rules say of it, and who waits.
struct Pair {
    farm: Farm,
    model: Model,
    now: Instant,
    waiting: BTreeMap<i64, oneshot::Receiver<Offer>>,
    asked: u64,
}

impl Pair {
    fn new(dice: &mut Dice) -> Self {
        let (model, now) = (Model::new(dice), Instant::now());
        let farm = Farm::new(Duration::from_secs(60));
        let mut pair = Self { farm, model, now, waiting: BTreeMap::new(), asked: 0 };
        pair.change(|pair| pair.farm.enable(pair.model.enabled.clone()));
        for system in pair.model.systems.clone() {
            pair.change(|pair| pair.farm.system(system));
        }
        pair
    }

    /// Something happens: whoever gets a task by it is who should.
    fn change(&mut self, change: impl FnOnce(&mut Self) -> Chosen) {
        let mut chosen = change(self);
        chosen.extend(self.farm.release());
        for (waiter, ticket) in chosen {
            assert!(self.waiting.remove(&waiter.system).is_some(), "it waits");
            self.give(waiter.system, ticket.task);
        }
        for system in self.waiting.keys() {
            let gets = self.model.gets(*system);
            assert!(
                !matches!(gets, Gets::Task(_)),
                "system {system} waits, and should have {gets:?}"
            );
        }
    }

    fn give(&mut self, system: i64, task: i64) {
        assert_eq!(Gets::Task(task), self.model.gets(system), "of system {system}");
        let facts = self.model.take(system, task);
        assert!(self.farm.place(facts, held(system), self.now).is_empty(), "nobody gains by it");
    }

    fn ask(&mut self, system: i64) {
        if self.waiting.contains_key(&system) {
            return;
        }
        self.asked += 1;
        match self.farm.ask(system, &self.asked.to_string(), self.now) {
            Ok(ticket) => self.give(system, ticket.task),
            Err(receiver) => drop(self.waiting.insert(system, receiver)),
        }
        self.change(|_| Chosen::new());
    }

    fn happen(&mut self, dice: &mut Dice) {
        let now = self.now;
        match dice.roll(16) {
            0..5 => {
                let facts = self.model.submit(dice);
                self.change(|pair| pair.farm.place(facts, Place::Ready, now));
            }
            5..10 => self.ask(dice.one(&self.model.systems).id),
            10..13 if !self.model.building.is_empty() => {
                let index = dice.index(self.model.building.len());
                let (_, facts) = self.model.building.swap_remove(index);
                let place = if dice.once_in(5) { Place::Ready } else { Place::Gone };
                if place == Place::Ready {
                    self.model.ready.push(facts.clone());
                }
                self.change(|pair| pair.farm.place(facts, place, now));
            }
            13 if !self.model.ready.is_empty() => {
                let index = dice.index(self.model.ready.len());
                let facts = self.model.ready.swap_remove(index);
                self.change(|pair| pair.farm.forget(facts.task, now));
            }
            14 => {
                let new = model::system(dice.one(&self.model.systems).id, self.model.plenty, dice);
                let old = self.model.systems.iter_mut().find(|system| system.id == new.id);
                *old.expect("it is one of them") = new.clone();
                self.change(|pair| pair.farm.system(new));
            }
            15 => self.administer(dice),
            _ => {}
        }
    }

    /// What an admin changes for many tasks at once.
    fn administer(&mut self, dice: &mut Dice) {
        let now = self.now;
        match dice.roll(3) {
            0 => {
                self.model.enabled = model::enabled(self.model.plenty, dice);
                self.change(|pair| pair.farm.enable(pair.model.enabled.clone()));
            }
            1 => {
                self.model.paused = !self.model.paused;
                self.change(|pair| pair.farm.pause(pair.model.paused));
            }
            _ => {
                let new = model::package(dice.roll(10), dice);
                self.model.repack(&new, dice.roll(3));
                let snapshot = self.model.snapshot();
                self.change(|pair| pair.farm.reload(snapshot, now));
            }
        }
    }

    /// What is said of a task is what the rules say, of every system.
    fn check_why(&self, task: i64, seen: &mut BTreeMap<&'static str, u32>) {
        let Why::Ready(waits) = self.farm.why(task) else { panic!("it is in the queue") };
        assert_eq!(waits.paused, self.model.paused);
        let facts = self.model.ready.iter().find(|facts| facts.task == task).expect("it waits");
        for Answer { system, says, building, asks, .. } in &waits.answers {
            let (serves, fits) =
                (self.model.serves(*system, facts), self.model.fits(*system, facts));
            let gets = self.model.gets_anyway(*system);
            assert_eq!(*asks, self.waiting.contains_key(system));
            assert_eq!(building.len(), self.model.of(*system).len());
            let word = match says {
                Says::Next => {
                    assert_eq!(gets, Gets::Task(task));
                    "next"
                }
                Says::Behind(count) => {
                    assert!(serves && fits && *count > 0, "{says:?}");
                    assert!(matches!(gets, Gets::Task(other) if other != task), "{gets:?}");
                    "behind"
                }
                Says::Kept(other) => {
                    assert!(serves && fits && *other != task);
                    assert_eq!(gets, Gets::Keeps(*other));
                    "kept"
                }
                Says::Busy { tasks, keeps, .. } => {
                    assert!(serves && !fits && !tasks.is_empty());
                    let there = self.model.of(*system);
                    assert!(tasks.iter().all(|task| there.iter().any(|facts| facts.task == *task)));
                    assert_eq!(*keeps, gets == Gets::Keeps(task));
                    "busy"
                }
                Says::Never(reasons) => {
                    assert!(!serves && !reasons.is_empty());
                    self.check_mended(*system, facts, reasons);
                    "never"
                }
            };
            *seen.entry(word).or_default() += 1;
        }
    }

    /// A system that has all that it was said to lack can build the task.
    fn check_mended(&self, id: i64, facts: &Facts, reasons: &[Reason]) {
        let mut mended = Model::default();
        mended.systems = self.model.systems.clone();
        mended.enabled = self.model.enabled.clone();
        let at = mended.systems.iter_mut().find(|system| system.id == id).expect("it is there");
        for reason in reasons.iter().cloned() {
            match reason {
                Reason::SystemDisabled => at.enabled = true,
                Reason::NoCapacity => at.capacity = 1,
                Reason::HandlerDisabled(kind, label) => {
                    assert!(mended.enabled.insert((kind, label)), "it was disabled");
                }
                Reason::HandlerMissing(kind, label) => {
                    assert!(at.offers.insert((kind, label)), "it was missing");
                }
                Reason::HandlerDiffers(kind, label) => {
                    assert!(at.differs.remove(&(kind, label)), "it differed");
                }
                Reason::ArchMissing(arch) => assert!(at.archs.insert(arch), "it was missing"),
                other => panic!("{other:?} goes by itself"),
            }
        }
        assert!(mended.serves(id, facts), "{reasons:?} is all that was missing");
    }

    /// What is said of a task, and what then happens when that system asks.
    fn check_what_happens(&mut self, task: i64, dice: &mut Dice) {
        let Why::Ready(waits) = self.farm.why(task) else { panic!("it is in the queue") };
        let Answer { system, says, .. } = dice.one(&waits.answers);
        if self.waiting.contains_key(&system) {
            assert!(waits.paused || !matches!(says, Says::Next | Says::Behind(_)), "{says:?}");
            return;
        }
        let before = self.model.of(system).len();
        self.ask(system);
        let got = self.model.of(system).iter().any(|facts| facts.task == task);
        assert_eq!(got, says == Says::Next && !waits.paused, "{says:?}");
        let some = self.model.of(system).len() > before;
        if matches!(says, Says::Behind(_)) && !waits.paused {
            assert!(some, "another went first");
        }
        if matches!(says, Says::Kept(_)) {
            assert!(!some, "its room is kept");
        }
    }
}

#[tokio::test]
async fn a_farm_does_what_the_rules_say_and_says_what_it_does() {
    let mut seen = BTreeMap::new();
    for seed in 0..cases(2_000) {
        eprintln!("farm {seed}");
        let mut dice = Dice::new(seed);
        let mut pair = Pair::new(&mut dice);
        for _ in 0..300 {
            pair.happen(&mut dice);
            if pair.model.ready.is_empty() {
                continue;
            }
            let task = dice.one(&pair.model.ready).task;
            match dice.roll(6) {
                0 => pair.check_why(task, &mut seen),
                1 => pair.check_what_happens(task, &mut dice),
                _ => {}
            }
        }
        for (id, busy) in pair.farm.loads() {
            let sum: i64 = pair.model.of(id).iter().map(|facts| facts.package.footprint).sum();
            assert_eq!(busy.load, sum, "nothing is forgotten");
        }
    }
    for word in ["next", "behind", "kept", "busy", "never"] {
        assert!(seen.get(word).is_some_and(|count| *count > 3), "{word}: {seen:?}");
    }
}

#[test]
fn nobody_starves() {
    for seed in 0..cases(2_000) {
        let mut dice = Dice::new(seed);
        let (now, capacity) = (Instant::now(), 2 + dice.roll(4));
        let mut farm = farm(&[(1, capacity)]);
        let (mut building, mut next, mut taken) = (Vec::new(), 1_000, 0);
        // There is always something young and light of a project that has
        // less running than the victim's.
        let fill = |farm: &mut Farm, building: &mut Vec<i64>, next: &mut i64| {
            let before = building.len();
            loop {
                farm.place(facts(*next, 2 * *next), Place::Ready, now);
                *next += 1;
                let Some(task) = take(farm, 1) else { break };
                building.push(task);
            }
            building.len() - before
        };
        (2..100).for_each(|task| drop(farm.place(facts(task, 1), held(2), now)));
        fill(&mut farm, &mut building, &mut next);
        let older = dice.roll(5);
        for task in 100..100 + older {
            farm.place(facts(task, 2 * task + 1), Place::Ready, now);
        }
        let victim = heavy(200, 401, 1 + dice.roll(2 * capacity));
        farm.place(victim, Place::Ready, now);
        while !building.contains(&200) {
            let ended = building.swap_remove(dice.index(building.len()));
            farm.forget(ended, now);
            taken += fill(&mut farm, &mut building, &mut next);
            // Each older one, and then this, is taken after so many others.
            let most = (older + 1) * (i64::from(TURN) + capacity);
            let taken = i64::try_from(taken).expect("it is small");
            assert!(taken <= most, "farm {seed}: {taken} went first, {older} were older");
        }
        assert!(taken > 0);
    }
}

#[test]
fn as_many_go_before_a_task_as_is_said() {
    let mut dice = Dice::new(13);
    let now = Instant::now();
    for _ in 0..100 {
        let mut farm = farm(&[(1, 1_000)]);
        for task in 1..=30 {
            // All of one project, so that what is given changes nobody's turn.
            let facts = Facts { priority: dice.roll(3), ..heavy(task, task * 2, 1) };
            farm.place(facts, Place::Ready, now);
        }
        let task = 1 + dice.roll(30);
        let Why::Ready(waits) = farm.why(task) else { panic!("it waits") };
        let ahead = match waits.answers[0].says {
            Says::Next => 0,
            Says::Behind(ahead) => ahead,
            ref other => panic!("{other:?}"),
        };
        let given: Vec<_> = (0..=ahead).filter_map(|_| take(&mut farm, 1)).collect();
        assert_eq!(given.iter().position(|given| *given == task), Some(ahead));
    }
}

/// All that a farm gives when everybody asks for as long as there is any.
fn drain(farm: &mut Farm, systems: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut given = Vec::new();
    for (system, _) in systems {
        while let Some(task) = take(farm, *system) {
            given.push((*system, task));
        }
    }
    given
}

#[test]
fn a_farm_that_is_read_anew_is_the_farm_that_was_followed() {
    let mut dice = Dice::new(5);
    let now = Instant::now();
    let systems = [(1, 3), (2, 2), (3, 5)];
    for _ in 0..40 {
        let mut followed = farm(&systems);
        let mut rows: Vec<(Facts, Place)> = Vec::new();
        for task in 1..=60 {
            let facts = Facts { priority: dice.roll(3), ..heavy(task, task % 17, 1 + task % 2) };
            let place = match dice.roll(4) {
                0 => Place::Gone,
                1 => held(1 + dice.roll(3)),
                _ => Place::Ready,
            };
            // Whatever it was before.
            followed.place(facts.clone(), held(1 + dice.roll(3)), now);
            followed.place(facts.clone(), place.clone(), now);
            rows.push((facts, place));
        }
        rows.retain(|(_, place)| *place != Place::Gone);
        let snapshot = || Snapshot {
            systems: systems.iter().map(|(id, capacity)| system(*id, *capacity)).collect(),
            enabled: enabled(),
            tasks: rows.clone(),
            paused: false,
        };
        let mut anew = Farm::new(Duration::from_secs(60));
        assert!(anew.reload(snapshot(), now).is_empty(), "nobody waits");
        assert_eq!(anew.loads(), followed.loads());
        let given = drain(&mut anew, &systems);
        assert_eq!(drain(&mut followed, &systems), given);
        // What was just given is under way, and is not given again.
        assert!(anew.reload(snapshot(), now).is_empty());
        assert_eq!(drain(&mut anew, &systems), []);
        assert_eq!(anew.loads(), followed.loads());
    }
}
