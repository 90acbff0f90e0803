//! Passwords: stored as argon2id hashes, each with a salt of its own.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use mf_core::error::{Code, Error};
use rusqlite::{Connection, OptionalExtension};
use tokio::sync::Semaphore;

use super::{Done, Tx, key};

/// Shortest password, in characters.
const SHORTEST: usize = 8;
/// How many are hashed at the same time: each takes tens of milliseconds and
/// 19 MiB, on purpose.
const AT_ONCE: usize = 2;
/// How many may wait for that; whoever comes then is told to try again.
const WAITING: usize = 64;

/// Hashes passwords on threads of their own, few at a time.
#[derive(Debug)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { running: Arc::new(Semaphore::new(AT_ONCE)), waiting: Semaphore::new(WAITING) }
    }
}

impl Passwords {
    /// The hash of a password, as text that names its parameters.
    ///
    /// # Errors
    /// [`Code::InvalidValue`] for one that is too short or looks like a key;
    /// [`Code::Busy`].
    pub async fn hash(&self, password: &str) -> Result<String, Error> {
        check(password)?;
        let password = password.to_owned();
        self.run(move || hash(&password)).await?
    }

    /// Whether a password is the one with this hash. Where there is none, `""`,
    /// it takes as long to say no.
    ///
    /// # Errors
    /// [`Code::Busy`].
    pub async fn verify(&self, password: &str, hash: &str) -> Result<bool, Error> {
        let (password, hash) = (password.to_owned(), hash.to_owned());
        self.run(move || verify(&password, &hash)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let busy =
            || Error::new(Code::Busy, "too many passwords to look at; try again in a second");
        let _waiting = self.waiting.try_acquire().map_err(|_| busy())?;
        // The permit goes with the work: a caller that hangs up frees nothing
        // while its thread is still at it.
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let _running = running;
            work()
        });
        done.await.map_err(|_| Error::new(Code::Internal, "hashing failed"))
    }
}

/// Id and password hash of a user; `""` where it has no password.
///
/// # Errors
/// SQLite fails.
pub fn of(db: &Connection, label: &str) -> Done<Option<(i64, String)>> {
    let sql = "SELECT id, password_hash FROM \"user\" WHERE label = ?1";
    let found = db.prepare_cached(sql)?.query_row([label], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

/// Sets the hash of a user's password, if it still is the `old` one; whether
/// it was.
///
/// # Errors
/// SQLite fails.
pub fn set(tx: &Tx<'_>, user: i64, old: &str, new: &str) -> Done<bool> {
    let sql = "UPDATE \"user\" SET password_hash = ?3, update_date = ?4 \
               WHERE id = ?1 AND password_hash = ?2";
    Ok(tx.execute(sql, (user, old, new, tx.now()))? == 1)
}

fn check(password: &str) -> Result<(), Error> {
    let refuse = |told: String| Err(Error::new(Code::InvalidValue, told));
    if password.chars().count() < SHORTEST {
        return refuse(format!("a password has at least {SHORTEST} characters"));
    }
    if key::public_id(password).is_some() {
        return refuse("a password must not look like a key, `mf_…_…`".into());
    }
    Ok(())
}

fn hash(password: &str) -> Result<String, Error> {
    match Argon2::default().hash_password(password.as_bytes()) {
        Ok(hash) => Ok(hash.to_string()),
        Err(error) => {
            tracing::error!("a password cannot be hashed: {error}");
            Err(Error::new(Code::Internal, "the hub could not hash the password"))
        }
    }
}

/// What a password is compared with where there is none, so that the time it
/// takes does not tell who has one.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash("nobody's password").unwrap_or_default());

fn verify(password: &str, hash: &str) -> bool {
    let compared = if hash.is_empty() { NOBODYS.as_str() } else { hash };
    let right = Argon2::default().verify_password(password.as_bytes(), compared).is_ok();
    right && !hash.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let passwords = Passwords::default();
        let one = passwords.hash("a secret of mine").await.unwrap();
        let two = passwords.hash("a secret of mine").await.unwrap();
        assert!(one.starts_with("$argon2id$"), "{one}");
        assert_ne!(one, two);
        assert!(!one.contains("secret"));
        assert!(passwords.verify("a secret of mine", &one).await.unwrap());
        assert!(!passwords.verify("a secret of yours", &one).await.unwrap());
        assert!(!passwords.verify("nobody's password", "").await.unwrap());
        for wrong in ["short", "", "mf_0123_4567"] {
            assert_eq!(passwords.hash(wrong).await.unwrap_err().code, Code::InvalidValue);
        }
    }
}
