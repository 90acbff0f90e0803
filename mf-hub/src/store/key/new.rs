//! Making keys.

use mf_core::error::{Code, Error};
use rusqlite::params;

use super::{Holder, hash, hex, public_id};
use crate::store::{Done, Tx};

/// Most keys that a user or a system has: who needs more has lost count.
const LIMIT: i64 = 100;

/// A new key, whole: only for the one whom it is given to.
pub struct NewKey {
    text: String,
}

impl NewKey {
    /// Makes one up.
    pub fn random() -> Self {
        let public = hex(&rand::random::<[u8; 8]>());
        let secret = hex(&rand::random::<[u8; 32]>());
        Self { text: format!("mf_{public}_{secret}") }
    }

    /// A key that somebody has, such as one in a file; `None` unless it looks
    /// like one.
    pub fn known(text: &str) -> Option<Self> {
        public_id(text).map(|_| Self { text: text.to_owned() })
    }

    /// The whole key.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is stored of it.
    pub fn hash(&self) -> Vec<u8> {
        hash(&self.text)
    }

    /// The part by which it is found and told apart; no secret.
    pub fn public_id(&self) -> &str {
        // Every `NewKey` was made with one.
        public_id(&self.text).unwrap_or_default()
    }
}

/// How a key is called, and when it ends.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Unique among the holder's keys; `""` to have one made up.
    pub name: String,
    /// UTC; `""` for no end.
    pub expires: String,
}

/// Stores a key for its holder, with a name that is made up and without end.
///
/// # Errors
/// SQLite fails.
pub fn store(tx: &Tx<'_>, key: &NewKey, holder: Holder) -> Done<()> {
    record(tx, key.public_id(), &key.hash(), holder, &Terms::default()).map(|_| ())
}

/// Stores the hash of a key; gives the key's name.
///
/// # Errors
/// [`Code::LabelTaken`] when the holder has a key of that name;
/// [`Code::Refused`] when it has too many.
pub fn record(
    tx: &Tx<'_>,
    public_id: &str,
    hash: &[u8],
    holder: Holder,
    terms: &Terms,
) -> Done<String> {
    let (user, system) = holder.columns();
    let names = names(tx, holder)?;
    let name = match terms.name.as_str() {
        "" => made_up(&names),
        name => name.to_owned(),
    };
    if names.contains(&name) && holder != Holder::Regulator {
        let told = format!("there is a key of the name {name:?} already; revoke it first");
        return Err(Error::new(Code::LabelTaken, told).into());
    }
    if names.len() as i64 >= LIMIT {
        let told = format!("there are {LIMIT} keys already; revoke those that nobody uses");
        return Err(Error::new(Code::Refused, told).into());
    }
    tx.execute(
        "INSERT INTO api_key (public_id, hash, user_id, system_id, create_date, name, expire_date) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![public_id, hash, user, system, tx.now(), name, terms.expires],
    )?;
    Ok(name)
}

fn names(tx: &Tx<'_>, holder: Holder) -> Done<Vec<String>> {
    let (user, system) = holder.columns();
    let sql = "SELECT name FROM api_key WHERE user_id IS ?1 AND system_id IS ?2";
    let mut statement = tx.prepare_cached(sql)?;
    let names = statement.query_map(params![user, system], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn made_up(taken: &[String]) -> String {
    let mut number = 1;
    loop {
        let name = format!("key-{number}");
        if !taken.contains(&name) {
            return name;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_look_like_keys_and_never_repeat() {
        let (one, two) = (NewKey::random(), NewKey::random());
        assert_ne!(one.text(), two.text());
        assert_eq!(one.text().len(), "mf_".len() + 16 + 1 + 64);
        assert_eq!(one.public_id().len(), 16);
        assert!(NewKey::known(one.text()).is_some());
        for text in ["", "mf_", "mf_x", "mf__x", "mf_x_", "xy_a_b"] {
            assert!(NewKey::known(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_name_is_made_up_that_is_free() {
        assert_eq!(made_up(&[]), "key-1");
        assert_eq!(made_up(&["key-1".into(), "laptop".into()]), "key-2");
    }
}
