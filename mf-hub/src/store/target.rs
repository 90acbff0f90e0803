//! What only a target has: where its files go in a tag's repository.

use mf_core::error::{Code, Error};

/// Longest part of the path, in bytes.
const PART: usize = 100;

/// Checks a `tag_path`: parts of a path beneath the repository, such as
/// `redhat/6/x86_64`, that lead nowhere else.
///
/// # Errors
/// [`Code::InvalidValue`], saying what is wrong with it.
pub fn check_tag_path(path: &str) -> Result<(), Error> {
    let wrong = |why: &str| {
        let shown: String = path.chars().take(80).collect();
        let told = format!("tag_path {shown:?} {why}; it takes a path such as redhat/6/x86_64");
        Err(Error::new(Code::InvalidValue, told))
    };
    if path.is_empty() {
        return Ok(());
    }
    for part in path.split('/') {
        if part.is_empty() {
            return wrong("begins or ends with a slash, or has two in a row");
        }
        if part.starts_with('.') || part.starts_with('-') {
            return wrong("has a part that begins with a dot or a dash");
        }
        if part.len() > PART {
            return wrong("has a part of more than 100 bytes");
        }
        if let Some(bad) =
            part.chars().find(|c| !c.is_ascii_alphanumeric() && !"._+~-".contains(*c))
        {
            return wrong(&format!("has the character {bad:?}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_nowhere_else() {
        for path in ["", "redhat/6/x86_64", "el6", "a.b/c+d~e_f-1"] {
            check_tag_path(path).unwrap();
        }
        let long = "x".repeat(101);
        for path in [
            "/", "/etc", "a/", "a//b", "..", "a/../b", ".", "a/.b", "-x", "a b", "a\\b", "ä",
            "a\0", &long,
        ] {
            assert_eq!(check_tag_path(path).unwrap_err().code, Code::InvalidValue, "{path:?}");
        }
    }
}
