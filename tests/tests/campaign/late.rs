//! A claim's answer is long on its way: by the time it arrives the task has
//! been built elsewhere, and is not begun again.

use std::time::Duration;

use monkeyfarm_tests::campaign::{Flaw, Setup, Site, alone};
use tokio::time::sleep;

/// How long an attempt lives without a heartbeat, in seconds.
const LEASE: u64 = 2;
/// Within that a worker begins what it would begin.
const MOMENT: Duration = Duration::from_millis(500);

#[test]
fn what_has_been_built_elsewhere_is_not_begun_when_its_claim_arrives_late() {
    alone(1, async {
        let setup = Setup { lease_seconds: LEASE, workers: 2, proxied: true, ..Setup::default() };
        let site = Site::start(setup).await;
        let (late, other) =
            (site.worker(0).ready.system.clone(), site.worker(1).ready.system.clone());
        site.enable(&other, false).await;
        // The first worker waits for a task, and its hub's words are kept back.
        site.until_waiting(&late).await;
        site.proxies[0].set(|weather| weather.down_held = true);
        let build = site.submit("free0").await;
        // Its lease runs out without a word of it; then it is the other's.
        site.until_attempt_ends(&build, 1).await;
        site.enable(&late, false).await;
        site.enable(&other, true).await;
        site.until_ended(&build).await;
        let runs = site.scratch.runs(&Site::task_of(&build));
        assert_eq!((runs.began.len(), runs.ended.len()), (1, 1), "{runs:?}");
        // The old answer arrives, and for a moment it is all that the worker
        // hears: nobody can tell it what has become of the task.
        let before = site.proxies[0].passed();
        site.proxies[0].set(|weather| {
            (weather.down_held, weather.up_held) = (false, true);
        });
        while site.proxies[0].passed() == before {
            sleep(MOMENT / 50).await;
        }
        sleep(MOMENT).await;
        // Once it has built something else it has long done what it would do
        // about that.
        site.enable(&other, false).await;
        site.enable(&late, true).await;
        site.proxies[0].clear();
        let next = site.submit("free1").await;
        site.until_ended(&next).await;
        let now = site.scratch.runs(&Site::task_of(&build));
        let flaw = Flaw::Doubled(format!("a run that came late: {now:?}"));
        assert!(now == runs, "{flaw:?}");
    });
}
