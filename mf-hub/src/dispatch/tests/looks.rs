//! How much is looked at when the farm changes: steps are counted, because
//! times would depend on how busy the machine is.

use std::cell::Cell;
use std::time::Instant;

use super::{facts, farm, system};
use crate::dispatch::farm::Farm;
use crate::dispatch::place::Place;
use crate::dispatch::system::System;

thread_local! {
    static LOOKS: Cell<usize> = const { Cell::new(0) };
}

/// A package was held against a system.
pub fn count() {
    LOOKS.set(LOOKS.get() + 1);
}

/// How often that was done meanwhile.
fn during(work: impl FnOnce()) -> usize {
    let before = LOOKS.get();
    work();
    LOOKS.get() - before
}

/// Systems that wait for a task.
const SYSTEMS: i64 = 100;
/// Packages that the tasks are of.
const PACKAGES: i64 = 50;

/// A farm that was paused before so many tasks came, which all of its systems
/// could build.
fn paused(tasks: i64) -> Farm {
    let systems: Vec<(i64, i64)> = (1..=SYSTEMS).map(|id| (id, 1)).collect();
    let (mut farm, now) = (farm(&systems), Instant::now());
    assert!(farm.pause(true).is_empty());
    for task in 1..=tasks {
        assert!(farm.place(facts(task, task % PACKAGES), Place::Ready, now).is_empty());
    }
    farm
}

/// What pausing, draining, resuming a system and the queue look at.
async fn halting(tasks: i64) -> [usize; 4] {
    let (mut farm, now) = (paused(tasks), Instant::now());
    let boxes: Vec<_> =
        (1..=SYSTEMS).map(|id| farm.ask(id, "n", now).expect_err("it is paused")).collect();
    let pausing = during(|| assert!(farm.pause(true).is_empty()));
    let draining = during(|| {
        assert!(farm.system(System { enabled: false, ..system(1, 1) }).is_empty());
    });
    let resuming = during(|| assert!(farm.system(system(1, 1)).is_empty()));
    let mut given = 0;
    let going_on = during(|| given = farm.pause(false).len());
    assert_eq!(given, boxes.len(), "each has one");
    [pausing, draining, resuming, going_on]
}

#[tokio::test]
async fn halting_looks_at_no_more_of_many_tasks_than_of_few() {
    let (few, many) = (halting(1_000).await, halting(100_000).await);
    assert_eq!(few, many);
    assert_eq!(many[..3], [0; 3], "where nobody gets a task nothing is looked at");
    let each = many[3] / usize::try_from(SYSTEMS).expect("it is small");
    assert!(each <= 2 * usize::try_from(PACKAGES).expect("it is small"), "{each} for each");
}
