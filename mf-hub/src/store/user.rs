//! What a user must be, and what somebody who registers must say.

use mf_core::error::Code;

use super::draft::Draft;
use super::special::Context;
use super::{Done, Fault};

/// Names by which history calls those who are no users.
const OTHERS: &[&str] = &["hub", "nobody", "regulator"];

/// Looks at a user that is to be made.
///
/// # Errors
/// The label is not for users; who registers has not agreed, or could never
/// sign in.
pub fn before_create(context: &Context<'_>, draft: &Draft) -> Done<()> {
    check_label(draft)?;
    if !context.caller.newcomer {
        return Ok(());
    }
    if !draft.flag("agreed_to_terms") {
        let told = "who registers agrees to the site's terms: give agreed_to_terms=True";
        return Err(Fault::told(Code::Refused, told));
    }
    if draft.text("password").unwrap_or_default().is_empty() {
        let told = "who registers chooses a password, in the body: it is the way to a key";
        return Err(Fault::told(Code::MissingField, told));
    }
    Ok(())
}

/// Refuses a label that would be taken for somebody else's.
///
/// # Errors
/// [`Code::InvalidValue`].
pub fn check_label(draft: &Draft) -> Done<()> {
    match draft.text("label").filter(|label| OTHERS.contains(label)) {
        None => Ok(()),
        Some(label) => {
            let told =
                format!("label {label:?} is not for users: it is what the farm calls itself");
            Err(Fault::told(Code::InvalidValue, told))
        }
    }
}
