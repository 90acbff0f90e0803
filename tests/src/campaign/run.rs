//! A campaign: so many cases on one farm, and what came of them.

use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::case::{Before, Case};
use super::check::{Expect, Kept, still_there};
use super::dice::Dice;
use super::lines::Flaw;
use super::listen::Reader;
use super::site::{Setup, Site};
use crate::farm::PATIENCE;

/// One campaign at a time: each is to have the host for itself, so that a
/// short lease is long enough.
pub(super) static ALONE: Mutex<()> = Mutex::new(());

/// After so many cases each it is said how far a long campaign has come.
const SAID_EVERY: u64 = 100;

/// What a campaign does.
pub struct Campaign {
    /// Its name.
    pub name: &'static str,
    /// The farm.
    pub setup: Setup,
    /// What may become of builds.
    pub expect: Expect,
    /// How many cases it has; not 0.
    pub cases: u64,
}

/// What came of a case, or of all.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How often a fault struck while work was in flight.
    pub faults: u64,
    /// Writes that were acknowledged: builds, tags, files, events, lines.
    pub acknowledged: u64,
    /// What is wrong.
    pub flaws: Vec<Flaw>,
    /// From each kill of the hub until somebody had a task again.
    pub first_claims: Vec<Duration>,
}

impl Campaign {
    /// Runs all cases; `fault` strikes in each. Fails at the first case with
    /// a flaw, naming its seed.
    ///
    /// # Panics
    /// Something was lost, doubled or invented; or there is no case at all.
    pub fn run(self, fault: impl AsyncFn(&mut Case<'_>)) {
        let tally = self.tally(fault);
        assert!(tally.flaws.is_empty(), "{}: {:#?}", self.name, tally.flaws);
    }

    /// As [`Campaign::run`], for one that is to find something.
    ///
    /// # Panics
    /// There is no case, or something does not come to its end.
    pub fn tally(&self, fault: impl AsyncFn(&mut Case<'_>)) -> Tally {
        // One that failed has not harmed the others.
        let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        assert!(self.cases > 0, "{}: a campaign without a case shows nothing", self.name);
        let tally = Runtime::new().unwrap().block_on(self.cases(fault));
        assert!(tally.faults >= self.cases, "{}: a case without a fault", self.name);
        let count = |which: fn(&Flaw) -> bool| tally.flaws.iter().filter(|f| which(f)).count();
        let told = format!(
            "campaign {}: {} cases, {} faults while work was in flight, {} writes acknowledged, \
             {} lost, {} doubled, {} invented\n",
            self.name,
            self.cases,
            tally.faults,
            tally.acknowledged,
            count(|flaw| matches!(flaw, Flaw::Lost(_))),
            count(|flaw| matches!(flaw, Flaw::Doubled(_))),
            count(|flaw| matches!(flaw, Flaw::Invented(_))),
        );
        say(&(told + &first_claims(&tally.first_claims)));
        tally
    }

    async fn cases(&self, fault: impl AsyncFn(&mut Case<'_>)) -> Tally {
        let mut site = Site::start(self.setup).await;
        let (mut all, mut before, mut kept) =
            (Tally::default(), Before::default(), Kept::default());
        let first = number("MF_CAMPAIGN_SEED").unwrap_or(1);
        for number in 0..self.cases {
            let mut complaint = Complaint { name: self.name, seed: first + number, said: None };
            let case = async {
                let dice = Dice::new(first + number);
                let mut case = Case::begin(&mut site, number, dice).await;
                fault(&mut case).await;
                let ledger = case.ledger.clone();
                let tally = case.end(self.expect, &mut before).await;
                (ledger, tally)
            };
            let Ok((ledger, tally)) = timeout(PATIENCE, case).await else {
                complaint.said = Some(site.said());
                panic!("{}: something does not come to its end", self.name);
            };
            all.faults += tally.faults;
            all.acknowledged += tally.acknowledged;
            all.flaws.extend(tally.flaws);
            all.first_claims.extend(tally.first_claims);
            if !all.flaws.is_empty() {
                complaint.tell(&site.said());
                all.faults += self.cases - number - 1;
                return all;
            }
            kept.add(&ledger.read(), &site.scratch);
            if (number + 1).is_multiple_of(SAID_EVERY) {
                say(&format!("campaign {}: {} of {} cases\n", self.name, number + 1, self.cases));
            }
        }
        let reader = Reader::new(&site.client, site.url(), site.key());
        all.flaws = still_there(&reader, &site.scratch, &kept).await;
        all
    }
}

/// Says how a campaign goes; not through `print!`, which is kept back when a
/// test succeeds.
fn say(told: &str) {
    // Without somebody to hear it, it goes on all the same.
    let _ = std::io::stderr().write_all(told.as_bytes());
}

/// A line about them, as watchers saw it; nothing is asserted of time.
fn first_claims(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort();
    let (Some(middle), Some(last)) = (times.get(times.len() / 2), times.last()) else {
        return String::new();
    };
    let (count, middle, last) = (times.len(), middle.as_millis(), last.as_millis());
    format!("  hub killed -> first claim seen: {middle} ms, at most {last} ms, of {count}\n")
}

/// Says how to run a case again, if it fails.
struct Complaint {
    name: &'static str,
    seed: u64,
    said: Option<String>,
}

impl Complaint {
    fn tell(&self, said: &str) {
        eprintln!(
            "campaign {}: the case of MF_CAMPAIGN_SEED={} MF_CAMPAIGN_CASES=1; the programs said:\n{said}",
            self.name, self.seed
        );
    }
}

impl Drop for Complaint {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tell(self.said.as_deref().unwrap_or(""));
        }
    }
}

/// How many cases a campaign has: `few`, unless `MF_CAMPAIGN_CASES` says
/// otherwise; one that waits for leases has one of every `share`.
pub fn cases(few: u64, share: u64) -> u64 {
    number("MF_CAMPAIGN_CASES").map_or(few, |cases| cases.div_ceil(share))
}

/// A number that the environment gives.
///
/// # Panics
/// It gives something else.
pub fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, and no number")))
}
