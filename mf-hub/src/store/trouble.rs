//! What keeps failing until somebody does something: for the start page.

use rusqlite::Connection;

use super::quarantine::{self, Quarantined};
use super::select::Sight;
use super::{Done, errand};

/// Most of each kind.
const MOST: i64 = 20;

/// What the trouble is with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// An errand of a build.
    Build,
    /// An errand of a tag, such as its repository.
    Tag,
    /// The head of a package-branch.
    Branch,
    /// A plugin.
    Plugin,
    /// An errand that belongs to nothing.
    Nothing,
}

/// Something that keeps failing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What it is with.
    pub with: With,
    /// Label of that; a plugin's hash.
    pub label: String,
    /// Label of its project; empty where it is in none.
    pub project: String,
    /// What is to be done, in a few words.
    pub what: String,
    /// Why it fails.
    pub why: String,
    /// Whether it is given up until somebody does something about it.
    pub is_final: bool,
    /// When it is tried next, UTC; empty when it is not, or at once.
    pub next_try: String,
}

/// All that somebody with this sight may know of.
///
/// # Errors
/// SQLite fails.
pub fn list(db: &Connection, sight: Sight) -> Done<Vec<Trouble>> {
    let mut all: Vec<Trouble> = errand::troubles(db, sight)?
        .into_iter()
        // Looks at heads are told below, each with its package-branch.
        .filter(|errand| errand.id.is_some())
        .map(|errand| {
            let (with, label) = match (errand.build_label.as_str(), errand.tag_label.as_str()) {
                ("", "") => (With::Nothing, String::new()),
                ("", tag) => (With::Tag, tag.to_owned()),
                (build, _) => (With::Build, build.to_owned()),
            };
            let (project, is_final) = (errand.project_label, errand.next_try.is_empty());
            let (what, why, next_try) = (errand.about, errand.message, errand.next_try);
            Trouble { with, label, project, what, why, is_final, next_try }
        })
        .collect();
    all.extend(heads(db, sight)?);
    Ok(all)
}

/// Plugins that are not used any more, since they crash.
///
/// # Errors
/// SQLite fails.
pub fn plugins(db: &Connection) -> Done<Vec<Trouble>> {
    let trouble = |it: Quarantined| Trouble {
        with: With::Plugin,
        label: it.digest,
        project: String::new(),
        what: format!("plugin {} {} is quarantined", it.plugin, it.version),
        why: it.why,
        is_final: true,
        next_try: String::new(),
    };
    Ok(quarantine::list(db)?.into_iter().map(trouble).collect())
}

/// Heads that cannot be looked at, or are not built.
fn heads(db: &Connection, sight: Sight) -> Done<Vec<Trouble>> {
    let sql = format!(
        "SELECT b.label, p.label, h.problem, datetime(h.next_look, 'unixepoch') \
         FROM package_branch b JOIN branch_head h ON h.package_branch_id = b.id \
         JOIN project p ON p.id = b.project_id \
         WHERE b.build_on_commit AND h.problem <> '' AND {} ORDER BY h.date DESC LIMIT ?1",
        known(sight, "b.project_id")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([MOST], |row| {
        let (label, project, why, next_try) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let what = "look at the head".to_owned();
        Ok(Trouble { with: With::Branch, label, project, what, why, is_final: false, next_try })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn known(sight: Sight, project: &str) -> String {
    sight.of_project(project).unwrap_or_else(|| "1".to_owned())
}
