//! A pass that gives a build access to the repository of a restricted project:
//! a part of the path, because package managers cannot send a key.

use mf_core::time;

use super::Secret;

/// How long it is good for, in seconds: longer than a build takes.
const GOOD_FOR: i64 = 2 * 24 * 60 * 60;

/// The first part of a path beneath `/repo/` that lets into one tag's
/// repository; no label looks like it.
pub fn make(secret: &Secret, project: &str, tag: &str) -> String {
    let expires = (time::unix_now() + GOOD_FOR).to_string();
    let signature = secret.sign(&["repository", project, tag, &expires]);
    format!("~{expires}.{signature}")
}

/// Whether a part of a path was made for this tag, and not too long ago.
pub fn is_good(secret: &Secret, part: &str, project: &str, tag: &str) -> bool {
    part.strip_prefix('~').and_then(|part| part.split_once('.')).is_some_and(|(expires, signed)| {
        secret.verify(&["repository", project, tag, expires], signed)
            && expires.parse().unwrap_or(0) >= time::unix_now()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_good_for_one_tag_alone() {
        let dir = tempfile::tempdir().unwrap();
        let secret = Secret::open(dir.path()).unwrap();
        let part = make(&secret, "p", "t");
        assert!(is_good(&secret, &part, "p", "t"));
        assert!(!is_good(&secret, &part, "p", "u") && !is_good(&secret, &part[1..], "p", "t"));
        let late = format!("~1.{}", secret.sign(&["repository", "p", "t", "1"]));
        assert!(!is_good(&secret, &late, "p", "t"));
        assert!(!is_good(&secret, "~", "p", "t") && !is_good(&secret, "~x.y", "p", "t"));
    }
}
