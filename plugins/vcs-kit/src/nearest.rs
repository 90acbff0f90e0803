//! Names that may have been meant.

/// At most `count` of `names`, those that differ least from `wanted` first.
pub fn nearest<'a>(wanted: &str, names: &[&'a str], count: usize) -> Vec<&'a str> {
    let mut near: Vec<_> = names.iter().map(|name| (distance(wanted, name), *name)).collect();
    near.sort();
    near.into_iter().take(count).map(|(_, name)| name).collect()
}

/// How many letters must be added, dropped or changed to make one of the
/// other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first() {
        let names = ["main", "release-1", "maint", "develop"];
        assert_eq!(nearest("mian", &names, 2), ["main", "maint"]);
        assert_eq!(nearest("releas-1", &names, 1), ["release-1"]);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
