//! The rules of dispatch, against a random farm: the same one in every run.

use std::time::{Duration, Instant};

use super::{enabled, farm, heavy, held, system, take};
use crate::dispatch::farm::Farm;
use crate::dispatch::lane::Facts;
use crate::dispatch::place::{Place, Snapshot};
use crate::dispatch::why::{Answer, Says, Why};

/// A small generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i64::try_from((self.0 >> 33) % below.unsigned_abs()).expect("it is below an i64")
    }

    fn index(&mut self, length: usize) -> usize {
        let length = i64::try_from(length).expect("it is small");
        usize::try_from(self.roll(length)).expect("it is small")
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
fn what_is_said_of_a_task_is_what_happens_to_it() {
    let mut dice = Dice(3);
    let now = Instant::now();
    let mut seen = [0; 4];
    for _ in 0..600 {
        let systems: Vec<(i64, i64)> = (1..=3).map(|id| (id, dice.roll(9))).collect();
        let mut farm = farm(&systems);
        let mut busy = Vec::new();
        for task in 1..=24 {
            let package = dice.roll(8);
            let facts = Facts { priority: dice.roll(3), ..heavy(task, package, 1 + package % 3) };
            let place = if dice.roll(6) == 0 { held(1 + dice.roll(3)) } else { Place::Ready };
            if place != Place::Ready {
                busy.push(task);
            }
            farm.place(facts, place, now);
        }
        let task = 1 + dice.roll(24);
        let Why::Ready(mut answers) = farm.why(task) else { continue };
        let Answer { system, says, .. } = answers.swap_remove(dice.index(answers.len()));
        let first = take(&mut farm, system);
        let kind = match says {
            Says::Next => {
                assert_eq!(first, Some(task));
                0
            }
            Says::Behind(_) => {
                assert!(first.is_some_and(|first| first != task));
                1
            }
            Says::Busy(_, tasks) => {
                assert!(!tasks.is_empty() && first != Some(task));
                assert!(tasks.iter().all(|task| busy.contains(task)), "only what is built there");
                2
            }
            Says::Never(_) => {
                assert_eq!(first, None, "nothing else is missing either: all are of one class");
                3
            }
        };
        seen[kind] += 1;
    }
    assert!(seen.iter().all(|count| *count > 10), "{seen:?}");
}

#[test]
fn as_many_go_before_a_task_as_is_said() {
    let mut dice = Dice(13);
    let now = Instant::now();
    for _ in 0..100 {
        let mut farm = farm(&[(1, 1_000)]);
        for task in 1..=30 {
            // All of one project, so that what is given changes nobody's turn.
            let facts = Facts { priority: dice.roll(3), ..heavy(task, task * 2, 1) };
            farm.place(facts, Place::Ready, now);
        }
        let task = 1 + dice.roll(30);
        let Why::Ready(answers) = farm.why(task) else { panic!("it waits") };
        let ahead = match answers[0].says {
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
    let mut dice = Dice(5);
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
