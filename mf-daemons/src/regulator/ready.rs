//! When the regulator is ready: certain hooks have succeeded once, in order.

use std::collections::VecDeque;

/// Hooks that must have succeeded once, each by a run that began after the
/// one before it had ended.
#[derive(Debug)]
pub struct Readiness {
    steps: VecDeque<&'static str>,
    runs: u64,
    /// The first run that counts for the first step.
    from: u64,
}

impl Readiness {
    /// Nothing has been done yet.
    pub fn new(steps: &[&'static str]) -> Self {
        Self { steps: steps.iter().copied().collect(), runs: 0, from: 0 }
    }

    /// A run begins; its number.
    pub fn started(&mut self) -> u64 {
        self.runs += 1;
        self.runs - 1
    }

    /// A run of `hook` has succeeded. If that was a step, gives the hook whose
    /// turn is next, or an empty name after the last.
    pub fn succeeded(&mut self, hook: &str, run: u64) -> Option<&'static str> {
        if self.steps.front() != Some(&hook) || run < self.from {
            return None;
        }
        self.steps.pop_front();
        self.from = self.runs;
        Some(self.steps.front().copied().unwrap_or_default())
    }

    /// Whether all steps are done.
    pub fn is_ready(&self) -> bool {
        self.steps.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_counts_only_when_it_began_after_the_one_before() {
        let mut readiness = Readiness::new(&["register", "enable"]);
        let (early, register) = (readiness.started(), readiness.started());
        assert_eq!(readiness.succeeded("enable", early), None);
        let late = readiness.started();
        assert_eq!(readiness.succeeded("register", register), Some("enable"));
        assert_eq!(readiness.succeeded("enable", late), None);
        let enable = readiness.started();
        assert!(!readiness.is_ready());
        assert_eq!(readiness.succeeded("enable", enable), Some(""));
        assert!(readiness.is_ready());
        assert_eq!(readiness.succeeded("enable", enable), None);
    }
}
