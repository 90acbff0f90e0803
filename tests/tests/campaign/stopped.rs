//! The hub itself is stopped for longer than a lease, and goes on: it does not
//! hold against its workers what it has not heard.

use std::time::Duration;

use monkeyfarm_tests::campaign::{Campaign, Expect, Setup, cases};

/// How long an attempt lives without a heartbeat, in seconds.
const LEASE: u64 = 3;

#[test]
fn a_hub_that_was_stopped_for_longer_than_a_lease_runs_nothing_twice() {
    let campaign = Campaign {
        name: "hub stopped for a while",
        setup: Setup { lease_seconds: LEASE, ..Setup::default() },
        expect: Expect::OneRun,
        cases: cases(1, 10),
    };
    campaign.run(async |case| {
        for _ in 0..=case.dice.roll(2) {
            case.moment().await;
            case.site.hub().freeze();
            let length = LEASE * 1000 + case.dice.roll(LEASE * 1000);
            // That it stands still for so long is what this is about.
            tokio::time::sleep(Duration::from_millis(length)).await;
            case.site.hub().thaw();
        }
    });
}
