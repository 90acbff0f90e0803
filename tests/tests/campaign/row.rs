//! Builds in a row: hub, regulator and worker take no more at the end than
//! they took when the first of them had been built.

use monkeyfarm_tests::campaign::{Flaw, QUICK, Setup, Site, Taken, alone, number};

/// Builds that come before the first look.
const WARM_UP: usize = 120;
/// What memory may differ by, in MB: what allocators and caches keep.
const MEMORY: f64 = 12.0;
/// What open files may differ by: connections come and go.
const FILES: usize = 12;

#[test]
fn builds_in_a_row_leave_nothing_behind() {
    let builds = number("MF_CAMPAIGN_CASES").map_or(240, |cases| cases * 10) as usize;
    assert!(builds > 0, "no build shows nothing");
    alone(2 + builds as u32 / 100, async {
        let site = Site::start(Setup::default()).await;
        let mut row = site.row().await;
        row.build(WARM_UP).await;
        let before = Taken::of(&site);
        row.build(builds).await;
        let after = Taken::of(&site);
        eprintln!("builds in a row: {builds}; after {WARM_UP}: {before}; at the end: {after}");
        let mut flaws = Vec::new();
        for (before, after) in before.0.iter().zip(&after.0) {
            let grown = after.memory > before.memory + MEMORY
                || after.files > before.files + FILES
                || after.processes > before.processes;
            if grown {
                flaws.push(Flaw::Invented(format!("{after}, where there was {before}")));
            }
        }
        assert!(flaws.is_empty(), "{} builds of {QUICK:?}: {flaws:#?}", row.built);
    });
}
