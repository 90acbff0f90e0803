//! `DIR/mf.conf`, which exists while the farm can build.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::cli::exit::{Exit, Failure};
use crate::{Key, Trust};

/// The client configuration of a farm that `mf up` runs.
#[derive(Debug)]
pub struct Conf {
    path: PathBuf,
}

impl Conf {
    /// The configuration in `dir`; one that an earlier farm left is removed,
    /// because it would say that this one can build.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn absent(dir: &Path) -> Result<Self, Failure> {
        let conf = Self { path: dir.join("mf.conf") };
        for path in [&conf.path, &conf.fresh()] {
            match std::fs::remove_file(path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(fail(path, &e)),
                _ => {}
            }
        }
        Ok(conf)
    }

    /// Makes it appear, whole, and readable by its owner alone.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn appear(&self, url: &str, key: &Key, trust: &Trust) -> Result<(), Failure> {
        let mut text = format!(
            "# Written by `mf up`; it is here while the farm can build.\n\
             [connection:default]\nuser = admin\napi_key = {}\nurl = {url}\n",
            key.expose()
        );
        if let Some(file) = &trust.ca_file {
            text += &format!("ca_file = {}\n", file.display());
        }
        if trust.plain_http {
            text += "plain_http = true\n";
        }
        let fresh = self.fresh();
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(0o600).open(&fresh)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&fresh, &self.path)
        };
        write().map_err(|e| fail(&self.path, &e))
    }

    /// Removes it.
    pub fn vanish(&self) {
        for path in [&self.path, &self.fresh()] {
            match std::fs::remove_file(path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    crate::cli::print::failure(&fail(path, &e), false);
                }
                _ => {}
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is written before it appears.
    fn fresh(&self) -> PathBuf {
        self.path.with_file_name(".mf.conf.new")
    }
}

fn fail(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Configuration, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn it_appears_for_its_owner_and_goes_without_a_trace() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(".mf.conf.new"), "left by one that was killed").unwrap();
        let conf = Conf::absent(dir.path()).unwrap();
        let trust = Trust { ca_file: Some("/ca.pem".into()), plain_http: false };
        conf.appear("http://127.0.0.1:1", &"mf_1_s".parse().unwrap(), &trust).unwrap();
        let mode = conf.path().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = std::fs::read_to_string(conf.path()).unwrap();
        assert!(text.contains("api_key = mf_1_s") && text.contains("user = admin"), "{text}");
        assert!(text.ends_with("\nca_file = /ca.pem\n"), "{text}");
        conf.vanish();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
