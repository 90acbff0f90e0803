//! The hub's own secret: it signs links, and makes the tokens of leases.

use std::fmt::{self, Write as _};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Length of the secret, in bytes.
const LENGTH: usize = 32;
/// Length of what SHA-256 takes in at a time, in bytes.
const BLOCK: usize = 64;

/// Random bytes that belong to a data directory and never leave the hub.
#[derive(Clone)]
pub struct Secret([u8; LENGTH]);

impl Secret {
    /// Reads the secret in `dir`, or makes it.
    ///
    /// # Errors
    /// It can be neither read nor made, or is not as long as it should be.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let path = dir.join("signing");
        match fs::read(&path) {
            Ok(bytes) => {
                let bytes: [u8; LENGTH] = bytes.try_into().map_err(|_| {
                    let told = format!(
                        "{} is not the {LENGTH} bytes that the hub wrote; remove it, and the hub makes a new one",
                        path.display()
                    );
                    io::Error::new(io::ErrorKind::InvalidData, told)
                })?;
                Ok(Self(bytes))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(dir, &path),
            Err(error) => Err(error),
        }
    }

    fn make(dir: &Path, path: &Path) -> io::Result<Self> {
        super::private_dirs(dir)?;
        let bytes: [u8; LENGTH] = rand::random();
        let temporary = dir.join("signing.new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        super::sync_dir(dir)?;
        Ok(Self(bytes))
    }

    /// A signature of `parts`, in hexadecimal: HMAC-SHA-256 (RFC 2104). Each
    /// part's length is signed with it, so that no two lists look alike.
    pub fn sign(&self, parts: &[&str]) -> String {
        let mut message = Vec::new();
        for part in parts {
            message.extend_from_slice(&(part.len() as u64).to_be_bytes());
            message.extend_from_slice(part.as_bytes());
        }
        hex(&hmac(&self.0, &message))
    }

    /// Whether `signature` is that of `parts`.
    pub fn verify(&self, parts: &[&str], signature: &str) -> bool {
        self.sign(parts).as_bytes().ct_eq(signature.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// HMAC-SHA-256 with a key no longer than a block.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut inner = [0x36; BLOCK];
    let mut outer = [0x5c; BLOCK];
    for (index, byte) in key.iter().enumerate().take(BLOCK) {
        inner[index] ^= byte;
        outer[index] ^= byte;
    }
    let first = Sha256::new().chain_update(inner).chain_update(message).finalize();
    Sha256::new().chain_update(outer).chain_update(first).finalize().into()
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_hmac_of_rfc_4231() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&hmac(b"Jefe", b"what do ya want for nothing?")), expected);
    }

    #[test]
    fn it_stays_the_same_and_verifies_its_own_only() {
        let dir = tempfile::tempdir().unwrap();
        let signed = Secret::open(dir.path()).unwrap().sign(&["a", "bc"]);
        let again = Secret::open(dir.path()).unwrap();
        assert!(again.verify(&["a", "bc"], &signed));
        assert!(!again.verify(&["ab", "c"], &signed));
        let other = tempfile::tempdir().unwrap();
        assert!(!Secret::open(other.path()).unwrap().verify(&["a", "bc"], &signed));
    }
}
