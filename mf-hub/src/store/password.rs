//! Passwords: stored as argon2id hashes, each with a salt of its own.

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use mf_core::error::{Code, Error};

/// The hash of a password, as text that names its parameters. Takes tens of
/// milliseconds, on purpose.
///
/// # Errors
/// The system gives no random bytes.
pub fn hash(password: &str) -> Result<String, Error> {
    match Argon2::default().hash_password(password.as_bytes()) {
        Ok(hash) => Ok(hash.to_string()),
        Err(error) => {
            tracing::error!("a password cannot be hashed: {error}");
            Err(Error::new(Code::Internal, "the hub could not hash the password"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_password_has_another_hash_each_time() {
        let (one, two) = (hash("secret").unwrap(), hash("secret").unwrap());
        assert!(one.starts_with("$argon2id$"), "{one}");
        assert_ne!(one, two);
        assert!(!one.contains("secret"));
    }
}
