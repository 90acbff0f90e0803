//! How a command ended, and what it wrote.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::Failure;

/// How a command ended. Shown, it is the rest of a sentence about it: `failed
/// with exit status 2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this exit status; 0 is success.
    Exit(i32),
    /// By a signal that it got from elsewhere.
    Signal(i32),
    /// It was stopped at its time limit.
    TimedOut(Duration),
    /// It was stopped because it wrote nothing for so long.
    Silent(Duration),
}

impl Ended {
    pub(super) fn from_status(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exit(code),
            (None, signal) => Self::Signal(signal.unwrap_or_default()),
        }
    }

    /// Whether the command did what it was asked for.
    pub fn success(self) -> bool {
        self == Self::Exit(0)
    }

    /// For a command that must succeed, which the sentence calls `who`.
    ///
    /// # Errors
    /// `<who> failed with exit status 2`, and so on, unless it succeeded.
    pub fn ok(self, who: &str) -> Result<(), Failure> {
        if self.success() { Ok(()) } else { Err(Failure::new(format!("{who} {self}"))) }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(0) => write!(f, "succeeded"),
            Self::Exit(code) => write!(f, "failed with exit status {code}"),
            Self::Signal(signal) => match signal_name(*signal) {
                Some(name) => write!(f, "was ended by signal {signal} ({name})"),
                None => write!(f, "was ended by signal {signal}"),
            },
            Self::TimedOut(limit) => write!(f, "was stopped: it took longer than {limit:?}"),
            Self::Silent(limit) => write!(f, "was stopped: it wrote nothing for {limit:?}"),
        }
    }
}

/// The signals that end programs in practice.
fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    })
}

/// Which of its two outputs a command wrote to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What a command wrote, and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// How it ended.
    pub ended: Ended,
    /// All of its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error, up to the limit.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Standard output as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text; what is not UTF-8 is replaced.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// A longer line is given in pieces, so that a command that never ends one
/// cannot fill the memory.
const LONGEST_LINE: usize = 64 * 1024;

/// Cuts what two streams write into lines.
#[derive(Default)]
pub(super) struct Lines {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Lines {
    pub(super) fn push(
        &mut self,
        stream: Stream,
        bytes: &[u8],
        each: &mut impl FnMut(Stream, &str),
    ) {
        let rest = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            rest.extend_from_slice(piece);
            if matches!(piece.last(), Some(b'\n' | b'\r')) || rest.len() >= LONGEST_LINE {
                give(stream, rest, each);
            }
        }
    }

    /// Gives what was left without a line's end.
    pub(super) fn finish(&mut self, each: &mut impl FnMut(Stream, &str)) {
        give(Stream::Stdout, &mut self.stdout, each);
        give(Stream::Stderr, &mut self.stderr, each);
    }
}

fn give(stream: Stream, line: &mut Vec<u8>, each: &mut impl FnMut(Stream, &str)) {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end_matches(['\n', '\r']);
    if !text.is_empty() {
        each(stream, text);
    }
    line.clear();
}
