//! What a label may be.

use crate::error::{Code, Error};
use crate::resource;

/// Longest label, in bytes. A task's label, `<build>.<target>`, may be longer:
/// the farm makes it.
pub const LIMIT: usize = 200;

/// Checks that `text` may be a label: ASCII letters and digits and `._+~-`,
/// beginning with a letter or digit, and no word that a path needs.
///
/// Only ASCII, so that no two labels look alike and none turns the text
/// around it; no `/`, `?`, `%` or space, so that labels stand in URLs, on the
/// command line and in tables as they are.
///
/// # Errors
/// [`Code::InvalidValue`], saying what is wrong with it.
pub fn check(text: &str) -> Result<(), Error> {
    let fail = |why: String| Err(Error::new(Code::InvalidValue, why));
    let shown: String = text.chars().take(80).collect();
    if text.is_empty() {
        return fail("label is empty".into());
    }
    if text.len() > LIMIT {
        return fail(format!("label {shown:?}… has {} bytes; the limit is {LIMIT}", text.len()));
    }
    if let Some(bad) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !"._+~-".contains(*c)) {
        return fail(format!(
            "label {shown:?} has the character {bad:?}; labels are made of ASCII letters, digits and . _ + ~ -"
        ));
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return fail(format!("label {shown:?} must begin with a letter or a digit"));
    }
    let word = text.strip_suffix(".json").unwrap_or(text);
    if resource::is_reserved(word) {
        return fail(format!("label {shown:?} is the name of a function; choose another"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_the_field_are_labels() {
        for text in ["john.doe", "php-5.2.14-1", "el6-x86_64", "php.rpm", "g++", "1.0~rc1"] {
            check(text).unwrap();
        }
    }

    #[test]
    fn what_would_confuse_is_refused() {
        let long = "x".repeat(LIMIT + 1);
        for text in
            ["", ".", "..", "-x", "a b", "a/b", "a\u{202e}b", "ä", "get_all", "claim.json", &long]
        {
            assert_eq!(check(text).unwrap_err().code, Code::InvalidValue, "{text:?}");
        }
    }
}
