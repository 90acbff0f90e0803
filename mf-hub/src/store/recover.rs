//! A way back for a farm whose admins have lost all their keys: whoever may
//! write into the data directory may have a new one.

use std::io;
use std::path::PathBuf;

use mf_core::error::{Code, Error};
use mf_core::resource::USER;
use rusqlite::OptionalExtension;
use serde_json::{Map, json};

use super::history::{self, Verb};
use super::key::{self, Holder, NewKey, Terms};
use super::roles::ADMIN_GROUP;
use super::{Done, Tx, bootstrap};
use crate::hub::{Hub, StartError};

/// A key that was made.
#[derive(Debug)]
pub struct Made {
    /// Whose it is.
    pub user: String,
    /// Where it is.
    pub file: PathBuf,
}

/// Makes a key of the first user in the group `admin` and writes it to
/// `keys/admin`. Other keys stay as they are.
///
/// # Errors
/// The file system or the database fails; the user has too many keys.
pub async fn admin_key(hub: &Hub) -> Result<Made, StartError> {
    let dir = hub.config.data_dir.join("keys");
    let (file, new) = (dir.join("admin"), NewKey::random());
    let (public_id, hash) = (new.public_id().to_owned(), new.hash());
    let user = hub.writer.run("hub", move |tx| give(tx, &public_id, &hash)).await?;
    // Only now: a key that the hub does not know must not take the place of
    // one that it knows.
    bootstrap::write(&dir, &file, &new).map_err(|error| {
        StartError::Io(io::Error::new(error.kind(), format!("{}: {error}", file.display())))
    })?;
    Ok(Made { user, file })
}

fn give(tx: &Tx<'_>, public_id: &str, hash: &[u8]) -> Done<String> {
    let sql = "SELECT u.id, u.label FROM \"user\" u JOIN group_user m ON m.user_id = u.id \
               JOIN \"group\" g ON g.id = m.group_id WHERE g.label = ?1 ORDER BY u.id LIMIT 1";
    let found: Option<(i64, String)> =
        tx.query_row(sql, [ADMIN_GROUP], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((id, user)) = found else {
        let told = format!("the group {ADMIN_GROUP} has no member: this is no hub's database");
        return Err(Error::new(Code::NotFound, told).into());
    };
    let name = key::record(tx, public_id, hash, Holder::User(id), &Terms::default())?;
    let told = json!({ "key_id": public_id, "name": name, "expire_date": "" });
    history::record(tx, Verb::Update, &USER, id, Map::from_iter([("api_key".to_owned(), told)]))?;
    Ok(user)
}
