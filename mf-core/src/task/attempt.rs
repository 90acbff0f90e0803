//! Attempts: what a worker holds of a task.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How many attempts of a task may lose their worker before the task is `Lost`:
/// it may be what kills its workers.
pub const ATTEMPT_LIMIT: i64 = 3;

/// How long an attempt is certain to stay with its worker after the hub has
/// accepted something for it: a worker whose connection broke has this long to
/// come back.
pub const COME_BACK: Duration = Duration::from_secs(1);

/// Name of the header that says which attempt's log is followed, so that a
/// client that was cut off continues with the same attempt.
pub const ATTEMPT_HEADER: &str = "mf-attempt";

/// Proof that a worker holds one attempt of one task. Every write of a worker
/// carries it in the header `MF-Lease`; a stale lease is refused.
#[derive(Clone, PartialEq, Eq)]
pub struct Lease {
    /// The task's id.
    pub task: i64,
    /// The attempt's number, from 1.
    pub attempt: i64,
    /// A random secret that was given with the claim.
    pub token: String,
}

impl Lease {
    /// Name of the header that carries it.
    pub const HEADER: &str = "mf-lease";
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.task, self.attempt, self.token)
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({}.{}.***)", self.task, self.attempt)
    }
}

impl FromStr for Lease {
    type Err = crate::error::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '.');
        let mut number = || parts.next()?.parse::<i64>().ok();
        let (task, attempt) = (number(), number());
        match (task, attempt, parts.next()) {
            (Some(task), Some(attempt), Some(token)) => {
                Ok(Self { task, attempt, token: token.to_owned() })
            }
            _ => Err(Self::Err::new(
                crate::error::Code::Malformed,
                "the header MF-Lease is not <task>.<attempt>.<token>",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_read_as_it_is_written_and_never_shown() {
        let lease = Lease { task: 7, attempt: 2, token: "s3cret".into() };
        assert_eq!(lease.to_string().parse::<Lease>().unwrap(), lease);
        assert_eq!(format!("{lease:?}"), "Lease(7.2.***)");
        assert!("7.two.x".parse::<Lease>().is_err());
    }
}
