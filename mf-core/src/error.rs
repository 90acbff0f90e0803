//! Errors as callers see them: a code for programs, and a sentence for people
//! that says what to do next.

use serde::{Deserialize, Serialize};

/// An error that a caller of the hub is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Error {
    /// What sort of error it is; the key in the reply's `errors`.
    pub code: Code,
    /// What happened, naming the thing and the value, in lower case.
    pub sentence: String,
    /// How many seconds to wait before trying again, where that is known.
    pub retry_after: Option<u32>,
}

/// Makes the enum, and keeps what is said of each code for the API's own
/// documentation.
macro_rules! codes {
    ($($(#[doc = $about:literal])+ $name:ident,)+) => {
        /// What sort of error an [`Error`] is: the keys of `errors` in a reply.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[doc = $about])+ $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$name),+];

            /// What it means, in a sentence or two for people.
            pub fn about(self) -> &'static str {
                match self {
                    $(Code::$name => concat!($($about),+).trim_start(),)+
                }
            }
        }
    };
}

codes! {
    /// The request cannot be read: broken JSON, a parameter given twice.
    Malformed,
    /// The body broke off, or did not come in time: send it again.
    BrokenOff,
    /// A required field is missing.
    MissingField,
    /// The resource has no such field, or the function no such parameter.
    UnknownField,
    /// The field cannot be set by a caller.
    ReadOnlyField,
    /// The value is not one that the field takes.
    InvalidValue,
    /// What a reference names does not exist.
    UnknownReference,
    /// The request makes no sense in the state that the farm is in, such as a
    /// build that would have no task.
    Refused,
    /// `confirm_delete=True` is missing.
    NotConfirmed,
    /// No key, or a wrong one.
    Unauthorized,
    /// The key does not allow it.
    Forbidden,
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// The object is not of the version that `If-Match` names.
    Changed,
    /// The `Idempotency-Key` was another request's.
    KeyReused,
    /// The request with this `Idempotency-Key` was done, and its answer is not
    /// given twice, such as one that showed a key.
    AlreadyDone,
    /// The label is taken.
    LabelTaken,
    /// Something refers to it.
    StillReferred,
    /// The state does not allow this move.
    IllegalMove,
    /// The attempt is no longer the worker's: it must stop that build.
    StaleAttempt,
    /// The bytes are not where they belong; the sentence says where they do.
    WrongOffset,
    /// The body is larger than the limit.
    TooLarge,
    /// The body is of a type that is not understood.
    UnsupportedMedia,
    /// The requested range is outside the file.
    BadRange,
    /// Too many requests; try again later.
    TooMany,
    /// The hub has too much to do, or is stopping; try again.
    Busy,
    /// The disk is full: nothing was changed.
    DiskFull,
    /// The hub is at fault; its log has more.
    Internal,
}

impl Error {
    /// An error with its sentence.
    pub fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), retry_after: None }
    }

    /// The same, to be tried again after so many seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl Code {
    /// The code as it stands in `errors`.
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    /// Whether the same request may succeed a moment later.
    pub fn retryable(self) -> bool {
        matches!(self, Code::Busy | Code::TooMany | Code::BrokenOff)
    }
}
