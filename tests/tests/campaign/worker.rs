//! The worker is killed at any moment: what it had not finished is run again,
//! and nothing else.

use monkeyfarm_tests::campaign::{Campaign, Expect, Setup, cases};

#[test]
fn a_killed_worker_loses_nothing_that_was_acknowledged() {
    let campaign = Campaign {
        name: "worker killed",
        setup: Setup::default(),
        expect: Expect::Reruns,
        cases: cases(4, 1),
    };
    campaign.run(async |case| {
        // Not more often: a task that loses three workers is given up.
        for _ in 0..=case.dice.roll(2) {
            case.moment().await;
            case.site.kill_worker(0);
            case.site.start_worker(0);
        }
    });
}
