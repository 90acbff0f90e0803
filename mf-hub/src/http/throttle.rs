//! Slows down those who fail often: counted by address and by account, in a
//! bounded amount of memory, on the monotonic clock.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use mf_core::error::{Code, Error};

use super::room::network;

/// Most that are remembered; then those that waited longest are forgotten.
const REMEMBERED: usize = 10_000;

/// How much somebody may try.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// So often at once,
    burst: u32,
    /// and then once in so long.
    every: Duration,
}

/// What is counted.
#[derive(Clone, Copy, Debug, Hash)]
pub enum Subject<'a> {
    /// Wrong keys, wrong tokens and sign-ins by password from an address.
    Address(IpAddr),
    /// Wrong keys and sign-ins by password for an account.
    Account(&'a str),
    /// Users that were registered from an address.
    Newcomer(IpAddr),
}

impl Subject<'_> {
    const fn rate(self) -> Rate {
        let (burst, seconds) = match self {
            Subject::Address(_) => (20, 3),
            Subject::Account(_) => (10, 6),
            Subject::Newcomer(_) => (5, 600),
        };
        Rate { burst, every: Duration::from_secs(seconds) }
    }

    /// One person has many addresses of IPv6.
    fn settled(self) -> Self {
        match self {
            Subject::Address(address) => Subject::Address(network(address)),
            Subject::Newcomer(address) => Subject::Newcomer(network(address)),
            account @ Subject::Account(_) => account,
        }
    }
}

/// For each subject, when all of its tries will have been paid for.
#[derive(Debug, Default)]
pub struct Throttle {
    paid: Mutex<HashMap<u64, Instant>>,
    /// Random for each hub: nobody can choose whom to be counted with.
    names: RandomState,
}

impl Throttle {
    /// Counts one try for each of these; if one of them has tried too often,
    /// it counts for none.
    ///
    /// # Errors
    /// [`Code::TooMany`], with how long to wait.
    pub fn take(&self, subjects: &[Subject<'_>]) -> Result<(), Error> {
        self.take_at(subjects, Instant::now()).map_err(|wait| {
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            let told = match subjects.first() {
                Some(Subject::Newcomer(_)) => "too many users were registered from your address",
                _ => "too many wrong keys or passwords; a right API key is always let in",
            };
            Error::new(Code::TooMany, format!("{told}: try again in {seconds} s"))
                .retry_after(seconds)
        })
    }

    fn take_at(&self, subjects: &[Subject<'_>], now: Instant) -> Result<(), Duration> {
        // Nothing under the lock can stop half way.
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let counted: Vec<(u64, Rate)> = subjects
            .iter()
            .map(|subject| (self.names.hash_one(subject.settled()), subject.rate()))
            .collect();
        for (name, rate) in &counted {
            let owed = paid.get(name).map_or(Duration::ZERO, |paid| paid.duration_since(now));
            let most = rate.every * (rate.burst - 1);
            if owed > most {
                return Err(owed - most);
            }
        }
        for (name, rate) in counted {
            let from = paid.get(&name).copied().map_or(now, |paid| paid.max(now));
            paid.insert(name, from + rate.every);
        }
        if paid.len() > REMEMBERED {
            forget(&mut paid, now);
        }
        Ok(())
    }
}

/// Makes room: those who owe nothing go, and where that is not enough, the
/// half that owes least.
fn forget(paid: &mut HashMap<u64, Instant>, now: Instant) {
    paid.retain(|_, paid| *paid > now);
    if paid.len() > REMEMBERED {
        let mut all: Vec<Instant> = paid.values().copied().collect();
        let (_, middle, _) = all.select_nth_unstable(REMEMBERED / 2);
        let middle = *middle;
        paid.retain(|_, paid| *paid > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn who_tried_too_often_waits_and_then_may_again() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..10 {
            throttle.take_at(&[Subject::Account("ann")], start).unwrap();
        }
        let wait = throttle.take_at(&[Subject::Account("ann")], start).unwrap_err();
        assert_eq!(wait, Duration::from_secs(6));
        // Being refused costs nothing more.
        assert!(throttle.take_at(&[Subject::Account("ann")], after(5)).is_err());
        throttle.take_at(&[Subject::Account("ann")], after(6)).unwrap();
        assert!(throttle.take_at(&[Subject::Account("ann")], after(6)).is_err());
        throttle.take_at(&[Subject::Account("bob")], start).unwrap();
    }

    #[test]
    fn an_account_that_is_slowed_costs_the_address_nothing() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let both = [Subject::Address(HERE), Subject::Account("ann")];
        let tried = (0..100).filter(|_| throttle.take_at(&both, start).is_ok()).count();
        assert_eq!(tried, 10);
        let alone = [Subject::Address(HERE)];
        let tried = (0..100).filter(|_| throttle.take_at(&alone, start).is_ok()).count();
        assert_eq!(tried, 10, "20 for the address, of which the account had 10");
    }

    #[test]
    fn what_is_remembered_is_bounded_and_keeps_the_worst() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let worst = [Subject::Account("worst")];
        while throttle.take_at(&worst, start).is_ok() {}
        for number in 0..3 * REMEMBERED {
            throttle.take_at(&[Subject::Account(&number.to_string())], start).unwrap();
        }
        assert!(throttle.paid.lock().unwrap().len() <= REMEMBERED + 1);
        assert!(throttle.take_at(&worst, start).is_err(), "it is still known");
    }
}
