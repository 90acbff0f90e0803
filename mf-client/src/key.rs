//! API keys: carried, never shown.

use std::fmt;
use std::path::Path;

/// A secret that says to the hub who is calling. It cannot be printed by
/// accident: [`Key::expose`] is the only way to its text.
///
/// ```
/// let key: mf_client::Key = "mf_1_secret".parse().unwrap();
/// assert_eq!(format!("{key:?}"), "Key(***)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Reads the one line of a key file.
    ///
    /// # Errors
    /// The file cannot be read, or holds no key. The message names the file
    /// and not what is in it.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let fail = |why: String| KeyError { place: format!("key file {}", path.display()), why };
        let text = std::fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
        text.trim().parse().map_err(|e: KeyError| fail(e.why))
    }

    /// Its text, for the header of a request or a file of mode 0600.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let fail = |why: &str| Err(KeyError { place: "key".into(), why: why.into() });
        if text.is_empty() {
            return fail("it is empty");
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return fail("a key is one line of printable ASCII characters without spaces");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

/// Why there is no usable key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct KeyError {
    place: String,
    why: String,
}
