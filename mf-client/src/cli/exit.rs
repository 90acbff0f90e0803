//! How `mf` ends: exit codes, and what is said when something did not work.

use mf_core::error::Code;

/// Exit codes of `mf`. They are a promise: scripts decide by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is well.
    Success = 0,
    /// A build has failed.
    BuildFailed = 1,
    /// The command line is not understood.
    Usage = 2,
    /// A build was cancelled.
    Cancelled = 3,
    /// A build lost its workers.
    Lost = 4,
    /// A build had not ended when `--timeout` was over.
    TimedOut = 5,
    /// There is no such thing.
    NotFound = 6,
    /// No key, a wrong key, or one that does not allow it.
    Denied = 7,
    /// No hub answers.
    Unreachable = 8,
    /// The hub refuses: a conflict, an invalid value.
    Refused = 9,
    /// Something that should not happen, here or on the hub.
    Internal = 70,
    /// Somebody else has the lock of the directory.
    Locked = 75,
    /// The configuration cannot be used.
    Configuration = 78,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    /// The exit code of a build or task that ended with this status.
    pub fn of_status(status: &str) -> Exit {
        match status {
            "BuildSuccess" => Exit::Success,
            "Cancelled" => Exit::Cancelled,
            "Lost" => Exit::Lost,
            _ => Exit::BuildFailed,
        }
    }
}

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub struct Failure {
    /// How the program ends.
    pub exit: Exit,
    /// For programs: the key under `errors`.
    pub code: String,
    /// For people: what happened; empty when all has been said already.
    pub sentence: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with its sentence.
    pub fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        let code = match exit {
            Exit::NotFound => Code::NotFound.name(),
            Exit::Denied => Code::Forbidden.name(),
            Exit::Internal => Code::Internal.name(),
            other => format!("{other:?}"),
        };
        Self { exit, code, sentence: sentence.into(), hint: None }
    }

    /// The command line is not understood.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Usage, sentence)
    }

    /// With what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What every command gives.
pub type Outcome = Result<Exit, Failure>;

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        let exit = exit_of(&error);
        let code = match &error {
            crate::Error::Refused { code, .. } => code.clone(),
            crate::Error::Protocol { .. } => "Protocol".into(),
            _ => format!("{exit:?}"),
        };
        let hint = hint_of(&error);
        Self { exit, code, sentence: error.to_string(), hint }
    }
}

fn exit_of(error: &crate::Error) -> Exit {
    match error {
        crate::Error::Unreachable { .. } => Exit::Unreachable,
        crate::Error::Protocol { .. } => Exit::Internal,
        crate::Error::Invalid(_) => Exit::Usage,
        crate::Error::Refused { .. } if error.is(Code::NotFound) => Exit::NotFound,
        crate::Error::Refused { status: 401 | 403, .. } => Exit::Denied,
        crate::Error::Refused { status: 502..=504, .. } => Exit::Unreachable,
        crate::Error::Refused { status: 500, .. } => Exit::Internal,
        crate::Error::Refused { .. } => Exit::Refused,
    }
}

fn hint_of(error: &crate::Error) -> Option<String> {
    let text = if matches!(error, crate::Error::Unreachable { .. }) {
        "mf config show --origin says why it is sought there, and mf doctor what is wrong; \
         `mf up --data-dir DIR` starts a farm, whose DIR/mf.conf goes into MF_CONFIG"
    } else if error.is(Code::Unauthorized) {
        "mf login keeps a key for later commands; mf config show --origin shows the one in use"
    } else if error.is(Code::Busy) || error.is(Code::TooMany) {
        "try again in a moment"
    } else {
        return None;
    };
    Some(text.to_owned())
}

impl From<crate::ConnectionError> for Failure {
    fn from(error: crate::ConnectionError) -> Self {
        Self::new(Exit::Configuration, error.to_string())
    }
}

impl From<mf_core::error::Error> for Failure {
    fn from(error: mf_core::error::Error) -> Self {
        Self { code: error.code.name(), ..Self::usage(error.sentence) }
    }
}

/// Only for standard output and the terminal; other files are named in the
/// sentence where they are used.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            // Whoever read our output has seen enough.
            return Self { exit: Exit::Success, ..Self::new(Exit::Success, "") };
        }
        Self::new(Exit::Internal, format!("the output cannot be written: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: Code) -> Failure {
        crate::Error::Refused { status, code: code.name(), sentence: "no".into() }.into()
    }

    #[test]
    fn every_refusal_has_its_exit_code() {
        for (status, code, exit) in [
            (404, Code::NotFound, 6),
            (400, Code::UnknownReference, 9),
            (404, Code::UnknownReference, 9),
            (401, Code::Unauthorized, 7),
            (403, Code::Forbidden, 7),
            (409, Code::LabelTaken, 9),
            (400, Code::InvalidValue, 9),
            (503, Code::Busy, 8),
            (500, Code::Internal, 70),
            (507, Code::DiskFull, 9),
        ] {
            let failure = refused(status, code);
            assert_eq!(failure.exit as u8, exit, "{status} {code:?}");
            assert_eq!(failure.code, code.name());
        }
        let gone = crate::Error::Unreachable {
            url: "http://x".into(),
            why: "refused".into(),
            sent: false,
        };
        assert_eq!(Failure::from(gone).exit as u8, 8);
    }

    #[test]
    fn the_book_has_every_exit_code() {
        let all = [
            Exit::Success,
            Exit::BuildFailed,
            Exit::Usage,
            Exit::Cancelled,
            Exit::Lost,
            Exit::TimedOut,
            Exit::NotFound,
            Exit::Denied,
            Exit::Unreachable,
            Exit::Refused,
            Exit::Internal,
            Exit::Locked,
            Exit::Configuration,
            Exit::Interrupted,
        ];
        let book = include_str!("../../../docs/mf.md");
        let (_, table) = book.split_once("| code | `mf` |").unwrap();
        let rows = table.lines().skip(2).map_while(|row| row.strip_prefix("| "));
        let codes: Vec<u8> =
            rows.map(|row| row.split(' ').next().unwrap().parse().unwrap()).collect();
        assert_eq!(codes, all.map(|exit| exit as u8));
    }

    #[test]
    fn every_status_has_its_exit_code() {
        let codes: Vec<u8> =
            mf_core::task::STATUSES.iter().map(|s| Exit::of_status(s) as u8).collect();
        assert_eq!(codes[3..], [0, 1, 3, 4]);
    }

    #[test]
    fn a_closed_pipe_ends_quietly() {
        let failure = Failure::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert_eq!((failure.exit, failure.sentence.as_str()), (Exit::Success, ""));
    }
}
