//! The hub is killed at any moment: what it acknowledged is there, and what
//! ran goes on and is not run twice.

use monkeyfarm_tests::campaign::{Campaign, Expect, Setup, cases};

#[test]
fn nothing_is_lost_and_nothing_runs_twice_when_the_hub_is_killed() {
    let campaign = Campaign {
        name: "hub killed",
        setup: Setup::default(),
        expect: Expect::OneRun,
        cases: cases(4, 1),
    };
    campaign.run(async |case| {
        // Sometimes the new one too, which has just begun.
        for _ in 0..=case.dice.roll(2) {
            case.moment().await;
            case.site.kill_hub();
            case.site.start_hub();
        }
    });
}
