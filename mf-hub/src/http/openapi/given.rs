//! What functions return that is no object of the table, each as an example of
//! what the hub sends, from which its schema is made.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use mf_core::VERSION;
use mf_core::errand::{ErrandClaim, ErrandLease, ErrandStatus, Kind, State, Work};
use mf_core::task::STATUSES;
use mf_core::wire::{Claim, Enrolled, HeadSource, HeartbeatReply, Held, Registered, TaskFile};
use serde_json::{Value, json};

use crate::http::cause::{Cause, Part};
use crate::http::lines::Excerpt;
use crate::store::dry_run::{Plan, Planned, Refused};
use crate::store::key::Listed;
use crate::store::plugin::{Evidence, Plugin, Shown};
use crate::store::quarantine::Quarantined;
use crate::store::queue::Queue;
use crate::store::status::{Status, SystemStatus};
use crate::store::why::{Details, SystemSays, VERDICTS, Verdict};

static VERDICT: LazyLock<String> = LazyLock::new(|| {
    let each: Vec<String> =
        VERDICTS.iter().map(|(word, means)| format!("{word}: {means}")).collect();
    each.join("; ")
});

/// What may be null.
pub const NULLABLE: &[&str] = &["claim", "errand"];
const HELD: Held = Held { task: 7, attempt: 1 };

/// The key in `data`, or resource, function and key where the same key has
/// another meaning elsewhere; what it is; an example.
pub fn all() -> Vec<(&'static str, &'static str, Value)> {
    let registered = Registered { label: "builder1".into(), lease_seconds: 60, stop: vec![HELD] };
    let stop = HeartbeatReply { stop: vec![HELD] };
    let changed = json!({ "enabled": ["generic"], "disabled": ["mock"] });
    vec![
        ("version", "the hub's version", json!(VERSION)),
        ("status", "the farm at a glance", json!(status())),
        ("whoami", "kind is user, system, regulator or nobody", whoami()),
        ("key", "the key, this once", json!("mf_1f0c…")),
        ("token", "the token, this once", json!("mfe_1f0c…")),
        (
            "system/enrol/system",
            "which system the host is",
            json!(Enrolled { label: "builder1".into() }),
        ),
        ("keys", "all of them, without their secrets", json!([key()])),
        ("download_url", "fetched by a plain GET, without a key", json!("http://farm/download?…")),
        ("history", "the newest first; `changes` has `from` and `to` by field", history()),
        ("after", "the next page's `after`; 0 at the end", json!(17)),
        ("verdict", &VERDICT, json!("running")),
        (
            "sentence",
            "the same as a sentence, with what to do",
            json!("it runs on builder1 since …"),
        ),
        ("details", "what it needs, and what each system says while it waits", details()),
        (
            "plan",
            "its tasks and what would be said about each, and the targets that would get none",
            plan(),
        ),
        ("queue", "the tasks that wait for a worker", json!(queue())),
        ("found", "objects of all resources", found()),
        ("moved_builds", "builds that now have the other tag", json!(["php-5.2.14-1"])),
        ("untagged_builds", "builds that have neither tag now", json!(["php-5.2.13-1"])),
        ("revision", "what the whole build is of; empty while unknown", json!("0a1b2c3")),
        ("files", "everything that every attempt made", json!([file()])),
        (
            "lines",
            "lines of a log, with their times in seconds since 1970; 0 if not known",
            json!(lines()),
        ),
        (
            "cause",
            "the number of the line that looks like an error, 0 if none does; lines in parts, \
             between which others are left out",
            json!(cause()),
        ),
        ("task/search_log/found", "numbers of lines, from 1", json!([17])),
        ("more", "whether there are more", json!(false)),
        ("length", "how long the log is now, in bytes", json!(4096)),
        ("system/register/system", "who the worker is", json!(registered)),
        ("claim", "a task to build, with its lease; null if none came in time", json!(claim())),
        ("heads", "each is looked at once", json!([HeadSource::default()])),
        ("submitted", "labels of the builds of the new head", json!(["php-build8"])),
        ("looked_at", "labels of the package-branches with that source", json!(["php.rpm"])),
        (
            "errand",
            "what is to be done, with its lease; the rest of `work` is of its kind (bug, \
             repository); null when there is none",
            errand(),
        ),
        ("errands", "newest first, at most 1000", json!([trouble()])),
        ("heartbeat", "what must be stopped", json!(stop)),
        ("registered", "labels of handlers that are now enabled or disabled", changed),
        ("enabled", "labels of handlers that are now enabled", json!(["generic"])),
        ("disabled", "labels of handlers that are now disabled", json!(["mock"])),
        ("plugins", "all of them, without the evidence of their crashes", json!([plugin()])),
        ("plugin", "each file of that id, with its crashes, the newest first", json!([shown()])),
        ("cleared", "SHA-256 of each file concerned", json!([plugin().digest])),
    ]
}

fn whoami() -> Value {
    json!({ "kind": "user", "label": "ada", "admin": false, "key_id": "1f0c3a5b7d9e2468" })
}

fn key() -> Listed {
    Listed {
        key_id: "1f0c3a5b7d9e2468".into(),
        name: "laptop".into(),
        create_date: "2026-01-31 12:00:00".into(),
        expire_date: "2026-05-01 12:00:00".into(),
        last_use_date: "2026-01-31 23:59:00".into(),
    }
}

fn history() -> Value {
    json!([{
        "id": 17, "date": "2026-01-31 23:59:59", "actor": "ada", "key": "1f0c2b3a4d5e6f70",
        "verb": "update", "label": "testing", "changes": {},
    }])
}

fn found() -> Value {
    let text = "Fast Version Control System";
    json!([{ "resource": "package", "label": "git17", "project_label": "ius", "text": text }])
}

fn details() -> Value {
    json!(Details { systems: vec![SystemSays::default()], ..Details::default() })
}

fn plan() -> Value {
    let why = Verdict {
        verdict: "next",
        sentence: "it is the next task of builder1: now".into(),
        details: Details { systems: vec![SystemSays::default()], ..Details::default() },
    };
    let label = "php-build1.el6-x86_64".into();
    let task = Planned { label, target_label: "el6-x86_64".into(), why };
    let reason = "release el4 is at its end of life".into();
    let refused = Refused { target_label: "el4-i386".into(), reason };
    json!(Plan { label: "php-build1".into(), tasks: vec![task], refused: vec![refused] })
}

fn queue() -> Queue {
    Queue { length: 0, oldest_seconds: 0, paused: None }
}

fn claim() -> Claim {
    Claim { task_id: 7, attempt: 1, token: "…".into(), ..Claim::default() }
}

fn plugin() -> Plugin {
    Plugin {
        plugin: "mock".into(),
        version: "1.0.0".into(),
        digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        crashes: 1,
        ..Plugin::default()
    }
}

fn shown() -> Shown {
    let evidence = Evidence {
        date: "2026-01-31 23:59:59".into(),
        actor: "builder1".into(),
        handler: "mock".into(),
        how: "plugin 'mock' panicked".into(),
        ..Evidence::default()
    };
    Shown { plugin: plugin(), evidence: vec![evidence] }
}

fn cause() -> Cause {
    let Excerpt { text, times, .. } = lines();
    Cause { hit: 17, parts: vec![Part { first: 17, text, times }] }
}

fn lines() -> Excerpt {
    let text = vec!["gcc -c hello.c".to_owned()];
    Excerpt { first: 17, text, times: vec![1_770_000_000], ..Excerpt::default() }
}

fn file() -> TaskFile {
    TaskFile {
        kind: "file".into(),
        name: "hello".into(),
        size: 16_384,
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        attempt: 1,
    }
}

fn status() -> Status {
    let counts: BTreeMap<String, i64> =
        STATUSES.iter().map(|status| ((*status).to_owned(), 0)).collect();
    Status {
        version: VERSION,
        builds: counts.clone(),
        tasks: counts,
        queue: queue(),
        systems: vec![SystemStatus {
            label: "builder1".into(),
            enabled: true,
            drained: None,
            capacity: 4,
            load: 1,
            running: 1,
            waiting: 1,
            last_seen: "2026-01-31 23:59:59".into(),
        }],
        errands: [("refused", 1), ("running", 0), ("waiting", 2)]
            .map(|(s, n)| (s.into(), n))
            .into(),
        troubles: vec![head()],
        quarantined: vec![quarantined()],
        regulator_seen: "2026-01-31 23:59:00".into(),
        scarce_bytes: None,
    }
}

fn quarantined() -> Quarantined {
    let Plugin { plugin, version, digest, .. } = plugin();
    let (date, why) = ("2026-01-31 23:59:59".into(), "killed by SIGSEGV".into());
    Quarantined { plugin, version, digest, date, why }
}

fn errand() -> Value {
    let claim = ErrandClaim {
        lease: errand_lease(),
        lease_seconds: 60,
        marker: "5bdcc146bf60754e6a04".into(),
        work: Work::Bug(Box::default()),
    };
    let mut claim = json!(claim);
    // All that every kind of work has.
    claim["work"] = json!({ "kind": Kind::Bug.name() });
    claim
}

/// The lease that hooks report under.
pub fn errand_lease() -> ErrandLease {
    ErrandLease { errand: 12, attempt: 1, token: "…".into() }
}

/// A head that cannot be looked at: as an errand, and without an id.
fn head() -> ErrandStatus {
    ErrandStatus {
        id: None,
        kind: "head".into(),
        about: "look at the head of php.rpm".into(),
        build_label: String::new(),
        tag_label: String::new(),
        message: "https://git.example.org does not answer".into(),
        ..trouble()
    }
}

fn trouble() -> ErrandStatus {
    ErrandStatus {
        id: Some(12),
        kind: "bug".into(),
        about: "close bug 17".into(),
        project_label: "ius".into(),
        build_label: "php-5.2.14-1".into(),
        tag_label: "stable".into(),
        state: State::Waiting,
        attempts: 3,
        next_try: "2026-01-31 23:59:59".into(),
        message: "https://bugs.example.org does not answer".into(),
    }
}
