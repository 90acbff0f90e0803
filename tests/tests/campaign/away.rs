//! The hub is away for longer than a lease, and refuses connections: builds
//! go on, and what they write waits for it.

use std::time::Duration;

use monkeyfarm_tests::campaign::{Campaign, Expect, Setup, Way, cases};

/// How long an attempt lives without a heartbeat, in seconds.
const LEASE: u64 = 3;

#[test]
fn nothing_is_lost_and_nothing_runs_twice_when_the_hub_is_away() {
    let campaign = Campaign {
        name: "hub away",
        setup: Setup { lease_seconds: LEASE, workers: 1, way: Way::Refused },
        expect: Expect::OneRun,
        cases: cases(2, 10),
    };
    campaign.run(async |case| {
        case.moment().await;
        case.site.kill_hub();
        // Half of the time the builds end meanwhile.
        if case.dice.one_in(2) {
            case.site.scratch.open_gate();
        }
        let away = LEASE * 1000 + case.dice.roll(LEASE * 1000);
        // That it is away for so long is what this is about.
        tokio::time::sleep(Duration::from_millis(away)).await;
        case.site.start_hub();
    });
}
