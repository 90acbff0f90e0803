//! The hub's time of day jumps by an hour, forth and back: nobody minds.

use monkeyfarm_tests::campaign::{Campaign, Expect, Setup, cases};

const HOUR: i64 = 3600;

#[test]
fn a_clock_that_jumps_an_hour_harms_nothing() {
    let campaign = Campaign {
        name: "hub's clock set",
        setup: Setup { lease_seconds: 3, clock: true, ..Setup::default() },
        expect: Expect::OneRun,
        cases: cases(3, 1),
    };
    campaign.run(async |case| {
        for _ in 0..=case.dice.roll(3) {
            let jump = if case.dice.one_in(2) { HOUR } else { -HOUR };
            case.moment().await;
            case.site.set_clock(jump);
            // It has jumped, as the hub itself says.
            case.tag_dated(jump).await;
        }
        case.moment().await;
        case.site.set_clock(0);
    });
}
