//! Hub and worker are killed at the same time.

use monkeyfarm_tests::campaign::{Campaign, Expect, Setup, cases};

#[test]
fn hub_and_worker_killed_together_lose_nothing_that_was_acknowledged() {
    let campaign = Campaign {
        name: "hub and worker killed",
        setup: Setup::default(),
        expect: Expect::Reruns,
        cases: cases(4, 1),
    };
    campaign.run(async |case| {
        case.moment().await;
        if case.dice.one_in(2) {
            case.site.kill_hub();
            case.site.kill_worker(0);
        } else {
            case.site.kill_worker(0);
            case.site.kill_hub();
        }
        case.site.start_hub();
        case.site.start_worker(0);
    });
}
