//! The rules of dispatch, against a random farm and one by one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_core::wire::{HandlerKind, Held};

use super::farm::Farm;
use super::lane::{Class, Facts, Package};
use super::pick::{Enabled, Reason, fits, serves};
use super::place::{Place, Ticket};
use super::system::{Load, System};
use super::{Asked, Dispatch};

/// A task of the package of that number, which has its own source name.
pub fn facts(task: i64, package: i64) -> Facts {
    Facts {
        task,
        priority: 0,
        class: Arc::new(Class {
            build_handler: "generic".into(),
            vcs_handler: String::new(),
            arch: "x86_64".into(),
        }),
        package: Arc::new(Package {
            id: package,
            project: package % 2,
            source_name: format!("source-{package}"),
            footprint: 1,
            one_per_system: false,
        }),
    }
}

fn heavy(task: i64, package: i64, footprint: i64) -> Facts {
    let plain = facts(task, package);
    Facts { package: Arc::new(Package { footprint, ..(*plain.package).clone() }), ..plain }
}

fn system(id: i64, capacity: i64) -> System {
    System {
        id,
        enabled: true,
        capacity,
        archs: ["x86_64".to_owned()].into(),
        offers: [(HandlerKind::BuildHandler, "generic".to_owned())].into(),
    }
}

fn enabled() -> Enabled {
    [(HandlerKind::BuildHandler, "generic".to_owned())].into()
}

fn farm(systems: &[(i64, i64)]) -> Farm {
    let mut farm = Farm::new(Duration::from_secs(60));
    assert!(farm.enable(enabled()).is_empty());
    for (id, capacity) in systems {
        assert!(farm.system(system(*id, *capacity)).is_empty());
    }
    farm
}

fn held(system: i64) -> Place {
    Place::Held { system, attempt: 1, cancelling: false }
}

fn take(farm: &mut Farm, system: i64) -> Option<i64> {
    farm.ask(system, "n", Instant::now()).ok().map(|ticket: Ticket| ticket.task)
}

#[test]
fn every_reason_is_given() {
    let class = facts(1, 1).class;
    let vcs = Class { vcs_handler: "git".into(), ..(*class).clone() };
    let generic = || "generic".to_owned();
    let build = HandlerKind::BuildHandler;
    let able = system(1, 1);
    assert_eq!(serves(&able, &enabled(), &class), Ok(()));
    let off = System { enabled: false, ..able.clone() };
    assert_eq!(serves(&off, &enabled(), &class), Err(Reason::SystemDisabled));
    assert_eq!(serves(&system(1, 0), &enabled(), &class), Err(Reason::NoCapacity));
    let none = Enabled::new();
    assert_eq!(serves(&able, &none, &class), Err(Reason::HandlerDisabled(build, generic())));
    let bare = System { offers: Enabled::new(), ..able.clone() };
    assert_eq!(serves(&bare, &enabled(), &class), Err(Reason::HandlerMissing(build, generic())));
    let arm = System { archs: ["aarch64".to_owned()].into(), ..able.clone() };
    assert_eq!(serves(&arm, &enabled(), &class), Err(Reason::ArchMissing("x86_64".into())));
    let git = (HandlerKind::VcsHandler, "git".to_owned());
    let both: Enabled = enabled().into_iter().chain([git.clone()]).collect();
    assert_eq!(serves(&able, &both, &vcs), Err(Reason::HandlerMissing(git.0, git.1)));

    let mut load = Load::default();
    load.add(Held { task: 1, attempt: 1 }, facts(1, 1).package);
    let two = system(1, 2);
    let busy = Reason::SourceNameBusy("source-1".into());
    assert_eq!(fits(&two, &load, &facts(2, 1).package), Err(busy));
    assert_eq!(fits(&two, &load, &facts(2, 2).package), Ok(()));
    let full = Reason::Full { footprint: 2, free: 1 };
    assert_eq!(fits(&two, &load, &heavy(2, 2, 2).package), Err(full));
    let alone = Package {
        source_name: "other".into(),
        one_per_system: true,
        ..(*facts(2, 1).package).clone()
    };
    assert_eq!(fits(&two, &load, &alone), Err(Reason::OnePerSystem));
}

#[test]
fn one_task_always_fits_an_idle_system() {
    let mut farm = farm(&[(1, 2)]);
    farm.place(heavy(1, 1, 9), Place::Ready, Instant::now());
    farm.place(heavy(2, 2, 1), Place::Ready, Instant::now());
    assert_eq!(take(&mut farm, 1), Some(1));
    assert_eq!(take(&mut farm, 1), None);
}

#[test]
fn a_project_with_nothing_running_goes_before_one_with_something() {
    let mut farm = farm(&[(1, 9)]);
    for (task, package) in [(1, 1), (2, 3), (3, 2)] {
        farm.place(facts(task, package), Place::Ready, Instant::now());
    }
    // Packages 1 and 3 are of one project, package 2 of another.
    assert_eq!([take(&mut farm, 1), take(&mut farm, 1), take(&mut farm, 1)], [1, 3, 2].map(Some));
}

#[tokio::test]
async fn a_new_task_wakes_the_one_with_the_most_room() {
    let mut farm = farm(&[(1, 1), (2, 4), (3, 4)]);
    let mut boxes: Vec<_> = [1, 2, 3]
        .iter()
        .map(|id| farm.ask(*id, "n", Instant::now()).expect_err("nothing is ready"))
        .collect();
    let chosen = farm.place(facts(1, 1), Place::Ready, Instant::now());
    let systems: Vec<i64> = chosen.iter().map(|(waiter, _)| waiter.system).collect();
    assert_eq!(systems, [2], "most room, then longest waiting");
    // The third has hung up, so that the first is the next.
    drop(boxes.pop());
    let chosen = farm.place(facts(2, 2), Place::Ready, Instant::now());
    assert_eq!(chosen[0].0.system, 1);
}

#[tokio::test]
async fn an_offer_that_nobody_takes_goes_to_the_next() {
    let dispatch = Dispatch::new(Duration::from_secs(60));
    dispatch.enable(enabled());
    dispatch.system(system(1, 2));
    dispatch.system(system(2, 1));
    let (Asked::Wait(first), Asked::Wait(second)) = (dispatch.ask(1, "a"), dispatch.ask(2, "b"))
    else {
        panic!("nothing is ready");
    };
    dispatch.place(facts(7, 1), Place::Ready);
    // It has come into the first's box; that worker's connection breaks now.
    drop(first);
    let offer = second.await.expect("the second is offered the task");
    assert_eq!(offer.task(), 7);
    drop(offer);
    let Asked::Now(offer) = dispatch.ask(1, "c") else { panic!("the task is ready again") };
    dispatch.place(facts(7, 1), held(1));
    drop(offer);
    assert!(matches!(dispatch.ask(2, "d"), Asked::Wait(_)), "a claim that came about stands");
}

#[test]
fn a_heartbeat_says_what_to_stop_and_frees_what_was_lost() {
    let now = Instant::now();
    let mut farm = farm(&[(1, 2), (2, 2)]);
    let one = Held { task: 1, attempt: 1 };
    farm.place(facts(1, 1), held(1), now);
    assert_eq!(farm.heartbeat(1, &[one], now).0.stop, []);
    assert_eq!(farm.heartbeat(2, &[one], now).0.stop, [one], "it is another's");
    let cancelling = Place::Held { system: 1, attempt: 1, cancelling: true };
    farm.place(facts(1, 1), cancelling, now);
    let told = |stop: &[Held], news| super::Told { stop: stop.to_vec(), news };
    assert_eq!(farm.heartbeat(1, &[one], now).0, told(&[one], true));
    assert_eq!(farm.heartbeat(1, &[one], now).0, told(&[one], false), "it was told before");

    farm.lose(one, now);
    farm.place(facts(1, 1), Place::Ready, now);
    assert_eq!(farm.leases().expired(now + Duration::from_secs(600)), []);
    assert_eq!(take(&mut farm, 1), None, "its host may still be busy with it");
    assert_eq!(farm.heartbeat(1, &[one], now).0.stop, [one]);
    assert_eq!(take(&mut farm, 1), None);
    assert_eq!(farm.heartbeat(1, &[], now).0.stop, []);
    assert_eq!(take(&mut farm, 1), Some(1));
}

#[test]
fn a_lost_attempt_keeps_its_place_for_a_lease_after_it_was_last_named() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut farm = farm(&[(1, 2)]);
    let one = Held { task: 1, attempt: 1 };
    farm.place(facts(1, 1), held(1), start);
    farm.lose(one, at(60));
    farm.place(facts(1, 1), Place::Ready, at(60));
    farm.heartbeat(1, &[one], at(100));
    assert!(farm.ask(1, "a", at(160)).is_err(), "its worker named it a lease ago");
    let ticket = farm.ask(1, "a", at(161)).expect("its worker lives, and has not named it since");
    assert_eq!(ticket.task, 1);
}

/// A small generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i64::try_from((self.0 >> 33) % below.unsigned_abs()).expect("it is below an i64")
    }
}

/// The rules once more, said as plainly as can be.
fn may(facts: &Facts, capacity: i64, building: &[Facts]) -> bool {
    let sum: i64 = building.iter().map(|other| other.package.footprint).sum();
    let room = building.is_empty() || sum + facts.package.footprint <= capacity;
    let alone = building.iter().all(|other| other.package.source_name != facts.package.source_name);
    capacity > 0 && room && alone
}

#[test]
fn a_random_farm_keeps_the_rules_and_lets_nothing_lie() {
    let mut dice = Dice(7);
    let now = Instant::now();
    for _ in 0..40 {
        let systems: Vec<(i64, i64)> = (1..=4).map(|id| (id, dice.roll(5))).collect();
        let mut farm = farm(&systems);
        let mut ready: Vec<Facts> = Vec::new();
        let mut building: Vec<(i64, Facts)> = Vec::new();
        let of = |building: &[(i64, Facts)], id: i64| -> Vec<Facts> {
            building.iter().filter(|(at, _)| *at == id).map(|(_, facts)| facts.clone()).collect()
        };
        for task in 1..=200 {
            let package = dice.roll(12);
            let new = heavy(task, package, 1 + package % 3);
            let new = Facts { priority: dice.roll(3), ..new };
            assert!(farm.place(new.clone(), Place::Ready, now).is_empty(), "nobody waits");
            ready.push(new);
            let (id, capacity) = systems[usize::try_from(dice.roll(4)).expect("it is small")];
            let taken = take(&mut farm, id);
            let can = |facts: &&Facts| may(facts, capacity, &of(&building, id));
            let Some(taken) = taken else {
                assert_eq!(ready.iter().find(can), None, "what can run does");
                continue;
            };
            let index = ready.iter().position(|facts| facts.task == taken).expect("it was ready");
            assert!(can(&&ready[index]), "the rules hold");
            let best = ready.iter().filter(can).map(|facts| facts.priority).max();
            let facts = ready.swap_remove(index);
            assert_eq!(best, Some(facts.priority), "the highest priority goes first");
            farm.place(facts.clone(), held(id), now);
            building.push((id, facts));
            if dice.roll(3) > 0 {
                let index = usize::try_from(dice.roll(building.len().try_into().expect("small")));
                let (_, ended) = building.swap_remove(index.expect("it is small"));
                farm.place(ended, Place::Gone, now);
            }
        }
        for (id, busy) in farm.loads() {
            let sum: i64 = of(&building, id).iter().map(|facts| facts.package.footprint).sum();
            assert_eq!(busy.load, sum, "nothing is forgotten");
        }
    }
}

#[test]
fn what_waits_is_given_whatever_becomes_possible() {
    let mut dice = Dice(11);
    let now = Instant::now();
    let mut farm = farm(&[(1, 3), (2, 2)]);
    let mut boxes = Vec::new();
    let mut building: Vec<(i64, Facts)> = Vec::new();
    let mut ready: Vec<Facts> = Vec::new();
    let mut ask = 0;
    for task in 1..=500 {
        let mut chosen = Vec::new();
        if dice.roll(2) == 0 {
            let package = dice.roll(6);
            let new = heavy(task, package, 1 + package % 2);
            ready.push(new.clone());
            chosen = farm.place(new, Place::Ready, now);
        } else if !building.is_empty() {
            let index = usize::try_from(dice.roll(building.len().try_into().expect("small")));
            let (_, ended) = building.swap_remove(index.expect("it is small"));
            chosen = farm.place(ended, Place::Gone, now);
        }
        let mut given: Vec<(i64, i64)> =
            chosen.into_iter().map(|(waiter, ticket)| (waiter.system, ticket.task)).collect();
        for system in [1, 2] {
            // Whoever got something asks again, until it has to wait.
            loop {
                ask += 1;
                match farm.ask(system, &ask.to_string(), now) {
                    Ok(ticket) => given.push((system, ticket.task)),
                    Err(receiver) => break boxes.push(receiver),
                }
            }
        }
        for (system, task) in given {
            let index = ready.iter().position(|facts| facts.task == task).expect("it was ready");
            let facts = ready.swap_remove(index);
            farm.place(facts.clone(), held(system), now);
            building.push((system, facts));
        }
        for (system, capacity) in [(1, 3), (2, 2)] {
            let there: Vec<Facts> = building
                .iter()
                .filter(|(at, _)| *at == system)
                .map(|(_, facts)| facts.clone())
                .collect();
            let lies = ready.iter().find(|facts| may(facts, capacity, &there));
            assert_eq!(lies, None, "both systems wait, so nothing that fits may lie");
        }
    }
}
