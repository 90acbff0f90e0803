//! What each kind of errand needs to be done, and what follows when it was:
//! one arm of each `match` for a kind, and a file of its own for what it does.

use mf_core::errand::{Ended, Found, Subject, Work};

use crate::store::{Done, Tx, bug};

/// What becomes of an errand that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is over.
    Over,
    /// It stands for good, and is done again after so many seconds.
    #[allow(dead_code)] // For kinds that watch something; bugs are not watched.
    Again(i64),
}

/// All that a hook needs to know; or how the errand ends that cannot be done
/// as things are.
///
/// # Errors
/// SQLite would not.
pub(super) fn work(tx: &Tx<'_>, subject: &Subject) -> Done<Result<Work, Ended>> {
    match subject {
        Subject::Bug(deed) => Ok(bug::work(tx, deed)?.map(Work::Bug)),
    }
}

/// It was done.
///
/// # Errors
/// SQLite would not.
pub(super) fn done(tx: &Tx<'_>, subject: &Subject, found: Option<&Found>) -> Done<Next> {
    match (subject, found) {
        (Subject::Bug(deed), Some(Found::Bug(found))) => bug::known(tx, deed, found)?,
        (Subject::Bug(deed), None) => bug::told(tx, deed, "")?,
    }
    Ok(Next::Over)
}

/// It did not come off, and is tried again.
///
/// # Errors
/// SQLite would not.
pub(super) fn later(tx: &Tx<'_>, subject: &Subject, why: &str) -> Done<()> {
    match subject {
        Subject::Bug(deed) => bug::told(tx, deed, why),
    }
}

/// It was refused for good.
///
/// # Errors
/// SQLite would not.
pub(super) fn refused(tx: &Tx<'_>, subject: &Subject, why: &str) -> Done<()> {
    match subject {
        Subject::Bug(deed) => bug::refused(tx, deed, why),
    }
}
