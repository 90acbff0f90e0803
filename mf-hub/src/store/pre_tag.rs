//! The tag that a build gets when it succeeds.

use mf_core::error::Error;
use mf_core::resource::BUILD;
use rusqlite::OptionalExtension;
use serde_json::{Map, json};

use super::history::{self, Verb};
use super::tag::{self, Tag};
use super::{Done, Fault, Tx, tagging};

/// Tags a build that has succeeded with its `pre_tag_label`. Where the rules
/// of the tag forbid that by now (it was locked meanwhile, or a newer build
/// has it), the build is a success all the same, and its history says why it
/// was not tagged.
///
/// # Errors
/// SQLite fails.
pub fn apply(tx: &Tx<'_>, build: i64) -> Done<()> {
    let sql = "SELECT pre_tag_id FROM build WHERE id = ?1 AND pre_tag_id IS NOT NULL";
    let found: Option<i64> =
        tx.prepare_cached(sql)?.query_row([build], |row| row.get(0)).optional()?;
    let Some(id) = found else { return Ok(()) };
    let tag = tag::of_id(tx, id)?;
    match give(tx, &tag, build) {
        Err(Fault::Told(Error { sentence, .. })) => {
            let why = json!({ "tag_label": tag.label, "why": sentence });
            let changes = Map::from_iter([("not_tagged".to_owned(), why)]);
            history::record(tx, Verb::Update, &BUILD, build, changes)
        }
        given => given,
    }
}

fn give(tx: &Tx<'_>, tag: &Tag, build: i64) -> Done<()> {
    tag.check_open()?;
    tagging::give(tx, tag, &tag::build(tx, build)?)
}
