//! What each kind of errand needs in order to be done, and what follows from how
//! it ended: one arm of each `match` for each kind, whose work is in a file of
//! its own.

use mf_core::errand::{self, Ended, Found, Subject, Work};

use crate::store::{Done, Tx, bug, repository};

/// All that a hook needs to know; or, for an errand that cannot be done as
/// things are, how it ends.
///
/// # Errors
/// SQLite fails.
pub(super) fn work(tx: &Tx<'_>, subject: &Subject) -> Done<Result<Work, Ended>> {
    Ok(match subject {
        Subject::Bug(deed) => bug::work(tx, deed)?.map(|work| Work::Bug(Box::new(work))),
        Subject::Repository(deed) => match repository::begin(tx, deed.tag)? {
            Some(draft) => Ok(Work::Repository(draft)),
            // The tag keeps none any more: it is as it should be.
            None => Err(Ended::Done(errand::Done::default())),
        },
    })
}

/// It was done.
///
/// # Errors
/// SQLite fails.
pub(super) fn done(tx: &Tx<'_>, subject: &Subject, found: Option<&Found>) -> Done<()> {
    match (subject, found) {
        (Subject::Bug(deed), Some(Found::Bug(found))) => bug::known(tx, deed, found),
        (Subject::Bug(deed), None) => bug::told(tx, deed, ""),
        (Subject::Repository(deed), _) => repository::switch(tx, deed.tag),
    }
}

/// It failed, and is tried again.
///
/// # Errors
/// SQLite fails.
pub(super) fn later(tx: &Tx<'_>, subject: &Subject, why: &str) -> Done<()> {
    match subject {
        Subject::Bug(deed) => bug::told(tx, deed, why),
        Subject::Repository(deed) => repository::forget_draft(tx, deed.tag),
    }
}

/// It was refused for good.
///
/// # Errors
/// SQLite fails.
pub(super) fn refused(tx: &Tx<'_>, subject: &Subject, why: &str) -> Done<()> {
    match subject {
        Subject::Bug(deed) => bug::refused(tx, deed, why),
        Subject::Repository(deed) => repository::forget_draft(tx, deed.tag),
    }
}
