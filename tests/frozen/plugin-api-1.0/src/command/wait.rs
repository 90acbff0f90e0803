//! Waiting for a command: for its end, its output, a limit or a cancel,
//! whichever comes first.
//!
//! One thread waits for all of it with `poll`; the child is held by a pidfd,
//! so that no signal can ever reach a stranger who got its number.

use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, ChildStderr, ChildStdout};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::{Ended, Stream};
use crate::{Context, Failure};

/// How long a cancel may go unnoticed while a command runs: the host is asked
/// and does not call.
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// How long a command has between SIGTERM and SIGKILL. The farm gives a task
/// three seconds in all.
const GRACE: Duration = Duration::from_secs(2);

/// How much is read at a time.
const PIECE: usize = 16 * 1024;

/// What a pipe holds, unless somebody enlarged it: nobody does here.
const PIPE_CAPACITY: usize = 64 * 1024;

/// What a command may take before it is stopped.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) time: Option<Duration>,
    pub(super) silence: Option<Duration>,
}

/// Takes what a command writes; a failure stops the command.
pub(super) type Sink<'a> = &'a mut dyn FnMut(Stream, &[u8]) -> Result<(), Failure>;

/// Waits until `child` has ended and gives what it writes to `sink`.
pub(super) fn wait(
    mut child: Child,
    name: &str,
    limits: Limits,
    cx: &Context,
    sink: Sink<'_>,
) -> Result<Ended, Failure> {
    let mut pipes = Pipes { stdout: child.stdout.take(), stderr: child.stderr.take() };
    let handle = hold(&child, &pipes).map_err(|error| {
        // It was just started and is ours: nothing else can have its number.
        let _ = child.kill();
        let _ = child.wait();
        Failure::new(format!("cannot wait for {name}: {error}"))
    })?;
    let outcome = watch(&handle, &mut pipes, limits, cx, sink);
    if !matches!(outcome, Ok(None)) {
        stop(&child, &handle);
    }
    let status = child.wait().map_err(Failure::io(format!("cannot wait for {name}")))?;
    Ok(outcome?.unwrap_or_else(|| Ended::from_status(status)))
}

fn hold(child: &Child, pipes: &Pipes) -> Result<OwnedFd, Errno> {
    let handle = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    for pipe in pipes.open() {
        ioctl_fionbio(pipe.1, true)?;
    }
    Ok(handle)
}

/// `None` when the child has ended by itself; else why it must be stopped.
fn watch(
    handle: &OwnedFd,
    pipes: &mut Pipes,
    limits: Limits,
    cx: &Context,
    sink: Sink<'_>,
) -> Result<Option<Ended>, Failure> {
    let start = Instant::now();
    let mut last_word = start;
    loop {
        cx.check()?;
        let mut patience = ASK_AGAIN;
        for (limit, since, end) in [
            (limits.time, start, Ended::TimedOut as fn(Duration) -> Ended),
            (limits.silence, last_word, Ended::Silent),
        ] {
            let Some(limit) = limit else { continue };
            let Some(left) = limit.checked_sub(since.elapsed()).filter(|left| !left.is_zero())
            else {
                return Ok(Some(end(limit)));
            };
            patience = patience.min(left);
        }
        if ready(handle, pipes, patience)? {
            pipes.drain(sink)?;
            return Ok(None);
        }
        if pipes.read(sink)? {
            last_word = Instant::now();
        }
    }
}

/// Waits until the child ends or writes; true when it has ended.
fn ready(handle: &OwnedFd, pipes: &Pipes, patience: Duration) -> Result<bool, Failure> {
    let mut fds = vec![PollFd::new(handle, PollFlags::IN)];
    fds.extend(pipes.open().map(|(_, pipe)| PollFd::from_borrowed_fd(pipe, PollFlags::IN)));
    let patience = Timespec {
        tv_sec: patience.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: patience.subsec_nanos().into(),
    };
    match poll(&mut fds, Some(&patience)) {
        Ok(_) | Err(Errno::INTR) => Ok(!fds[0].revents().is_empty()),
        Err(error) => Err(Failure::new(format!("cannot wait for a command: {error}"))),
    }
}

/// Ends the command and its process group: by request, then by force.
fn stop(child: &Child, handle: &OwnedFd) {
    let group = Pid::from_child(child);
    // The child has not been waited for, so the group's number is still its.
    let _ = kill_process_group(group, Signal::TERM);
    let end = Instant::now() + GRACE;
    let nothing = Pipes { stdout: None, stderr: None };
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        if ready(handle, &nothing, left).unwrap_or(true) {
            break;
        }
    }
    let _ = kill_process_group(group, Signal::KILL);
}

/// The command's outputs, where they are read and not inherited.
struct Pipes {
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
}

impl Pipes {
    fn open(&self) -> impl Iterator<Item = (Stream, BorrowedFd<'_>)> {
        let stdout = self.stdout.as_ref().map(|pipe| (Stream::Stdout, pipe.as_fd()));
        let stderr = self.stderr.as_ref().map(|pipe| (Stream::Stderr, pipe.as_fd()));
        stdout.into_iter().chain(stderr)
    }

    /// Reads what an ended command has written. Not up to the end: what it
    /// left behind may hold the pipe open, and even go on writing.
    fn drain(&mut self, sink: Sink<'_>) -> Result<(), Failure> {
        for _ in 0..PIPE_CAPACITY.div_ceil(PIECE) {
            if !self.read(sink)? {
                break;
            }
        }
        Ok(())
    }

    /// Reads a bounded piece of what waits in each pipe; false when there was
    /// nothing.
    fn read(&mut self, sink: Sink<'_>) -> Result<bool, Failure> {
        let out = read_some(&mut self.stdout, Stream::Stdout, sink)?;
        let err = read_some(&mut self.stderr, Stream::Stderr, sink)?;
        Ok(out || err)
    }
}

fn read_some(
    pipe: &mut Option<impl Read>,
    stream: Stream,
    sink: Sink<'_>,
) -> Result<bool, Failure> {
    let Some(open) = pipe else { return Ok(false) };
    let mut piece = [0; PIECE];
    match open.read(&mut piece) {
        Ok(0) => {
            *pipe = None;
            Ok(false)
        }
        Ok(count) => sink(stream, &piece[..count]).map(|()| true),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(Failure::new(format!("cannot read a command's output: {error}"))),
    }
}
