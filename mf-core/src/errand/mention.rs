//! Bugs that a commit message says it fixes.

use super::bugs;

/// Most bugs of one message.
const MOST: usize = 20;
/// What says that a bug is done with.
const VERBS: [&str; 9] =
    ["fix", "fixes", "fixed", "close", "closes", "closed", "resolve", "resolves", "resolved"];
/// What may stand before a bug, which may then be a number alone.
const NOUNS: [&str; 6] = ["bug", "bugs", "issue", "issues", "ticket", "tickets"];
/// What may stand between two of them; nothing is what a comma leaves.
const AND: [&str; 3] = ["and", "&", ""];

/// The bugs that a commit message says it fixes, as people write it: `fixes #17`,
/// `Closes: #17, #18`, `resolved owner/name#3`, `fixes bug 17`. Each once.
pub fn mentioned(message: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    // Whether bugs may come now, and whether by a number alone.
    let (mut after, mut named) = (false, false);
    for word in message.split_whitespace() {
        let plain = word.trim_matches(|c: char| ",.;:()[]".contains(c));
        let lower = plain.to_ascii_lowercase();
        match bug(plain, named).filter(|_| after) {
            Some(bug) if found.len() < MOST && !found.contains(&bug) => found.push(bug),
            Some(_) => {}
            None if VERBS.contains(&lower.as_str()) => (after, named) = (true, false),
            None if AND.contains(&plain) => {}
            None if NOUNS.contains(&lower.as_str()) => named = true,
            None => after = false,
        }
    }
    found
}

/// The bug that a word is: `#17`, `owner/name#17`; with `number` also `17`.
fn bug(word: &str, number: bool) -> Option<String> {
    let (place, digits) = word.rsplit_once('#').unwrap_or(("", word));
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || (!number && !word.contains('#')) {
        return None;
    }
    let bug = if place.is_empty() { digits.to_owned() } else { word.to_owned() };
    bugs(&bug).is_ok().then_some(bug)
}

#[cfg(test)]
mod tests {
    use super::mentioned;

    #[test]
    fn what_people_write_is_understood() {
        for (message, expected) in [
            ("Fix the tyre (fixes #17)", &["17"][..]),
            ("Closes: #17, #18 and ius/php#3.\n\nSee #19", &["17", "18", "ius/php#3"]),
            ("it is resolved now, #17", &[]),
            ("fixes bug 17 and issue 18", &["17", "18"]),
            ("fixes 17 things", &[]),
            ("see bug 17", &[]),
            ("fixed #17; fixed #17", &["17"]),
            ("fixes #../17, closes #x, fixes a b#17", &[]),
            ("", &[]),
        ] {
            assert_eq!(mentioned(message), expected, "{message}");
        }
        let many: Vec<String> = (0..99).map(|n| format!("fixes #{n}")).collect();
        assert_eq!(mentioned(&many.join("\n")).len(), 20);
    }
}
