//! A plugin's bytes as they were checked: sealed, so that they stay so.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use sha2::{Digest, Sha256};

/// A file in memory that nobody can change any more.
#[derive(Debug)]
pub struct Image {
    memory: OwnedFd,
}

impl Image {
    /// Copies `bytes` and seals the copy.
    ///
    /// # Errors
    /// No memory or no descriptor is left.
    pub fn seal(bytes: &[u8]) -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let mut file = File::from(memfd_create("monkeyfarm-plugin", flags)?);
        file.write_all(bytes)?;
        let all = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
        fcntl_add_seals(&file, all)?;
        Ok(Self { memory: file.into() })
    }
}

impl AsFd for Image {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}

/// The SHA-256 of `bytes`, in hexadecimal: what a plugin is known by.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_cannot_be_changed() {
        let image = Image::seal(b"plugin").unwrap();
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&image.as_fd()));
        assert_eq!(std::fs::read(&path).unwrap(), b"plugin");
        assert!(std::fs::write(&path, b"other").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"plugin");
    }

    #[test]
    fn a_digest_is_the_one_that_sha256sum_prints() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(b"abc"), known);
    }
}
