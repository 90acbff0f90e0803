//! What a file of a task may be called: the same on the worker that finds it,
//! on the hub that keeps it and on the regulator that publishes it.

use crate::error::{Code, Error};

/// Longest name, in bytes, as most file systems have it.
const LIMIT: usize = 255;

/// Checks that `name` may be a file's: one visible component of a path, so that
/// whoever downloads the file can store it under that name.
///
/// # Errors
/// [`Code::InvalidValue`], saying what is wrong with it.
pub fn check(name: &str) -> Result<(), Error> {
    let shown: String = name.chars().take(80).collect();
    let fail = |why: String| Err(Error::new(Code::InvalidValue, why));
    if name.len() > LIMIT {
        return fail(format!("name {shown:?}… has {} bytes; the limit is {LIMIT}", name.len()));
    }
    if matches!(name, "" | "." | "..") {
        return fail(format!("name {shown:?} is not the name of a file"));
    }
    if name.contains(['/', '\\']) {
        return fail(format!("name {shown:?} is a path; give the last part of it alone"));
    }
    // Besides control characters: what turns or hides the text around it.
    let hides = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    if let Some(bad) = name.chars().find(|c| c.is_control() || hides(*c)) {
        return fail(format!("name {shown:?} has the character {bad:?}, which is not shown"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_visible_component_is_a_name() {
        for name in ["hello", "php-5.2.14-1.el6.x86_64.rpm", "a b", "größe.txt", ".spec", "..."] {
            check(name).unwrap();
        }
        let long = "x".repeat(4096);
        for name in
            ["", ".", "..", "../x", "/etc/passwd", "a\\b", "a\0b", "a\nb", "a\u{202e}b", &long]
        {
            assert_eq!(check(name).unwrap_err().code, Code::InvalidValue, "{name:?}");
        }
    }
}
