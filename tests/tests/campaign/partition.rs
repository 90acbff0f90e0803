//! The network between a worker and the hub fails, in either direction or
//! both, for a moment or for longer than a lease.

use std::time::Duration;

use monkeyfarm_tests::campaign::{Campaign, Case, Expect, Setup, cases};

/// How long an attempt lives without a heartbeat, in seconds.
const LEASE: u64 = 2;

#[test]
fn a_network_that_fails_loses_doubles_and_invents_nothing() {
    let campaign = Campaign {
        name: "network partition",
        setup: Setup { lease_seconds: LEASE, workers: 2, proxied: true, ..Setup::default() },
        expect: Expect::Reruns,
        cases: cases(4, 2),
    };
    campaign.run(async |case| {
        // Not more often: a task that loses three workers is given up.
        for _ in 0..=case.dice.roll(2) {
            case.moment().await;
            fail(case).await;
        }
    });
}

async fn fail(case: &mut Case<'_>) {
    let anchor = case.anchors[0].clone();
    let system = case.system_of(&anchor).await;
    let Some(struck) = case.site.find_worker(&system) else { return };
    let (how, refused) = (case.dice.roll(5), case.dice.one_in(2));
    let length = match case.dice.roll(3) {
        0 => case.dice.roll(100),
        1 => case.dice.roll(LEASE * 1000),
        _ => LEASE * 1000 + case.dice.roll(LEASE * 1000),
    };
    let network = &case.site.proxies[struck];
    let before = network.passed();
    match how {
        0 => network.set(|weather| (weather.up_held, weather.down_held) = (true, true)),
        1 => network.set(|weather| weather.up_held = true),
        2 => network.set(|weather| weather.down_held = true),
        3 => network.cut(),
        _ => network.half_cut(),
    }
    network.set(|weather| weather.refused = refused);
    // That it lasts is what this is about.
    tokio::time::sleep(Duration::from_millis(length)).await;
    if how == 0 {
        // What was under way when it began to be held may still have passed.
        let most = before + 1_000_000;
        assert!(network.passed() < most, "the network was not held");
    }
    if case.dice.one_in(2) {
        // What it kept back is lost, or comes late.
        network.cut();
    }
    network.clear();
}
