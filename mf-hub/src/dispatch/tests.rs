//! The rules of dispatch, one by one; and, in a file of their own, against a
//! random farm.

mod dice;
pub mod looks;
mod model;
mod random;

use std::sync::Arc;
use std::time::{Duration, Instant};

use mf_core::wire::{HandlerKind, Held};

use super::farm::Farm;
use super::lane::{Class, Facts, Package};
use super::pick::{Enabled, Reason, fits, serves};
use super::place::{Place, Snapshot, Ticket, Told};
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
        differs: Enabled::new(),
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
    let other = System { differs: enabled(), ..able.clone() };
    assert_eq!(serves(&other, &enabled(), &class), Err(Reason::HandlerDiffers(build, generic())));
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
    let told = |stop: &[Held], news| Told { stop: stop.to_vec(), news };
    assert_eq!(farm.heartbeat(1, &[one], now).0, told(&[one], true));
    assert_eq!(farm.heartbeat(1, &[one], now).0, told(&[one], false), "it was told before");

    assert_eq!(farm.heartbeat(1, &[], now).0.stop, [one], "it was claimed since");
    assert_eq!(farm.heartbeat(1, &[], now).0, told(&[one], true), "its claim is on its way");

    farm.lose(one, now);
    farm.place(facts(1, 1), Place::Ready, now);
    assert_eq!(farm.leases().look(now + Duration::from_secs(600)).over, []);
    assert_eq!(take(&mut farm, 1), None, "its host may still be busy with it");
    assert_eq!(farm.heartbeat(1, &[one], now).0.stop, [one]);
    assert_eq!(take(&mut farm, 1), None);
    assert_eq!(farm.heartbeat(1, &[], now).0.stop, []);
    assert_eq!(take(&mut farm, 1), Some(1));
}

#[test]
fn only_the_last_heartbeat_can_hang_up() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut farm = farm(&[(1, 2)]);
    let one = Held { task: 1, attempt: 1 };
    farm.place(facts(1, 1), held(1), start);
    let (first, _) = farm.beat(1);
    let (second, _) = farm.beat(1);
    farm.heartbeat(1, &[one], start);
    // The end of the old connection is seen after the new one's beginning.
    farm.hang_up(1, first, start);
    assert_eq!(farm.leases().look(start).next, Some(at(59)));
    farm.hang_up(1, second, start);
    assert_eq!(farm.leases().look(start).next, Some(at(1)));
    assert_eq!(farm.leases().look(at(1)).over.len(), 1);
    farm.heartbeat(1, &[one], at(1));
    assert_eq!(farm.leases().look(at(60)).over, [], "it is back");
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

#[tokio::test]
async fn a_change_of_the_farm_gives_those_who_wait_what_they_can_take_now() {
    let now = Instant::now();
    let mut farm = farm(&[(1, 0), (2, 1)]);
    let _boxes = [1, 2].map(|id| farm.ask(id, "n", now).expect_err("nothing is ready"));
    let arm = Class { arch: "aarch64".into(), ..(*facts(1, 1).class).clone() };
    let ready = Facts { class: Arc::new(arm), ..facts(1, 1) };
    assert!(farm.place(ready.clone(), Place::Ready, now).is_empty(), "nobody serves it");
    let able = System { archs: ["aarch64".to_owned()].into(), ..system(2, 1) };
    let snapshot = Snapshot {
        systems: vec![system(1, 0), able],
        enabled: enabled(),
        tasks: vec![(ready, Place::Ready)],
        paused: false,
    };
    let chosen = farm.reload(snapshot, now);
    assert_eq!(chosen.iter().map(|(waiter, _)| waiter.system).collect::<Vec<_>>(), [2]);
    // The first has a capacity now, and what is ready needs it.
    assert!(farm.place(facts(2, 2), Place::Ready, now).is_empty());
    let chosen = farm.system(system(1, 1));
    assert_eq!(chosen.iter().map(|(waiter, _)| waiter.system).collect::<Vec<_>>(), [1]);
}
