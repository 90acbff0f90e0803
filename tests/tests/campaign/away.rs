//! The hub is away for longer than a lease: builds go on, and what they write
//! waits for it.

use std::time::Duration;

use monkeyfarm_tests::campaign::{Campaign, Case, Expect, Setup, Way, cases};

/// How long an attempt lives without a heartbeat, in seconds.
const LEASE: u64 = 3;

fn campaign(name: &'static str, way: Way) {
    let campaign = Campaign {
        name,
        setup: Setup { lease_seconds: LEASE, way, ..Setup::default() },
        expect: Expect::OneRun,
        cases: cases(1, 10),
    };
    campaign.run(be_away);
}

async fn be_away(case: &mut Case<'_>) {
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
}

#[test]
fn a_hub_that_refuses_connections_while_it_is_away_loses_nothing() {
    campaign("hub away, refusing", Way::Refused);
}

#[test]
fn a_hub_that_lets_connections_wait_while_it_is_away_loses_nothing() {
    campaign("hub away, connections waiting", Way::Kept);
}
