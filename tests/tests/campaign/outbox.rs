//! The outbox is full while the hub is away: the build is ended with a
//! sentence, and what it had written until then arrives.

use mf_core::task::State;
use monkeyfarm_tests::campaign::{Flaw, LOUD, Setup, Site, alone};

#[test]
fn a_full_outbox_ends_the_build_with_a_sentence() {
    alone(1, async {
        let mut site = Site::start(Setup { outbox_megabytes: 1, ..Setup::default() }).await;
        site.scratch.close_gate();
        let build = site.submit("loud").await;
        site.until_began(&build).await;
        site.kill_hub();
        // It writes three megabytes, of which one fits.
        site.scratch.open_gate();
        monkeyfarm_tests::campaign::wait_until_sealed(&site.outbox(0));
        site.start_hub();
        site.until_ended(&build).await;
        let task = site.task(&build).await;
        let flaw = Flaw::Invented(format!("a success of {LOUD} bytes in a megabyte: {task:?}"));
        assert!(task.status_label == State::BuildFail.status(), "{flaw:?}");
        let why = "the log cannot be kept: the outbox of this worker is full";
        assert!(task.message.contains(why), "{task:?}");
        let log = site.log(&build).await;
        let text = String::from_utf8_lossy(&log);
        let last = text.lines().last().unwrap();
        assert!(last.starts_with(&format!("[mf] failed: {why}")), "{last:?}");
        assert!(log.len() > 700_000 && log.len() < 1_100_000, "{} bytes", log.len());
        // What is delivered makes room.
        let next = site.submit("free0").await;
        site.until_ended(&next).await;
        assert_eq!(site.task(&next).await.status_label, State::BuildSuccess.status());
    });
}
