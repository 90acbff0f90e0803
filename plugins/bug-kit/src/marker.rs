//! Markers, by which a handler recognises that it has commented before.

/// A comment with the marker beneath it.
pub fn sign(comment: &str, marker: &str) -> String {
    match marker {
        "" => comment.to_owned(),
        marker => format!("{}\n\n[MonkeyFarm {marker}]", comment.trim_end()),
    }
}

/// Whether a comment has the marker.
pub fn is_in(comment: &str, marker: &str) -> bool {
    !marker.is_empty() && comment.contains(marker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_signed_is_known_again() {
        let comment = sign("Build b1 is out.\n", "5bdcc1");
        assert_eq!(comment, "Build b1 is out.\n\n[MonkeyFarm 5bdcc1]");
        assert!(is_in(&comment, "5bdcc1") && !is_in(&comment, "5bdcc2"));
        assert!(!is_in("anything", ""), "no marker is in nothing");
    }
}
