//! A build is cancelled while hub or worker are struck: it ends cancelled,
//! nothing of it goes on, and its neighbour is built.

use monkeyfarm_tests::campaign::{Campaign, Expect, Setup, cases};

#[test]
fn a_cancelled_build_stays_cancelled_whatever_dies_meanwhile() {
    let campaign = Campaign {
        name: "cancelled under faults",
        setup: Setup::default(),
        expect: Expect::Reruns,
        cases: cases(4, 1),
    };
    campaign.run(async |case| {
        let build = case.anchors[1].clone();
        case.moment().await;
        let cancelling = case.cancel(&build);
        if case.dice.one_in(2) {
            // Struck when the hub has taken it, and the worker perhaps not.
            case.ledger.until(|book| book.is_cancelling(&build)).await;
        }
        match case.dice.roll(3) {
            0 => {
                case.site.kill_hub();
                case.site.start_hub();
            }
            1 => {
                case.site.kill_worker(0);
                case.site.start_worker(0);
            }
            _ => {
                case.site.kill_worker(0);
                case.site.kill_hub();
                case.site.start_hub();
                case.site.start_worker(0);
            }
        }
        cancelling.await.unwrap();
        // Cancelled, it does not pass the gate any more.
        case.wait_until_cancelled(&build).await;
    });
}
