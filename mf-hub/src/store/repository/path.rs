//! Where a file of an index may be in a repository.

use mf_core::error::{Code, Error};
use mf_core::file_name;

/// Deepest place of a file, in parts.
const DEEPEST: usize = 24;

/// Checks the place of a file of an index: parts of a path beneath the tag,
/// none of which leads elsewhere or is hidden.
///
/// # Errors
/// [`Code::InvalidValue`], saying what is wrong with it.
pub fn check_index_path(path: &str) -> Result<(), Error> {
    let shown: String = path.chars().take(80).collect();
    let wrong = |why: &str| {
        let told =
            format!("path {shown:?} {why}; it takes one such as el6/x86_64/repodata/repomd.xml");
        Err(Error::new(Code::InvalidValue, told))
    };
    if path.split('/').count() > DEEPEST {
        return wrong("has too many parts");
    }
    for part in path.split('/') {
        if part.starts_with('.') {
            return wrong("has a part that begins with a dot");
        }
        if let Err(error) = file_name::check(part) {
            return wrong(&format!("has a wrong part: {}", error.sentence));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_repository_leads_nowhere_else() {
        for path in ["SHA256SUMS", "el6/x86_64/repodata/repomd.xml", "a b/ö"] {
            check_index_path(path).unwrap();
        }
        let deep = ["x"; 25].join("/");
        for path in ["", "/etc/passwd", "a//b", "a/../b", "..", "a/", "a\\b", "a/\0", ".x", &deep] {
            assert_eq!(check_index_path(path).unwrap_err().code, Code::InvalidValue, "{path:?}");
        }
    }
}
