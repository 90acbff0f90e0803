//! A build ends while the hub is away, its worker is killed and started again:
//! what was built is delivered, once and whole, and not built again.

use monkeyfarm_tests::campaign::{Campaign, Expect, Setup, cases};

#[test]
fn a_restarted_worker_delivers_what_was_built_while_the_hub_was_away() {
    let campaign = Campaign {
        name: "hub away, worker restarted",
        setup: Setup::default(),
        expect: Expect::OneBuild,
        cases: cases(3, 1),
    };
    campaign.run(async |case| {
        case.moment().await;
        case.site.kill_hub();
        case.site.scratch.open_gate();
        for anchor in case.anchors.clone() {
            case.wait_for_end(&anchor);
        }
        case.wait_until_sealed(0);
        // Sometimes the next one too, which can only wait.
        for _ in 0..=case.dice.roll(2) {
            case.site.kill_worker(0);
            case.site.begin_worker(0);
        }
        if case.dice.one_in(2) {
            // The next worker comes to a hub that is there.
            case.site.kill_worker(0);
            case.site.start_hub();
            case.site.begin_worker(0);
        } else {
            case.site.start_hub();
        }
        case.site.wait_worker(0);
    });
}
