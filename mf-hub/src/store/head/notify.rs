//! A notification that a repository has new commits.

use mf_core::resource::PACKAGE_BRANCH;
use rusqlite::Connection;
use serde_json::{Map, json};

use super::super::history::{self, Verb};
use super::super::select::Sight;
use super::super::{Done, Tx};

/// Package-branches that are watched and whose source is at one of these
/// URLs, as far as somebody may know of them: ids and labels. How the source
/// is reached makes no difference: `git@h:a/b.git` is at `https://h/a/b`.
///
/// # Errors
/// SQLite fails.
pub fn matching(db: &Connection, urls: &[String], sight: Sight) -> Done<Vec<(i64, String)>> {
    let known = sight.of_project("b.project_id").unwrap_or_else(|| "1".to_owned());
    let wanted: Vec<String> = urls.iter().filter_map(|url| place(url)).collect();
    let sql = format!(
        "SELECT b.id, b.label, b.url FROM package_branch b \
         WHERE b.build_on_commit AND b.url <> '' AND {known} ORDER BY b.id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let url: String = row.get(2)?;
        if place(&url).is_some_and(|place| wanted.contains(&place)) {
            found.push((row.get(0)?, row.get(1)?));
        }
    }
    Ok(found)
}

/// Has a head looked at at once. Asked again before that was done, it writes
/// nothing.
///
/// # Errors
/// SQLite fails.
pub fn notify(tx: &Tx<'_>, branch: i64) -> Done<()> {
    let changed = tx
        .prepare_cached(
            "INSERT INTO branch_head (package_branch_id, asked) VALUES (?1, 1) \
             ON CONFLICT (package_branch_id) DO UPDATE SET asked = 1, next_look = 0 WHERE asked = 0",
        )?
        .execute([branch])?;
    if changed == 0 {
        return Ok(());
    }
    // The event of this wakes the regulator's hook.
    let changes = Map::from_iter([("look".to_owned(), json!("asked for"))]);
    history::record(tx, Verb::Update, &PACKAGE_BRANCH, branch, changes)
}

/// Host and path of a URL, as one text; `None` where there is neither.
fn place(url: &str) -> Option<String> {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        // `git@host:path`, as ssh has it.
        None => ("", url),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = match rest.split_once('/') {
        _ if scheme.is_empty() => rest.split_once(':')?,
        Some((authority, path)) => (authority, path),
        None => return None,
    };
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, port)| match port.parse::<u16>() {
        Ok(_) => host,
        Err(_) => authority,
    });
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!path.is_empty()).then(|| format!("{}/{path}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn one_place_has_many_urls() {
        let same = [
            "https://git.example.org/ada/hello.git",
            "https://Git.example.org/ada/hello",
            "https://ada:x@git.example.org:8443/ada/hello/",
            "ssh://git@git.example.org/ada/hello.git",
            "git@git.example.org:ada/hello.git",
            "git://git.example.org/ada/hello.git?x#y",
        ];
        for url in same {
            assert_eq!(place(url).as_deref(), Some("git.example.org/ada/hello"), "{url}");
        }
        assert_eq!(place("file:///srv/hello.git").as_deref(), Some("/srv/hello"));
        for none in ["", "hello", "https://host", "https://host/", "/srv/hello"] {
            assert_eq!(place(none), None, "{none}");
        }
    }
}
