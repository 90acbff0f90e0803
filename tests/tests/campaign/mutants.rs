//! The campaigns find what they are there to find: each fails against a farm
//! that has been broken on purpose. Only `make test-long` runs these, for
//! broken programs must be built first.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use monkeyfarm_tests::campaign::{Campaign, Expect, Setup};
use monkeyfarm_tests::programs;

/// A fault that is built into a copy of the source.
struct Mutant {
    /// What it does.
    name: &'static str,
    /// The campaign that finds it, and in how many cases.
    found_by: (&'static str, u32),
    /// File, what stands there once, and what takes its place.
    changes: &'static [[&'static str; 3]],
}

/// The fence against workers that come back late is gone.
const STALE_IS_BELIEVED: &[[&str; 3]] = &[
    ["mf-hub/src/store/attempt.rs", "\"\" => Ok(Held {", "_ if true => Ok(Held {"],
    ["mf-hub/src/store/attempt.rs", "if !before.is_empty() {", "if before == \"x\" {"],
    ["mf-hub/src/dispatch/sign.rs", "_ => stop.push(*held),", "_ => {}"],
];

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "a log takes again what it has",
        found_by: ("hub::", 60),
        changes: &[[
            "mf-hub/src/files/log.rs",
            "usize::try_from(known).ok().and_then(|known| bytes.get(known..)).unwrap_or(&[])",
            "if known == u64::MAX { &[][..] } else { bytes }",
        ]],
    },
    Mutant {
        name: "an attempt has the files of the one before",
        found_by: ("worker::", 4),
        changes: &[[
            "mf-hub/src/files/mod.rs",
            "format!(\"tasks/{}/{}\", of.task, of.attempt)",
            "format!(\"tasks/{}/{}\", of.task, of.attempt.min(1))",
        ]],
    },
    Mutant {
        name: "a worker whose lease is over is still believed",
        found_by: ("frozen::", 20),
        changes: STALE_IS_BELIEVED,
    },
    Mutant {
        name: "a hub that comes back gives nobody time to say so",
        found_by: ("away::", 50),
        changes: &[
            [
                "mf-hub/src/dispatch/mod.rs",
                "farm.reload(snapshot, Instant::now())",
                "farm.reload(snapshot, Instant::now() - Duration::from_secs(3))",
            ],
            // It would listen for as long before it gives anybody up.
            [
                "mf-hub/src/dispatch/lease.rs",
                "const WATCH: Duration = Duration::from_secs(1);",
                "const WATCH: Duration = Duration::from_secs(0);",
            ],
        ],
    },
    Mutant {
        name: "a worker that is started again forgets what was built",
        found_by: ("restarted::", 3),
        changes: &[[
            "mf-daemons/src/worker/resume.rs",
            "in worker.outbox.left()? {",
            "in worker.outbox.left()?.into_iter().take(0) {",
        ]],
    },
    Mutant {
        name: "a worker begins whatever it was once given",
        found_by: ("late::", 1),
        changes: &[[
            "mf-daemons/src/worker/fresh.rs",
            "Self { until: Some(asked + COME_BACK) }",
            "Self { until: Some(asked + COME_BACK).filter(|_| false) }",
        ]],
    },
    Mutant {
        name: "a worker that was cut off is still believed",
        found_by: ("partition::", 60),
        changes: STALE_IS_BELIEVED,
    },
    Mutant {
        name: "a hub that was stopped hears nobody before it gives them up",
        found_by: ("stopped::", 60),
        changes: &[
            [
                "mf-hub/src/dispatch/lease.rs",
                "const WATCH: Duration = Duration::from_secs(1);",
                "const WATCH: Duration = Duration::from_secs(0);",
            ],
            [
                "mf-hub/src/dispatch/lease.rs",
                "const LATE: Duration = Duration::from_millis(500);",
                "const LATE: Duration = Duration::from_secs(9999);",
            ],
        ],
    },
    Mutant {
        name: "leases go by the time of day",
        found_by: ("clock::", 3),
        changes: &[
            [
                "mf-hub/src/dispatch/mod.rs",
                "leases().look(Instant::now())",
                "leases().look(Instant::now() + of_day())",
            ],
            [
                "mf-hub/src/dispatch/mod.rs",
                "leases().is_over(held, Instant::now())",
                "leases().is_over(held, Instant::now() + of_day())",
            ],
            // Now it looks at them without a break, and at once believes it.
            [
                "mf-hub/src/expire.rs",
                "sleep_until(next.unwrap_or_else(far)).await",
                "let _ = (next, far()); tokio::time::sleep(AGAIN / 20).await",
            ],
            [
                "mf-hub/src/dispatch/lease.rs",
                "const WATCH: Duration = Duration::from_secs(1);",
                "const WATCH: Duration = Duration::from_secs(0);",
            ],
            [
                "mf-hub/src/dispatch/mod.rs",
                "impl Dispatch {",
                "fn of_day() -> Duration {
                    static START: std::sync::LazyLock<i64> =
                        std::sync::LazyLock::new(mf_core::time::unix_now);
                    Duration::from_secs(mf_core::time::unix_now().abs_diff(*START) / 60 * 60)
                }
                impl Dispatch {",
            ],
        ],
    },
    Mutant {
        name: "a cancelled task whose worker is lost is built again",
        found_by: ("cancelled::", 20),
        changes: &[[
            "mf-core/src/task/state.rs",
            "(S::New | S::Queued, E::Cancel)",
            "(S::Cancelling, E::LoseWorker) => S::Queued, (S::New | S::Queued, E::Cancel)",
        ]],
    },
    Mutant {
        name: "a worker leaves a file open for each build",
        found_by: ("row::", 24),
        changes: &[[
            "mf-daemons/src/worker/task.rs",
            "match worker.outbox.begin(held) {",
            "std::mem::forget(std::fs::File::open(\"/dev/null\"));\n    match worker.outbox.begin(held) {",
        ]],
    },
    Mutant {
        name: "an outbox takes whatever comes",
        found_by: ("outbox::", 1),
        changes: &[[
            "mf-daemons/src/worker/outbox/room.rs",
            ".filter(|waiting| *waiting <= self.room.limit)",
            ".filter(|waiting| *waiting <= self.room.limit.max(u64::MAX))",
        ]],
    },
];

/// Seen at every change, not first when the mutants are built.
#[test]
fn every_mutant_fits_the_source() {
    for [file, old, _] in MUTANTS.iter().flat_map(|mutant| mutant.changes) {
        let text = fs::read_to_string(programs::source_tree().join(file)).unwrap();
        assert_eq!(text.matches(old).count(), 1, "mend the mutant: {old:?} in {file}");
    }
}

#[test]
#[ignore = "broken programs are built for it: make test-long"]
fn every_mutant_is_found() {
    let home = Home::new();
    // One alone, by a part of its name.
    let only = env::var("MF_MUTANT").unwrap_or_default();
    for mutant in MUTANTS.iter().filter(|mutant| mutant.name.contains(&only)) {
        home.write(&[]);
        home.write(mutant.changes);
        home.build();
        let (campaign, cases) = mutant.found_by;
        let output = Command::new(home.campaign())
            .args([campaign, "--test-threads=1"])
            .env("MF_CAMPAIGN_CASES", cases.to_string())
            .env_remove("MF_CAMPAIGN_SEED")
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        // Found by what is wrong, not by waiting for ever.
        let flaws = ["Lost(", "Doubled(", "Invented("];
        let found = flaws.iter().any(|flaw| shown.contains(flaw));
        assert!(found && !output.status.success(), "nobody notices: {}\n{shown}", mutant.name);
        eprintln!("found by {campaign} {}", mutant.name);
    }
}

/// A hub whose disk says that it has what it has not, as it may be under
/// `synchronous=OFF`.
#[test]
#[ignore = "it waits for what never comes: make test-long"]
fn commits_that_a_disk_has_dropped_are_found_missing() {
    let campaign = Campaign {
        name: "hub killed, on a disk that drops pages",
        // What the disk forgot to have ended is given up soon.
        setup: Setup { lease_seconds: 2, ..Setup::default() },
        expect: Expect::Reruns,
        cases: 3,
    };
    let tally = campaign.tally(async |case| {
        case.moment().await;
        case.site.kill_hub();
        case.site.drop_pages(60);
        case.site.start_hub();
    });
    // What is gone is lost, or happens again as if it never had.
    assert!(!tally.flaws.is_empty(), "{tally:?}");
}

/// Where mutants are built: a copy of the source that stays, so that only
/// what differs is built again.
struct Home {
    source: PathBuf,
    target: PathBuf,
}

impl Home {
    fn new() -> Self {
        let dir = programs::dir().parent().unwrap().join("mutants");
        let home = Self { source: dir.join("source"), target: dir.join("target") };
        fs::create_dir_all(&home.source).unwrap();
        home
    }

    /// The source as it is, but for these changes.
    fn write(&self, changes: &[[&str; 3]]) {
        if changes.is_empty() {
            for entry in fs::read_dir(programs::source_tree()).unwrap().flatten() {
                let name = entry.file_name();
                // But for what is built there, and what is no source.
                if name != "target" && !name.as_encoded_bytes().starts_with(b".") {
                    bring(&entry.path(), &self.source.join(name));
                }
            }
        }
        for [file, old, new] in changes {
            let path = self.source.join(file);
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text.replace(old, new)).unwrap();
        }
    }

    fn build(&self) {
        let packages = ["mf-hub", "mf-daemons", "mf-plugin-generic"];
        let status = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
            .args(["build", "--quiet", "--locked"])
            .args(packages.iter().flat_map(|package| ["--package", package]))
            .current_dir(&self.source)
            .env("CARGO_TARGET_DIR", &self.target)
            .status()
            .unwrap();
        assert!(status.success(), "the mutant cannot be built");
    }

    /// This program and the clock that it sets, beside the mutant's programs.
    fn campaign(&self) -> PathBuf {
        let programs = self.target.join("debug");
        fs::create_dir_all(programs.join("examples")).unwrap();
        let clock = programs.join("examples/libclock.so");
        fs::copy(programs::example_plugin("clock"), clock).unwrap();
        let beside = programs.join("campaign");
        fs::copy(env::current_exe().unwrap(), &beside).unwrap();
        beside
    }
}

/// Copies what differs.
fn bring(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            bring(&entry.path(), &to.join(entry.file_name()));
        }
    } else if fs::read(to).ok() != Some(fs::read(from).unwrap()) {
        fs::copy(from, to).unwrap();
    }
}
