//! A worker stops in the middle of everything, for longer than its lease, and
//! comes back as if nothing had been.

use monkeyfarm_tests::campaign::{Campaign, Expect, Setup, cases};

#[test]
fn nothing_that_a_frozen_worker_says_late_is_believed() {
    let campaign = Campaign {
        name: "worker frozen",
        setup: Setup { lease_seconds: 2, workers: 2, ..Setup::default() },
        expect: Expect::Reruns,
        cases: cases(2, 2),
    };
    campaign.run(async |case| {
        case.moment().await;
        let anchor = case.anchors[0].clone();
        let frozen = case.site.worker_of(&case.system_of(&anchor).await);
        case.site.worker(frozen).freeze();
        // Its builds go on without it: they end before or after those that
        // take their place, or at the same time.
        match case.dice.roll(3) {
            0 => {
                case.site.scratch.open_gate();
                case.wait_for_end(&anchor);
                case.site.scratch.close_gate();
            }
            1 => case.site.scratch.open_gate(),
            _ => {}
        }
        case.wait_for_attempt(&anchor, 2).await;
        let steps = case.ledger.steps() + case.dice.roll(40);
        tokio::select! {
            () = case.ledger.reach(steps) => {}
            () = case.ledger.until(|book| book.busy == 0) => {}
        }
        case.site.worker(frozen).thaw();
    });
}
