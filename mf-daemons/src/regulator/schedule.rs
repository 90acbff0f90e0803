//! When each hook runs: a pure table of times, which never asks for the time
//! itself and starts nothing.

use std::time::{Duration, Instant};

/// When each of some hooks, known by their numbers, is to run.
#[derive(Debug)]
pub struct Schedule {
    cycle: Duration,
    at_once: usize,
    states: Vec<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It runs again at that time.
    Resting(Instant),
    /// It runs; with `true`, once more as soon as it has ended.
    Running(bool),
    /// It is not to run any more.
    Closed,
}

impl Schedule {
    /// A schedule for `hooks` hooks, all due at `now`. Each rests for `cycle`
    /// after it has run, and at most `at_once` run at the same time.
    pub fn new(hooks: usize, cycle: Duration, at_once: usize, now: Instant) -> Self {
        Self { cycle, at_once: at_once.max(1), states: vec![State::Resting(now); hooks] }
    }

    /// One hook more, due at `now`; its number.
    pub fn open(&mut self, now: Instant) -> usize {
        self.states.push(State::Resting(now));
        self.states.len() - 1
    }

    /// Lets a hook run again that was closed.
    pub fn reopen(&mut self, hook: usize, now: Instant) {
        if self.states[hook] == State::Closed {
            self.states[hook] = State::Resting(now);
        }
    }

    /// Lets a hook run no more; says whether that is news. One that runs just
    /// now is closed when this is said again.
    pub fn close(&mut self, hook: usize) -> bool {
        let rests = matches!(self.states[hook], State::Resting(_));
        if rests {
            self.states[hook] = State::Closed;
        }
        rests
    }

    /// The hooks to start at `now`, those that have waited longest first. They
    /// count as running until [`ended`](Self::ended) says otherwise.
    pub fn start_due(&mut self, now: Instant) -> Vec<usize> {
        let mut due: Vec<(Instant, usize)> = self.resting().filter(|(at, _)| *at <= now).collect();
        due.sort();
        let running = self.running();
        let free = self.at_once.saturating_sub(running);
        let started: Vec<usize> = due.into_iter().take(free).map(|(_, hook)| hook).collect();
        for hook in &started {
            self.states[*hook] = State::Running(false);
        }
        started
    }

    /// The hook has ended.
    pub fn ended(&mut self, hook: usize, now: Instant) {
        let again = self.states[hook] == State::Running(true);
        self.states[hook] = State::Resting(if again { now } else { now + self.cycle });
    }

    /// Something happened that concerns the hook: it runs at once, or, if it
    /// is running and may not have seen it, again when that run has ended.
    pub fn wake(&mut self, hook: usize, now: Instant) {
        self.states[hook] = match self.states[hook] {
            State::Closed => State::Closed,
            State::Running(_) => State::Running(true),
            State::Resting(at) => State::Resting(at.min(now)),
        };
    }

    /// When [`start_due`](Self::start_due) is worth another call, unless a
    /// hook ends or is woken before; `None` while it would start nothing.
    pub fn next(&self) -> Option<Instant> {
        let resting: Vec<Instant> = self.resting().map(|(at, _)| at).collect();
        let full = self.running() >= self.at_once;
        if full { None } else { resting.into_iter().min() }
    }

    fn running(&self) -> usize {
        self.states.iter().filter(|state| matches!(state, State::Running(_))).count()
    }

    fn resting(&self) -> impl Iterator<Item = (Instant, usize)> {
        self.states.iter().enumerate().filter_map(|(hook, state)| match state {
            State::Resting(at) => Some((*at, hook)),
            State::Running(_) | State::Closed => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CYCLE: Duration = Duration::from_secs(10);

    fn of(hooks: usize, at_once: usize) -> (Schedule, Instant) {
        let now = Instant::now();
        (Schedule::new(hooks, CYCLE, at_once, now), now)
    }

    #[test]
    fn a_hook_rests_for_a_cycle_after_it_ended() {
        let (mut schedule, t) = of(2, 4);
        assert_eq!(schedule.start_due(t), [0, 1]);
        assert_eq!(schedule.next(), None);
        let end = t + Duration::from_secs(3);
        schedule.ended(0, end);
        assert_eq!(schedule.next(), Some(end + CYCLE));
        assert!(schedule.start_due(end + CYCLE - Duration::from_millis(1)).is_empty());
        assert_eq!(schedule.start_due(end + CYCLE), [0]);
    }

    #[test]
    fn a_hook_that_hangs_delays_no_other_and_never_runs_twice() {
        let (mut schedule, t) = of(3, 2);
        assert_eq!(schedule.start_due(t), [0, 1]);
        let mut now = t;
        for _ in 0..5 {
            now += CYCLE;
            let running = if schedule.states[1] == State::Running(false) { 1 } else { 2 };
            schedule.ended(running, now);
            let started = schedule.start_due(now);
            assert_eq!(started.len(), 1, "the free place is used");
            assert!(!started.contains(&0));
        }
        schedule.wake(0, now);
        assert!(!schedule.start_due(now).contains(&0));
    }

    #[test]
    fn no_more_run_at_once_than_may_and_the_longest_waiting_goes_first() {
        let (mut schedule, t) = of(3, 1);
        assert_eq!(schedule.start_due(t), [0]);
        assert!(schedule.start_due(t).is_empty());
        assert_eq!(schedule.next(), None, "only an end makes room");
        schedule.ended(0, t);
        schedule.wake(0, t + CYCLE);
        assert_eq!(schedule.start_due(t + CYCLE), [1]);
        schedule.ended(1, t + CYCLE);
        assert_eq!(schedule.start_due(t + CYCLE), [2]);
        schedule.ended(2, t + CYCLE);
        assert_eq!(schedule.start_due(t + CYCLE), [0]);
    }

    #[test]
    fn what_happens_while_a_hook_runs_makes_it_run_again_at_once() {
        let (mut schedule, t) = of(1, 1);
        assert_eq!(schedule.start_due(t), [0]);
        schedule.wake(0, t);
        schedule.wake(0, t);
        schedule.ended(0, t);
        assert_eq!(schedule.next(), Some(t));
        assert_eq!(schedule.start_due(t), [0]);
        schedule.ended(0, t);
        assert_eq!(schedule.next(), Some(t + CYCLE));
        schedule.wake(0, t);
        assert_eq!(schedule.start_due(t), [0]);
    }

    #[test]
    fn a_hook_comes_later_and_goes_and_comes_back() {
        let (mut schedule, t) = of(1, 4);
        assert_eq!(schedule.open(t), 1);
        assert_eq!(schedule.start_due(t), [0, 1]);
        schedule.close(1);
        schedule.ended(1, t);
        schedule.close(1);
        schedule.wake(1, t);
        let later = t + CYCLE;
        assert!(schedule.start_due(later).is_empty());
        schedule.reopen(1, later);
        assert_eq!(schedule.start_due(later), [1]);
    }

    #[test]
    fn nothing_at_once_would_be_nothing_ever() {
        let (mut schedule, t) = of(1, 0);
        assert_eq!(schedule.start_due(t), [0]);
    }
}
