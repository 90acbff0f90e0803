//! What each kind of errand needs in order to be done, and what follows when it
//! was: in each `match` one arm for a kind, and a file of its own for what it
//! does.

use mf_core::errand::{self, Ended, Found, Subject, Work};

use crate::store::{Done, Tx, bug, repository};

/// All that a hook needs to know; or how the errand ends that cannot be done
/// as things are.
///
/// # Errors
/// SQLite would not.
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
/// SQLite would not.
pub(super) fn done(tx: &Tx<'_>, subject: &Subject, found: Option<&Found>) -> Done<()> {
    match (subject, found) {
        (Subject::Bug(deed), Some(Found::Bug(found))) => bug::known(tx, deed, found),
        (Subject::Bug(deed), None) => bug::told(tx, deed, ""),
        (Subject::Repository(deed), _) => repository::switch(tx, deed.tag),
    }
}

/// It did not come off, and is tried again.
///
/// # Errors
/// SQLite would not.
pub(super) fn later(tx: &Tx<'_>, subject: &Subject, why: &str) -> Done<()> {
    match subject {
        Subject::Bug(deed) => bug::told(tx, deed, why),
        Subject::Repository(deed) => repository::forget_draft(tx, deed.tag),
    }
}

/// It was refused for good.
///
/// # Errors
/// SQLite would not.
pub(super) fn refused(tx: &Tx<'_>, subject: &Subject, why: &str) -> Done<()> {
    match subject {
        Subject::Bug(deed) => bug::refused(tx, deed, why),
        Subject::Repository(deed) => repository::forget_draft(tx, deed.tag),
    }
}
