//! Keys: `mf_<public id>_<secret>`, shown once, stored as a hash.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use rusqlite::params;

use super::{Done, Tx};

/// Whose a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A user, by id.
    User(i64),
    /// A worker's system, by id.
    System(i64),
    /// The regulator.
    Regulator,
}

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
}

/// Stores a key for its holder.
///
/// # Errors
/// SQLite would not.
pub fn store(tx: &Tx<'_>, key: &NewKey, holder: Holder) -> Done<()> {
    let (user, system) = match holder {
        Holder::User(id) => (Some(id), None),
        Holder::System(id) => (None, Some(id)),
        Holder::Regulator => (None, None),
    };
    tx.execute(
        "INSERT INTO api_key (public_id, hash, user_id, system_id, create_date) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![public_id(&key.text), hash(&key.text), user, system, tx.now()],
    )?;
    Ok(())
}

/// Whether a stored hash is that of the key `text`.
pub fn is(text: &str, stored: &[u8]) -> bool {
    stored.ct_eq(&hash(text)).into()
}

/// The part of a key by which it is found, and which may be shown.
pub fn public_id(text: &str) -> Option<&str> {
    let (public, secret) = text.strip_prefix("mf_")?.split_once('_')?;
    (!public.is_empty() && !secret.is_empty()).then_some(public)
}

fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_look_like_keys_and_never_repeat() {
        let (one, two) = (NewKey::random(), NewKey::random());
        assert_ne!(one.text(), two.text());
        assert_eq!(one.text().len(), "mf_".len() + 16 + 1 + 64);
        assert!(NewKey::known(one.text()).is_some());
        for text in ["", "mf_", "mf_x", "mf__x", "mf_x_", "xy_a_b"] {
            assert!(NewKey::known(text).is_none(), "{text}");
        }
    }
}
