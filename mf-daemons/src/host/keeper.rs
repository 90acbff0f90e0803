//! The keeper of a call: runs none of the plugin's code, listens to both
//! sides, holds the deadline, and kills until nothing is left.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use anyhow::Context;
use mf_core::lifeline::Lifeline;
use mf_core::time::since_boot;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::process::{
    Pid, PidfdFlags, WaitStatus, getpid, nice, pidfd_open, set_child_subreaper, setsid,
};

use super::fork::fork;
use super::{GRACE, init, kill, namespace};
use crate::plugin::frame::{CallOrder, Death, Order, Outcome, Report, Word};

/// How long the rest of a frame may take once it has begun: who sends half a
/// frame must not hold the keeper.
const FRAME_TIME: Duration = Duration::from_secs(1);

/// Builds leave the host's own work in front: see the measurements of the
/// hub beside busy builds.
const NICENESS: i32 = 10;

/// Keeps one call, which the parent sends over standard input.
///
/// # Errors
/// The processes of the call cannot be started; the parent sees the end of
/// the lifeline, and the sentence is on standard error.
pub fn keep() -> anyhow::Result<()> {
    let parent = Lifeline::inherited()?.context("the keeper of a call has no parent")?;
    // A session of its own, by which what is left of the call is known.
    let _ = setsid();
    let _ = nice(NICENESS);
    set_child_subreaper(Some(getpid()))?;
    let inner = Inner::start().context("cannot start the processes for a plugin")?;
    let outcome = match parent.recv_with::<Order>() {
        Ok(Some((Order::Call(order), fds))) => Watch::new(&parent, &inner, &order).run(*order, fds),
        // The parent has gone, or never wanted anything.
        _ => None,
    };
    let init = kill::everything(inner.init);
    let outcome = outcome.or_else(|| inner.last_words()).unwrap_or_else(|| unsaid(init));
    // A parent that has gone wants no report.
    let _ = parent.send(&Report::Empty(outcome));
    Ok(())
}

/// The processes of the call, as the keeper holds them.
struct Inner {
    init: Pid,
    /// Becomes readable when `init` has ended.
    ended: OwnedFd,
    lifeline: Lifeline,
}

impl Inner {
    fn start() -> anyhow::Result<Self> {
        namespace::enter()?;
        let (lifeline, stdin) = Lifeline::ends()?;
        set_socket_timeout(&lifeline, Timeout::Recv, Some(FRAME_TIME))?;
        let init = fork(stdin, init::reap).context("cannot start the first process of a call")?;
        let ended = pidfd_open(init, PidfdFlags::empty())?;
        Ok(Self { init, ended, lifeline })
    }

    /// What is left to be read when nobody is left to write: how it ended.
    fn last_words(&self) -> Option<Outcome> {
        while let Ok(Some(word)) = self.lifeline.recv() {
            match word {
                Word::Progress(_) | Word::Ask(_) | Word::Isolation(_) => {}
                Word::Answer(outcome) => return Some(outcome),
                Word::Died(death) => return Some(Outcome::Died(death)),
            }
        }
        None
    }
}

/// What to say of a call whose processes ended without a word.
fn unsaid(init: Option<WaitStatus>) -> Outcome {
    match init.and_then(WaitStatus::terminating_signal) {
        Some(signal) => Outcome::Died(Death::Signal(signal)),
        None => Outcome::Refused("its process could not be started on this host".into()),
    }
}

/// Both sides of the call, and the time.
struct Watch<'a> {
    parent: &'a Lifeline,
    inner: &'a Inner,
    deadline: Option<Instant>,
    /// Set when the call was told to stop: how it will have ended, and when
    /// the grace is over.
    stopping: Option<(Outcome, Instant)>,
}

impl<'a> Watch<'a> {
    fn new(parent: &'a Lifeline, inner: &'a Inner, order: &CallOrder) -> Self {
        let deadline =
            order.deadline_ms.and_then(|ms| Instant::now().checked_add(Duration::from_millis(ms)));
        let stopping = order.stopped.then(|| (Outcome::Stopped, Instant::now() + GRACE));
        Self { parent, inner, deadline, stopping }
    }

    /// Hands the order on and listens until the call is over: with an
    /// outcome, or without, when the last words will tell.
    fn run(mut self, order: CallOrder, fds: Vec<OwnedFd>) -> Option<Outcome> {
        // The parent may have been stopped before it sent this.
        if order.begin_by_ms.is_some_and(|ms| Duration::from_millis(ms) < since_boot()) {
            return Some(Outcome::Late);
        }
        let borrowed: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        let sent = self.inner.lifeline.send_with(&Order::Call(Box::new(order)), &borrowed);
        drop(fds);
        sent.ok()?;
        let outcome = self.listen();
        // What was told to stop has been stopped, whatever it still said.
        self.stopping.map(|(outcome, _)| outcome).or(outcome)
    }

    fn listen(&mut self) -> Option<Outcome> {
        loop {
            let (parent, inner, ended) = self.wait()?;
            if inner {
                match self.inner.lifeline.recv::<Word>() {
                    Ok(Some(Word::Progress(what))) => {
                        let _ = self.parent.send(&Report::Progress(what));
                    }
                    Ok(Some(Word::Ask(ask))) => {
                        let _ = self.parent.send(&Report::Ask(ask));
                    }
                    Ok(Some(Word::Isolation(how))) => {
                        let _ = self.parent.send(&Report::Isolation(how));
                    }
                    Ok(Some(Word::Answer(outcome))) => return Some(outcome),
                    Ok(Some(Word::Died(death))) => return Some(Outcome::Died(death)),
                    Ok(None) => return None,
                    Err(error) => {
                        let said = format!("its process does not keep to the protocol: {error}");
                        return Some(Outcome::Refused(said));
                    }
                }
            } else if ended {
                return None;
            }
            if parent {
                match self.parent.recv::<Order>() {
                    Ok(Some(Order::Reply(reply))) => {
                        // If it cannot hear, its end will be told.
                        let _ = self.inner.lifeline.send(&Order::Reply(reply));
                    }
                    Ok(Some(_)) => self.stop(Outcome::Stopped),
                    // Nobody waits for this call any more.
                    Ok(None) | Err(_) => return Some(Outcome::Stopped),
                }
            }
        }
    }

    /// Waits until one of the three can be read: parent, inner, end of init.
    /// `None`: the grace is over.
    fn wait(&mut self) -> Option<(bool, bool, bool)> {
        loop {
            let now = Instant::now();
            let until = match &self.stopping {
                Some((_, end)) if *end <= now => return None,
                Some((_, end)) => Some(*end),
                None if self.deadline.is_some_and(|deadline| deadline <= now) => {
                    self.stop(Outcome::TimedOut);
                    continue;
                }
                None => self.deadline,
            };
            let limit = until.and_then(|until| Timespec::try_from(until - now).ok());
            let mut fds = [
                PollFd::new(self.parent, PollFlags::IN),
                PollFd::new(&self.inner.lifeline, PollFlags::IN),
                PollFd::new(&self.inner.ended, PollFlags::IN),
            ];
            if matches!(poll(&mut fds, limit.as_ref()), Ok(ready) if ready > 0) {
                let [parent, inner, ended] = fds.map(|fd| !fd.revents().is_empty());
                return Some((parent, inner, ended));
            }
        }
    }

    fn stop(&mut self, outcome: Outcome) {
        if self.stopping.is_none() {
            self.stopping = Some((outcome, Instant::now() + GRACE));
            // If it cannot hear, the grace ends it.
            let _ = self.inner.lifeline.send(&Order::Stop);
        }
    }
}
