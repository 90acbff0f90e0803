//! A second system.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

/// Its key.
const KEY: &str = "mf_second_4f1d6a0c9b3e2875";

/// Adds a system to the database of a hub that does not run, and its key as
/// the file `keys/second`: there is no other way to one yet.
pub fn add(data: &Path) {
    let db = Connection::open(data.join("hub.db")).unwrap();
    let system = "INSERT INTO system (label, create_date, update_date) VALUES ('second', '', '')";
    db.execute(system, []).unwrap();
    let key = "INSERT INTO api_key (public_id, hash, system_id, create_date) \
               VALUES ('second', ?1, ?2, '')";
    let hash = Sha256::digest(KEY.as_bytes()).to_vec();
    db.execute(key, (hash, db.last_insert_rowid())).unwrap();
    fs::write(data.join("keys/second"), KEY).unwrap();
}
