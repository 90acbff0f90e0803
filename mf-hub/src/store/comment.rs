//! Comments of people on a build, with the karma that they give it.

use mf_core::error::{Code, Error};
use mf_core::resource::BUILD;
use rusqlite::params;
use serde_json::{Map, json};

use super::history::{self, Verb};
use super::roles::Caller;
use super::{Done, Fault, Tx, edit};

/// Most comments of one build.
const LIMIT: i64 = 1_000;
/// Most bytes of all comments of one build together: they are shown with it,
/// and kept with every reply to a comment that may be asked for again.
const BYTES: i64 = 256 << 10;

/// Adds a comment. A user's karma counts once for a build: the last that is
/// not 0, so that who changes their mind says so with another comment.
///
/// # Errors
/// [`Code::InvalidValue`] for one that says nothing, [`Code::Refused`] when
/// there are too many.
pub fn add(tx: &Tx<'_>, caller: &Caller, build: i64, text: &str, karma: i64) -> Done<()> {
    let user = caller.user().ok_or_else(|| Error::new(Code::Forbidden, "only users comment"))?;
    if text.trim().is_empty() && karma == 0 {
        return Err(Fault::told(Code::InvalidValue, "a comment without karma needs some text"));
    }
    let all = "SELECT count(*), coalesce(sum(length(CAST(comment AS BLOB))), 0) \
               FROM build_comment WHERE build_id = ?1";
    let (count, bytes): (i64, i64) =
        tx.prepare_cached(all)?.query_row([build], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if count >= LIMIT || bytes + text.len() as i64 > BYTES {
        let told = format!(
            "the build has {count} comments of {bytes} bytes; {LIMIT} of {BYTES} are the limit"
        );
        return Err(Fault::told(Code::Refused, told));
    }
    let before = self::karma(tx, build)?;
    tx.prepare_cached(
        "INSERT INTO build_comment (build_id, user_id, create_date, karma, comment) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![build, user, tx.now(), karma, text])?;
    edit::touch(tx, &BUILD, build)?;
    let said = json!({ "user_label": caller.label, "karma": karma, "comment": text });
    let mut changes = Map::from_iter([("commented".to_owned(), said)]);
    let after = self::karma(tx, build)?;
    if after != before {
        changes.insert("karma".to_owned(), json!(after));
    }
    history::record(tx, Verb::Update, &BUILD, build, changes)
}

fn karma(tx: &Tx<'_>, build: i64) -> Done<i64> {
    let karma = super::sums::expression("build", "karma").unwrap_or("0");
    let sql = format!("SELECT {karma} FROM build t WHERE t.id = ?1");
    Ok(tx.prepare_cached(&sql)?.query_row([build], |row| row.get(0))?)
}
