//! Where plugins are looked for.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::rejected::Rejected;

/// Where plugins are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sources {
    /// Nothing was given: `libmf_plugin_*.so` beside the program, in this
    /// directory; if there is none, `<prefix>/lib/monkeyfarm/plugins`, where
    /// the program is in `<prefix>/bin`.
    BesideProgram(PathBuf),
    /// These directories and no other. Every file in them is meant to be a
    /// plugin.
    Directories(Vec<PathBuf>),
}

impl Sources {
    /// The directories that were `given` with `--plugins-dir`, or else the
    /// default for the running program.
    ///
    /// # Errors
    /// The running program cannot be found on disk.
    pub fn new(given: &[PathBuf]) -> std::io::Result<Self> {
        if !given.is_empty() {
            return Ok(Self::Directories(given.to_vec()));
        }
        let program = std::env::current_exe()?;
        Ok(Self::BesideProgram(program.parent().unwrap_or(Path::new("/")).to_path_buf()))
    }

    /// The directories, in order.
    pub fn directories(&self) -> Vec<PathBuf> {
        match self {
            Self::BesideProgram(dir) => vec![dir.clone(), installed(dir)],
            Self::Directories(dirs) => dirs.clone(),
        }
    }

    /// All files that may be plugins, in order, and the directories that
    /// cannot be read.
    pub fn candidates(&self) -> (Vec<PathBuf>, Vec<Rejected>) {
        match self {
            Self::BesideProgram(dir) => {
                let (mut beside, rejected) = listed(std::slice::from_ref(dir));
                beside.retain(|path| is_named_like_a_plugin(path));
                if !beside.is_empty() {
                    return (beside, rejected);
                }
                listed(&[installed(dir)])
            }
            Self::Directories(dirs) => listed(dirs),
        }
    }
}

/// Where plugins are installed, for programs that are in `dir`.
fn installed(dir: &Path) -> PathBuf {
    dir.parent().unwrap_or(dir).join("lib/monkeyfarm/plugins")
}

fn is_named_like_a_plugin(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.as_encoded_bytes();
        name.starts_with(b"libmf_plugin_") && name.ends_with(b".so")
    })
}

/// Whether a package manager has not given the file its name yet: dpkg and rpm
/// write beside it under these, and rename it when it is whole.
fn is_being_unpacked(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let of_dpkg = [".dpkg-new", ".dpkg-tmp"].iter().any(|end| name.ends_with(end));
    // `libmf_plugin_git.so;65a1b2c3`
    let of_rpm = name
        .rsplit_once(';')
        .is_some_and(|(_, end)| end.len() >= 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit()));
    of_dpkg || of_rpm
}

/// Where anyone may put a file none can be trusted, whoever owns it.
fn kept_by_its_owner(dir: &Path) -> Result<(), String> {
    let mode = std::fs::metadata(dir).map_or(0, |data| data.permissions().mode());
    if mode & 0o002 == 0 {
        return Ok(());
    }
    Err("can be written by anyone on this host, so that no plugin in it is used; \
         take that away: chmod o-w"
        .into())
}

fn listed(dirs: &[PathBuf]) -> (Vec<PathBuf>, Vec<Rejected>) {
    let (mut files, mut rejected) = (Vec::new(), Vec::new());
    for dir in dirs {
        if let Err(reason) = kept_by_its_owner(dir) {
            rejected.push(Rejected { path: dir.clone(), plugin: None, reason });
            continue;
        }
        let read = std::fs::read_dir(dir).and_then(|entries| {
            entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()
        });
        match read {
            Ok(mut paths) => {
                paths.retain(|path| !is_being_unpacked(path));
                paths.sort();
                files.extend(paths);
            }
            Err(error) => rejected.push(Rejected {
                path: dir.clone(),
                plugin: None,
                reason: format!("cannot be listed for plugins: {error}"),
            }),
        }
    }
    (files, rejected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_the_program_only_names_count_and_the_prefix_comes_second() {
        let prefix = tempfile::tempdir().unwrap();
        let at = |name: &str| prefix.path().join(name);
        std::fs::create_dir_all(at("bin")).unwrap();
        std::fs::create_dir_all(at("lib/monkeyfarm/plugins")).unwrap();
        std::fs::write(at("bin/mf"), "").unwrap();
        std::fs::write(at("lib/monkeyfarm/plugins/any"), "").unwrap();
        let sources = Sources::BesideProgram(at("bin"));
        assert_eq!(sources.candidates().0, [at("lib/monkeyfarm/plugins/any")]);
        std::fs::write(at("bin/libmf_plugin_x.so"), "").unwrap();
        assert_eq!(sources.candidates().0, [at("bin/libmf_plugin_x.so")]);
        for name in ["x.so.dpkg-new", "x.so.dpkg-tmp", "x.so;65a1b2c3", "x.so;1", "x.so"] {
            std::fs::write(at("lib/monkeyfarm/plugins").join(name), "").unwrap();
        }
        let given = Sources::Directories(vec![at("lib/monkeyfarm/plugins")]);
        let names = ["any", "x.so", "x.so;1"].map(|name| at("lib/monkeyfarm/plugins").join(name));
        assert_eq!(given.candidates().0, names);
    }

    #[test]
    fn given_directories_replace_the_default_and_a_missing_one_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("b"), "").unwrap();
        std::fs::create_dir(dir.path().join("a")).unwrap();
        let missing = dir.path().join("missing");
        let sources = Sources::new(&[dir.path().to_path_buf(), missing.clone()]).unwrap();
        let (files, rejected) = sources.candidates();
        assert_eq!(files, [dir.path().join("a"), dir.path().join("b")]);
        assert_eq!(rejected.len(), 1);
        assert_eq!(rejected[0].path, missing);
        assert!(rejected[0].reason.starts_with("cannot be listed for plugins: No such file"));
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o777)).unwrap();
        let (files, rejected) = sources.candidates();
        assert_eq!(files, [] as [PathBuf; 0]);
        assert!(rejected[0].reason.contains("chmod o-w"), "{}", rejected[0]);
    }
}
